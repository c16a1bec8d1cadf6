/* souk embed: one text a line in, its vector a line out. */
#include "base/json.h"
#include "base/pool.h"
#include "base/utf8.h"
#include "embed/cmd.h"
#include "embed/crew.h"
#include "embed/embed.h"
#include "embed/filter.h"

#include <getopt.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "Usage: souk embed [OPTION]... < TEXTS > VECTORS\n"
    "Turns each line of text into {\"embedding\":[...]}, a vector of length 1, in order.\n"
    "\n"
    "  --model FILE            GGUF file of an embedding model; default: $SOUK_MODEL, else the one shipped with souk\n"
    "  --kind query|document   what the lines are (document); some models treat them differently\n"
    "  --threads N             default: one for each CPU\n"
    "  --help\n"
    "\n"
    "Examples:\n"
    "  echo 'rote Turnschuhe' | souk embed --kind query\n"
    "  jq -r .title catalogue.jsonl | souk embed > vectors.jsonl\n"
    "\n"
    "Exit status: 0 all lines embedded, 1 failed, 2 usage, 3 some lines were refused: they read {\"error\":\"...\"}.\n";

struct state {
    const char *model;
    enum embed_kind kind;
    unsigned threads;
    struct embedder *m;
    struct crew crew;
};

static int embed_line(void *arg, unsigned worker, const char *s, size_t n, struct buf *out, struct errmsg *e)
{
    struct state *st = arg;
    size_t bad;
    if (!utf8_valid(s, n, &bad)) return errmsg_set(e, ERR_INPUT, "not UTF-8 at byte %zu", bad + 1);
    const float *v = st->crew.vector[worker];
    embed_text(st->m, st->crew.scratch[worker], st->kind, s, n, st->crew.vector[worker]);
    struct json_writer w = {.out = out};
    json_begin(&w, '{');
    json_key(&w, "embedding");
    json_begin(&w, '[');
    for (uint32_t i = 0; i < embed_dim(st->m); i++) json_float(&w, v[i]);
    json_end(&w, ']');
    json_end(&w, '}');
    return 0;
}

static int run(struct state *st)
{
    struct errmsg e = {0};
    int rc = embed_open(&st->m, st->model, &e);
    if (rc) {
        fprintf(stderr, "souk embed: %s\n", errmsg_text(&e, rc));
        return 1;
    }
    crew_init(&st->crew, st->m, st->threads);
    struct filter f = {.command = "embed", .threads = st->threads, .line = embed_line, .arg = st};
    int code = filter_run(&f, STDIN_FILENO, stdout);
    crew_release(&st->crew);
    embed_close(st->m);
    return code;
}

static int bad_usage(const char *what)
{
    if (what) fprintf(stderr, "souk embed: %s\n", what);
    fprintf(stderr, "Try 'souk embed --help'.\n");
    return 2;
}

int cmd_embed(int argc, char **argv)
{
    static const struct option options[] = {
        {"model", required_argument, NULL, 'm'},
        {"kind", required_argument, NULL, 'k'},
        {"threads", required_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct state st = {.kind = EMBED_DOCUMENT, .threads = cpu_count()};
    argv[0] = (char *)(uintptr_t) "souk embed"; /* how getopt names us */
    optind = 0;
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (c) {
        case 'm': st.model = optarg; break;
        case 'k':
            if (strcmp(optarg, "query") && strcmp(optarg, "document")) return bad_usage("--kind is query or document");
            st.kind = strcmp(optarg, "query") ? EMBED_DOCUMENT : EMBED_QUERY;
            break;
        case 't':
            if (!filter_threads(optarg, &st.threads)) return bad_usage("--threads is a number from 1 to 1024");
            break;
        case 'h': fputs(usage, stdout); return 0;
        default: return bad_usage(NULL);
        }
    }
    return optind < argc ? bad_usage("takes no arguments; texts come on standard input") : run(&st);
}
