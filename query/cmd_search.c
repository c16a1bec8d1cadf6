/* souk search: one query from the shell, as a table or as JSON. */
#include "base/json.h"
#include "query/answer.h"
#include "query/cmd.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] = "Usage: souk search [OPTION]... [--] QUERY\n"
                            "Search an index; an empty query browses it.\n"
                            "\n"
                            "  -D, --data DIR       the data folder (default $SOUK_DATA, else ./souk-data)\n"
                            "  -i, --index NAME     the index (default products)\n"
                            "      --json           the answer as the service gives it\n"
                            "  -n, --limit N        hits (default 10)\n"
                            "      --offset N       leave out the first N\n"
                            "      --mode M         hybrid (default), semantic or lexical\n"
                            "      --filter EXPR    e.g. 'price < 50 AND brand IN [\"Acme\", \"Nord\"]'\n"
                            "      --sort F:asc     or F:desc; several separated by commas\n"
                            "      --facets A,B     count the values of these fields\n"
                            "      --lang CODE      the shopper's language\n"
                            "      --explain        what each lane saw\n"
                            "      --model F.gguf   the embedding model (default: the one shipped with souk)\n"
                            "      --help           this text\n"
                            "\n"
                            "  souk search rote turnschuhe\n"
                            "  souk search --filter 'price 10 TO 20' --facets brand --json -- \"زيت زيتون\"\n";

struct options {
    const char *data, *index, *model;
    bool json;
    struct search_request request;
};

static void print_hit(struct searcher *s, const struct search_request *q, const struct search_result *r,
                      const struct search_hit *h, unsigned place)
{
    const char *text;
    size_t n;
    json_t *p = snapshot_product(searcher_snapshot(s), h->doc, &text, &n) ? json_loadb(text, n, 0, NULL) : NULL;
    if (!p) return;
    const char *title = answer_text(p, "title", q->lang, r->language.code),
               *currency = json_string_value(json_object_get(p, "currency"));
    const json_t *price = json_object_get(p, "price");
    printf("%3u  %.3f  %-14s  %s", place, (double)h->score, json_string_value(json_object_get(p, "id")), title ? title : "");
    if (price) printf("  (%.2f%s%s)", json_number_value(price), currency ? " " : "", currency ? currency : "");
    putchar('\n');
    if (q->explain)
        printf("            cosine %.3f, words %.3f, coverage %.2f%s\n", (double)h->cosine, (double)h->lexical,
               (double)h->coverage, h->identifier ? ", exact identifier" : "");
    json_decref(p);
}

static void print_table(struct searcher *s, const struct search_request *q, const struct search_result *r)
{
    for (uint32_t i = 0; i < r->n_hits; i++) print_hit(s, q, r, &r->hits[i], r->offset + i + 1);
    for (size_t f = 0; f < r->n_facets; f++) {
        printf("%s:", r->facets[f].field);
        for (size_t i = 0; i < r->facets[f].n && i < 10; i++)
            printf("  %s (%u)", r->facets[f].values[i].text, r->facets[f].values[i].count);
        putchar('\n');
    }
    printf("%u found in %.2f ms", r->total, (double)r->total_us / 1000);
    if (strcmp(r->language.code, "und") && r->language.code[0]) printf(", language %s", r->language.code);
    if (q->explain)
        printf("; semantic %.2f ms, words %.2f ms, floor %.3f", (double)r->semantic_us / 1000, (double)r->lexical_us / 1000,
               (double)r->floor);
    putchar('\n');
}

static int run(struct searcher *s, const struct options *o, struct errmsg *e)
{
    struct search_result r;
    struct buf out = BUF_INIT((size_t)1 << 30);
    struct json_writer w = {.out = &out};
    int rc = search_begin(s, &o->request, &r, e);
    if (!rc && o->json) {
        answer_write(&w, s, &o->request, &r);
        if (out.failed)
            rc = errmsg_set(e, ERR_TOO_BIG, "the answer is more than 1 GB of JSON");
        else
            puts(out.data);
    } else if (!rc) {
        print_table(s, &o->request, &r);
    }
    if (!rc && (fflush(stdout) || ferror(stdout))) rc = errmsg_set(e, errno, "cannot write: %s", strerror(errno));
    search_end(s);
    buf_release(&out);
    return rc;
}

static const struct option longs[] = {{"data", 1, 0, 'D'},    {"index", 1, 0, 'i'}, {"json", 0, 0, 'j'},   {"limit", 1, 0, 'n'},
                                      {"offset", 1, 0, 'o'},  {"mode", 1, 0, 'o'},  {"filter", 1, 0, 'o'}, {"sort", 1, 0, 'o'},
                                      {"facets", 1, 0, 'o'},  {"lang", 1, 0, 'o'},  {"rerank", 1, 0, 'o'}, {"budget", 1, 0, 'b'},
                                      {"explain", 0, 0, 'x'}, {"model", 1, 0, 'm'}, {"help", 0, 0, 'h'},   {0}};

static int parse(int argc, char **argv, struct options *o, struct arena *a, struct errmsg *e)
{
    int at = 0, rc = 0;
    for (int c; !rc && (c = getopt_long(argc, argv, "D:i:n:", longs, &at)) != -1;) switch (c) {
        case 'D': o->data = optarg; break;
        case 'i': o->index = optarg; break;
        case 'm': o->model = optarg; break;
        case 'j': o->json = true; break;
        case 'x': o->request.explain = true; break;
        case 'n': rc = request_set(&o->request, "limit", optarg, a, e); break;
        case 'b': rc = request_set(&o->request, "budget_ms", optarg, a, e); break;
        case 'o': rc = request_set(&o->request, longs[at].name, optarg, a, e); break;
        case 'h': fputs(usage, stdout); exit(0);
        default: return errmsg_set(e, ERR_INPUT, "see 'souk search --help'");
        }
    return rc;
}

/* The words of the command line, one query. */
static void join(struct search_request *r, char **words, int n, struct arena *a)
{
    r->q = "";
    for (int i = 0; i < n; i++) r->q = i ? arena_printf(a, "%s %s", r->q, words[i]) : words[i];
    r->q_n = strlen(r->q);
}

int cmd_search(int argc, char **argv)
{
    struct options o = {.data = index_default_data(), .index = "products", .request = SEARCH_REQUEST_INIT};
    struct errmsg e = {0};
    struct arena arena = ARENA_INIT;
    struct embedder *model = NULL;
    struct index *ix = NULL;
    struct searcher *s = NULL;
    const char *field;
    o.request.limit = 10;
    int rc = parse(argc, argv, &o, &arena, &e), code = 1;
    if (!rc) join(&o.request, argv + optind, argc - optind, &arena);
    if (!rc) rc = request_check(&o.request, &field, &e);
    if (rc) code = 2;
    if (!rc) rc = index_open(&ix, o.data, o.index, INDEX_READ, &e);
    if (!rc) rc = embed_open(&model, o.model, &e);
    if (!rc) rc = searcher_new(&s, ix, model, &e);
    if (!rc) rc = run(s, &o, &e);
    if (rc) fprintf(stderr, "souk: %s\n", errmsg_text(&e, rc));
    searcher_free(s);
    embed_close(model);
    index_close(ix);
    arena_release(&arena);
    return rc ? code : 0;
}
