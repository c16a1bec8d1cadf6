/* souk index: a catalogue into an index. */
#include "base/clock.h"
#include "indexer/cmd.h"
#include "indexer/import.h"
#include "indexer/input.h"
#include "indexer/progress.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char usage[] =
    "Usage: souk index [OPTION]... FILE...\n"
    "Create or update an index from catalogues: one JSON product a line, plain, .gz or .zst; - is standard input.\n"
    "\n"
    "  -D, --data DIR        the data folder (default $SOUK_DATA, else ./souk-data)\n"
    "  -i, --index NAME      the index (default products)\n"
    "      --model F.gguf    the embedding model of a new index (default: the one shipped with souk)\n"
    "      --format jsonl    the format of the files\n"
    "      --threads N       worker threads (default: all CPUs)\n"
    "      --update          change only the fields that a line carries; null removes a field\n"
    "      --prune           the files are the whole catalogue: delete what they do not hold\n"
    "      --rebuild         build a new generation beside the live one and swap when it is complete\n"
    "      --dry-run         check the files, change nothing\n"
    "  -q, --quiet           no progress\n"
    "      --help            this text\n"
    "\n"
    "Exit: 0 all well; 1 failed, nothing since the last commit is changed; 2 usage; 3 done, but some lines were refused.\n"
    "\n"
    "  souk index catalogue.jsonl.zst\n"
    "  curl -s https://shop.example/feed | souk index -i shop --prune -\n"
    "  echo '{\"id\":\"42\",\"price\":9.99}' | souk index --update -\n";

struct options {
    const char *data, *index, *model;
    bool rebuild, quiet;
    struct import_options import;
};

struct run {
    struct progress progress;
    bool quiet;
    atomic_uint_fast64_t bytes_read; /* read so far; the committer's thread shows it */
    uint64_t bytes_total;
    uint64_t counts[N_OUTCOMES], refused, repeated, lines;
    unsigned cut; /* facet values */
};

static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
    (void)sig;
    stopped = 1;
}

static void catch_signals(void)
{
    struct sigaction sa = {.sa_handler = on_signal}; /* no SA_RESTART: a read from a pipe ends too */
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
    signal(SIGXFSZ, SIG_IGN); /* a file size limit is an error of write, not our death */
}

/* ---- results, on the committer's thread ---- */

static void on_result(void *arg, const struct import_result *r)
{
    struct run *run = arg;
    run->lines++;
    if (r->rc) {
        progress_hide(&run->progress);
        fprintf(stderr, "souk: %s:%llu: %s\n", r->source, (unsigned long long)r->line, r->message);
        run->refused++;
        return;
    }
    run->counts[r->outcome]++;
    if (!r->repeated) return;
    if (run->repeated++ < 20) {
        progress_hide(&run->progress);
        fprintf(stderr, "souk: %s:%llu: \"id\" %s came before in this run; this line replaces it\n", r->source,
                (unsigned long long)r->line, r->id);
    }
}

static void on_committed(void *arg, uint64_t lines)
{
    struct run *run = arg;
    double done = (double)atomic_load_explicit(&run->bytes_read, memory_order_relaxed);
    if (!run->quiet) progress_show(&run->progress, lines, run->bytes_total ? done / (double)run->bytes_total : -1);
}

static bool on_graph(void *arg, uint32_t done, uint32_t n)
{
    struct run *run = arg;
    if (!run->quiet) progress_show(&run->progress, done, n ? (double)done / n : -1);
    return !stopped;
}

/* ---- reading ---- */

static bool is_blank(const char *line, size_t n)
{
    while (n && (line[n - 1] == ' ' || line[n - 1] == '\t')) n--;
    return !n;
}

static int read_file(struct import *im, struct run *run, const char *path, struct errmsg *e)
{
    struct input *in;
    const char *line;
    size_t n;
    int rc = input_open(&in, path, e);
    if (rc) return rc;
    const char *name = strcmp(path, "-") ? path : "stdin"; /* outlives in, as results do */
    uint64_t before = atomic_load_explicit(&run->bytes_read, memory_order_relaxed);
    while (!stopped && ((rc = input_line(in, &line, &n, e)) == 0 || rc == ERR_TOO_BIG)) {
        if (rc == ERR_TOO_BIG)
            rc = import_refuse(im, name, input_line_number(in), rc, "the line is longer than 32 MB", e);
        else if (!is_blank(line, n))
            rc = import_line(im, name, input_line_number(in), line, n, e);
        if (rc) break;
        atomic_store_explicit(&run->bytes_read, before + input_bytes_read(in), memory_order_relaxed);
    }
    if (stopped && rc == EINTR) rc = 0;
    input_close(in);
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

static uint64_t total_size(char **files, int n)
{
    uint64_t total = 0;
    struct stat st;
    for (int i = 0; i < n; i++) {
        if (stat(files[i], &st) != 0 || !S_ISREG(st.st_mode)) return 0;
        total += (uint64_t)st.st_size;
    }
    return total;
}

static void summary(const struct run *run, const struct options *o, uint32_t pruned, double seconds)
{
    static const char *const names[N_OUTCOMES] = {"added", "replaced", "updated in place", "unchanged", "deleted", "not there"};
    fprintf(stderr, "souk: %llu lines in %.1f s", (unsigned long long)run->lines, seconds);
    if (o->import.dry_run) fprintf(stderr, ", checked only");
    for (int i = 0; i < N_OUTCOMES && !o->import.dry_run; i++)
        if (run->counts[i]) fprintf(stderr, ", %llu %s", (unsigned long long)run->counts[i], names[i]);
    if (pruned) fprintf(stderr, ", %u pruned", pruned);
    if (run->repeated) fprintf(stderr, ", %llu repeated ids", (unsigned long long)run->repeated);
    if (run->cut) fprintf(stderr, ", %u facet values cut at %d bytes", run->cut, FACET_MAX);
    if (run->refused) fprintf(stderr, ", %llu REFUSED", (unsigned long long)run->refused);
    fprintf(stderr, "; peak memory %llu MB\n", (unsigned long long)memory_peak_kb() / 1024);
}

/* Deletes what the files do not hold; not when some of them, or some lines, are not known. */
static int prune(struct import *im, const struct run *run, bool whole, uint32_t *pruned, struct errmsg *e)
{
    struct errmsg why = {0};
    int rc = whole ? import_prune(im, pruned, &why)
                   : errmsg_set(&why, ERR_INPUT, "nothing was pruned: not all files could be read");
    if (rc != ERR_INPUT || (whole && !run->refused)) return rc ? errmsg_set(e, rc, "%s", errmsg_text(&why, rc)) : 0;
    fprintf(stderr, "souk: %s\n", why.text);
    return 0;
}

/* Makes a rebuilt generation live, unless that could make search worse. */
static int publish(struct import *im, struct index *ix, const struct run *run, bool whole, struct errmsg *e)
{
    if (!whole) return fputs("souk: the index is as it was: not all files could be read\n", stderr), 0;
    if (!writer_manifest(import_writer(im))->n_live)
        return errmsg_set(e, ERR_INPUT, "the index is as it was: the files hold no product");
    if (run->refused)
        return errmsg_set(e, ERR_INPUT, "the index is as it was: %llu lines were refused", (unsigned long long)run->refused);
    int rc = index_publish(ix, e);
    if (!rc) stopped = 0; /* too late */
    return rc;
}

/* Everything after the last line: commit, prune, merge, make a rebuilt generation live. whole: all files were read to their
 * ends. */
static int conclude(struct import *im, struct index *ix, const struct options *o, bool whole, uint32_t *pruned, struct errmsg *e)
{
    struct run *run = o->import.arg;
    int rc = import_finish(im, e);
    if (rc || stopped || o->import.dry_run) return rc;
    progress_hide(&run->progress);
    if (o->import.prune && (rc = prune(im, run, whole, pruned, e)) != 0) return rc;
    progress_begin(&run->progress, "vectors linked");
    rc = writer_merge(import_writer(im), o->rebuild, on_graph, run, e);
    progress_hide(&run->progress);
    if (!rc && o->rebuild) rc = publish(im, ix, run, whole, e);
    return rc == ERR_STOPPED ? 0 : rc;
}

static int read_all(struct import *im, struct index *ix, const struct options *o, char **files, int n, struct errmsg *e)
{
    struct run *run = o->import.arg;
    uint64_t begun = clock_us();
    uint32_t pruned = 0;
    int rc = 0;
    run->quiet = o->quiet;
    run->bytes_total = total_size(files, n);
    progress_begin(&run->progress, "products");
    for (int i = 0; i < n && !rc && !stopped; i++) rc = read_file(im, run, files[i], e);
    struct errmsg later = {0};
    int end = conclude(im, ix, o, !rc, &pruned, rc ? &later : e); /* what was read before a bad file is kept */
    if (!rc) rc = end;
    progress_hide(&run->progress);
    if (import_writer(im)) run->cut = writer_cut_values(import_writer(im));
    if (!o->quiet || run->refused || run->cut) summary(run, o, pruned, (double)(clock_us() - begun) * 1e-6);
    if (stopped && o->rebuild) fputs("souk: stopped; the index is as it was\n", stderr);
    if (stopped && !o->rebuild)
        fprintf(stderr, "souk: stopped; %llu lines are committed, the rest was not read\n", (unsigned long long)run->lines);
    if (stopped) return 1;
    if (rc) {
        fprintf(stderr, "souk: %s\n", errmsg_text(e, rc));
        return 1;
    }
    return run->refused ? 3 : 0;
}

/* ---- options ---- */

static int parse(int argc, char **argv, struct options *o)
{
    enum { MODEL = 256, FORMAT, THREADS, UPDATE, PRUNE, REBUILD, DRY_RUN, HELP };
    static const struct option longs[] = {{"data", 1, 0, 'D'},      {"index", 1, 0, 'i'},       {"model", 1, 0, MODEL},
                                          {"format", 1, 0, FORMAT}, {"threads", 1, 0, THREADS}, {"update", 0, 0, UPDATE},
                                          {"prune", 0, 0, PRUNE},   {"rebuild", 0, 0, REBUILD}, {"dry-run", 0, 0, DRY_RUN},
                                          {"quiet", 0, 0, 'q'},     {"help", 0, 0, HELP},       {0}};
    for (int c; (c = getopt_long(argc, argv, "D:i:q", longs, NULL)) != -1;) {
        char *end;
        switch (c) {
        case 'D': o->data = optarg; break;
        case 'i': o->index = optarg; break;
        case 'q': o->quiet = true; break;
        case MODEL: o->model = optarg; break;
        case FORMAT:
            if (strcmp(optarg, "jsonl")) return fprintf(stderr, "souk index: --format %s: only jsonl is read\n", optarg), 2;
            break;
        case THREADS:
            o->import.threads = (unsigned)strtoul(optarg, &end, 10);
            if (*end || !o->import.threads || o->import.threads > 1024)
                return fprintf(stderr, "souk index: --threads takes 1 to 1024\n"), 2;
            break;
        case UPDATE: o->import.update = true; break;
        case PRUNE: o->import.prune = true; break;
        case REBUILD: o->rebuild = true; break;
        case DRY_RUN: o->import.dry_run = true; break;
        case HELP: fputs(usage, stdout); exit(0);
        default: fputs("Try 'souk index --help'.\n", stderr); return 2;
        }
    }
    if (optind == argc) return fputs("souk index: no files given; - is standard input\n", stderr), 2;
    if (o->import.update && (o->import.prune || o->rebuild))
        return fputs("souk index: --update goes with neither --prune nor --rebuild\n", stderr), 2;
    return 0;
}

/* Opens the index to write to and, for a rebuild, the live one to take vectors from. */
static int open_index(struct options *o, struct index **ix, struct index **live, struct errmsg *e)
{
    if (o->import.dry_run) return 0;
    if (o->rebuild && index_open(live, o->data, o->index, INDEX_READ, NULL) == 0) o->import.reuse = *live;
    int rc = index_open(ix, o->data, o->index, o->rebuild ? INDEX_REBUILD : INDEX_CREATE, e);
    return rc;
}

/* The model of the index, unless another is asked for. A rebuild with another model takes no vectors over. */
static void choose_reuse(struct options *o, struct index *live, const struct embedder *model)
{
    struct snapshot *s = NULL;
    bool same = live && snapshot_new(&s, live, NULL) == 0 && snapshot_begin(s, NULL) == 0 &&
                !strcmp(snapshot_manifest(s)->model_id, embed_model_id(model));
    if (s) snapshot_free(s);
    if (!same) o->import.reuse = NULL;
}

int cmd_index(int argc, char **argv)
{
    struct run run = {0};
    struct options o = {.data = index_default_data(),
                        .index = "products",
                        .import = {.result = on_result, .committed = on_committed, .arg = &run}};
    struct errmsg e = {0};
    struct embedder *model = NULL;
    struct index *ix = NULL, *live = NULL;
    struct import *im = NULL;
    int rc = parse(argc, argv, &o), code = 1;
    if (rc) return rc;
    catch_signals();
    rc = embed_open(&model, o.model, &e);
    if (!rc) rc = open_index(&o, &ix, &live, &e);
    if (!rc) choose_reuse(&o, live, model);
    if (!rc) rc = import_new(&im, ix, model, &o.import, &e);
    if (rc)
        fprintf(stderr, "souk: %s\n", errmsg_text(&e, rc));
    else
        code = read_all(im, ix, &o, argv + optind, argc - optind, &e);
    import_free(im);
    index_close(ix);
    index_close(live);
    embed_close(model);
    return code;
}
