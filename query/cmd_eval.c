/* souk eval: how good the answers are, by language. */
#include "query/cmd.h"
#include "query/eval.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "Usage: souk eval --queries FILE --qrels FILE [OPTION]...\n"
    "Ask every query of a set and measure the answers against what people judged, by language.\n"
    "\n"
    "  -D, --data DIR       the data folder (default $SOUK_DATA, else ./souk-data)\n"
    "  -i, --index NAME     the index (default products)\n"
    "      --queries FILE   lines of query id, language, text and perhaps the id of the query it translates; tabs between\n"
    "      --qrels FILE     judgments: lines of query id, 0, product id, grade; 0 does not fit, higher fits better\n"
    "      --labels FILE    labelled pairs: lines of query id, product id, 0 or 1; adds AUC and the best F1\n"
    "      --run FILE       write the answers as a TREC run, labelled pairs with their scores among them\n"
    "  -n, --limit N        hits a query (default 100)\n"
    "      --mode M         hybrid (default), semantic or lexical\n"
    "      --rerank N       rerank the first N hits\n"
    "      --budget MS      time that reranking may take\n"
    "      --rel N          the lowest grade that is relevant (default 1), for all but nDCG\n"
    "      --threads N      queries at once (default: all CPUs)\n"
    "      --model F.gguf   the embedding model (default: the one shipped with souk)\n"
    "      --json           all figures, and those of each query, as one JSON object\n"
    "      --help           this text\n"
    "\n"
    "nDCG@10 takes unjudged products for wrong ones; cond@10 leaves them out (compare it at one --limit); MRR@10 is 1 / rank\n"
    "of the first relevant product; R@10 and R@100 are the share of the relevant ones that was found; judged@10 is the share\n"
    "of the first ten that was judged at all. A query without a relevant product counts in none of them. Labelled pairs join\n"
    "the ranking where their score puts them, as in the run: with --labels, cond@10 and R@100 see them too.\n"
    "\n"
    "Exit: 0 all well; 1 failed; 2 usage; 3 done, but some lines were refused or queries failed (each named on stderr).\n"
    "\n"
    "  souk eval --queries queries.tsv --qrels qrels.txt\n"
    "  souk eval -i shop --queries q.tsv --qrels qrels.txt --mode lexical --run lexical.run\n"
    "  souk eval --queries q.tsv --qrels qrels.txt --json | jq '.queries[] | select(.ndcg_10 < 0.2) | .qid'\n";

struct options {
    const char *data, *model, *queries, *qrels, *labels, *run;
    unsigned threads;
    bool json;
    struct eval_options eval;
};

/* ---- options ---- */

static int number(const char *name, const char *s, unsigned max, unsigned *out, struct errmsg *e)
{
    char *end;
    unsigned long v = strtoul(s, &end, 10);
    if (*s < '0' || *s > '9' || *end || !v || v > max)
        return errmsg_set(e, ERR_INPUT, "--%s takes a whole number from 1 to %u, not \"%.40s\"", name, max, s);
    *out = (unsigned)v;
    return 0;
}

static int check_options(const struct options *o, int left, struct errmsg *e)
{
    if (left) return errmsg_set(e, ERR_INPUT, "souk eval takes no arguments but options");
    if (!o->queries || !o->qrels) return errmsg_set(e, ERR_INPUT, "souk eval needs --queries and --qrels");
    if (!o->eval.request.limit) return errmsg_set(e, ERR_INPUT, "--limit must be at least 1");
    return 0;
}

static int parse(int argc, char **argv, struct options *o, struct errmsg *e)
{
    enum { QUERIES = 256, QRELS, LABELS, RUN, MODE, RERANK, BUDGET, REL, THREADS, MODEL, JSON, HELP };
    static const struct option longs[] = {
        {"data", 1, 0, 'D'},        {"index", 1, 0, 'i'}, {"queries", 1, 0, QUERIES}, {"qrels", 1, 0, QRELS},
        {"labels", 1, 0, LABELS},   {"run", 1, 0, RUN},   {"limit", 1, 0, 'n'},       {"mode", 1, 0, MODE},
        {"rerank", 1, 0, RERANK},   {"rel", 1, 0, REL},   {"budget", 1, 0, BUDGET},   {"model", 1, 0, MODEL},
        {"threads", 1, 0, THREADS}, {"json", 0, 0, JSON}, {"help", 0, 0, HELP},       {0}};
    struct search_request *r = &o->eval.request;
    unsigned relevant;
    int rc = 0;
    for (int c; !rc && (c = getopt_long(argc, argv, "D:i:n:", longs, NULL)) != -1;) switch (c) {
        case 'D': o->data = optarg; break;
        case 'i': o->eval.index = optarg; break;
        case 'n': rc = request_set(r, "limit", optarg, NULL, e); break;
        case QUERIES: o->queries = optarg; break;
        case QRELS: o->qrels = optarg; break;
        case LABELS: o->labels = optarg; break;
        case RUN: o->run = optarg; break;
        case MODE: rc = request_set(r, "mode", optarg, NULL, e); break;
        case RERANK: rc = request_set(r, "rerank", optarg, NULL, e); break;
        case BUDGET: rc = request_set(r, "budget_ms", optarg, NULL, e); break;
        case REL:
            if (!(rc = number("rel", optarg, GRADE_MAX, &relevant, e))) o->eval.relevant = (int)relevant;
            break;
        case THREADS: rc = number("threads", optarg, 1024, &o->threads, e); break;
        case MODEL: o->model = optarg; break;
        case JSON: o->json = true; break;
        case HELP: fputs(usage, stdout); exit(0);
        default: return errmsg_set(e, ERR_INPUT, "see 'souk eval --help'");
        }
    return rc ? rc : check_options(o, argc - optind, e);
}

/* ---- the set ---- */

static void say(void *arg, const char *sentence)
{
    (void)arg;
    fprintf(stderr, "souk: %s\n", sentence);
}

static int read_set(struct trec_set *set, const struct options *o, struct errmsg *e)
{
    int rc = trec_read_queries(set, o->queries, e);
    if (!rc && !set->n_queries) rc = errmsg_set(e, ERR_INPUT, "%s: holds no query", o->queries);
    if (!rc) rc = trec_read_qrels(set, o->qrels, e);
    if (!rc && o->labels) rc = trec_read_labels(set, o->labels, e);
    if (!rc && set->foreign_judgment)
        fprintf(stderr, "souk: %s: %llu judgments are of queries that %s does not have\n", o->qrels,
                (unsigned long long)set->foreign_judgment, o->queries);
    return rc;
}

/* ---- the run file: opened first, so that an hour's work does not end in "permission denied", but emptied last ---- */

static int open_run(const char *path, FILE **f, struct errmsg *e)
{
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666) : -1;
    if (!path) return 0;
    *f = fd < 0 ? NULL : fdopen(fd, "w");
    return *f ? 0 : errmsg_set(e, errno, "%s: %s", path, strerror(errno));
}

static int write_run(FILE *f, const char *path, const struct eval *ev, struct errmsg *e)
{
    if (ftruncate(fileno(f), 0) != 0 && errno != EINVAL) /* EINVAL: a pipe */
        return errmsg_set(e, errno, "%s: %s", path, strerror(errno));
    eval_write_run(f, ev);
    return fflush(f) || ferror(f) ? errmsg_set(e, errno, "%s: %s", path, strerror(errno)) : 0;
}

/* ---- figures ---- */

static int print_json(const struct eval_tally *t, struct errmsg *e)
{
    struct buf b = BUF_INIT((size_t)1 << 30);
    struct json_writer w = {.out = &b};
    eval_write_json(&w, t);
    int rc = b.failed ? errmsg_set(e, ERR_TOO_BIG, "the figures are more than 1 GB of JSON") : 0;
    if (!rc) puts(b.data);
    buf_release(&b);
    return rc;
}

static int print(const struct eval *ev, bool json, size_t *failed, struct errmsg *e)
{
    struct eval_tally t;
    int rc = 0;
    eval_tally(&t, ev);
    *failed = t.failed;
    for (size_t i = 0; t.failed && i < ev->set->n_queries; i++)
        if (ev->answers[i].failed) fprintf(stderr, "souk: query %s: %s\n", ev->set->queries[i].qid, ev->answers[i].failed);
    if (json)
        rc = print_json(&t, e);
    else
        eval_print_text(stdout, &t);
    eval_tally_release(&t);
    if (!rc && (fflush(stdout) || ferror(stdout))) rc = errmsg_set(e, errno, "cannot write: %s", strerror(errno));
    return rc;
}

static int evaluate(const struct options *o, const struct trec_set *set, FILE *run, size_t *failed, struct errmsg *e)
{
    struct pool *pool = pool_new(o->threads, 1);
    struct engine *en = NULL;
    struct eval ev = {0};
    int rc = engine_open(&en, o->data, o->model, pool_size(pool), e);
    if (!rc) rc = eval_run(&ev, en, pool, set, &o->eval, e);
    if (!rc && run) rc = write_run(run, o->run, &ev, e);
    if (!rc) rc = print(&ev, o->json, failed, e);
    eval_release(&ev);
    engine_close(en);
    pool_free(pool);
    return rc;
}

int cmd_eval(int argc, char **argv)
{
    struct options o = {.data = index_default_data(),
                        .eval = {.index = "products", .request = SEARCH_REQUEST_INIT, .relevant = 1}};
    struct trec_set set = {.complain = say};
    struct errmsg e = {0};
    FILE *run = NULL;
    size_t failed = 0;
    o.eval.request.limit = 100;
    int rc = parse(argc, argv, &o, &e), usage_error = rc;
    o.eval.keep_lists = o.run != NULL;
    if (!rc) rc = read_set(&set, &o, &e);
    if (!rc) rc = open_run(o.run, &run, &e);
    if (!rc) rc = evaluate(&o, &set, run, &failed, &e);
    if (rc) fprintf(stderr, "souk: %s\n", errmsg_text(&e, rc));
    bool refused = set.refused > 0;
    if (run) fclose(run);
    trec_release(&set);
    if (rc) return usage_error ? 2 : 1;
    return refused || failed ? 3 : 0;
}
