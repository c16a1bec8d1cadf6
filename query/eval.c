#include "query/eval.h"

#include "base/clock.h"
#include "base/mem.h"
#include "indexer/progress.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* What the workers share. */
struct work {
    struct eval *ev;
    struct engine *engine;
    struct progress progress; /* worker 0 shows it */
    atomic_size_t done;
};

/* ---- from a result to a list ---- */

/* The id of a stored product, copied. Most products begin with it, which spares reading the rest. */
static const char *product_id(struct snapshot *s, uint32_t doc, struct arena *a)
{
    static const char start[] = "{\"id\":\"";
    const char *json, *id = NULL;
    size_t n, at = sizeof start - 1;
    if (!snapshot_product(s, doc, &json, &n)) return NULL;
    size_t k = n > at && !memcmp(json, start, at) ? strcspn(json + at, "\"\\") : 0;
    if (k && json[at + k] == '"') return arena_strn(a, json + at, k);
    json_t *p = json_loadb(json, n, 0, NULL);
    const json_t *v = json_object_get(p, "id");
    if (v) id = arena_strn(a, json_string_value(v), json_string_length(v));
    json_decref(p);
    return id;
}

static const struct search_hit *find_hit(const struct search_result *r, uint32_t doc)
{
    for (uint32_t i = 0; i < r->n_hits; i++)
        if (r->hits[i].doc == doc) return &r->hits[i];
    return NULL;
}

/* Labelled documents that are not among the hits, behind the n entries; a pair that is labelled twice comes once. */
static size_t add_labelled(const struct eval *ev, const struct trec_query *q, struct snapshot *s, const struct search_result *r,
                           struct run_entry *list, size_t n)
{
    const struct trec_label *labels = ev->set->labels + q->labels;
    for (size_t i = 0; i < q->n_labels; i++) {
        const char *doc = labels[i].doc;
        bool again = i && !strcmp(doc, labels[i - 1].doc);
        if (again || !(r->scores[i] > -1) || find_hit(r, snapshot_find(s, doc, strlen(doc)))) continue;
        list[n++] = (struct run_entry){.doc = doc, .score = r->scores[i]};
    }
    return n;
}

/* Fills a->list with the hits and the labelled documents, as a run has them. */
static int make_list(const struct eval *ev, const struct trec_query *q, struct searcher *s, const struct search_result *r,
                     struct eval_answer *a, struct arena *arena, struct errmsg *e)
{
    struct snapshot *snap = searcher_snapshot(s);
    a->list = ARENA_NEW(arena, struct run_entry, r->n_hits + q->n_labels);
    for (uint32_t i = 0; i < r->n_hits; i++) {
        const char *id = product_id(snap, r->hits[i].doc, arena);
        if (!id) return errmsg_set(e, ERR_FORMAT, "document %u cannot be read", r->hits[i].doc);
        a->list[i] = (struct run_entry){.doc = id, .score = r->hits[i].score};
    }
    a->n = add_labelled(ev, q, snap, r, a->list, r->n_hits);
    run_arrange(a->list, r->n_hits, a->n);
    return 0;
}

/* ---- measuring a list ---- */

static void measure(const struct eval *ev, const struct trec_query *q, struct eval_answer *a, struct arena *scratch)
{
    int *ranked = ARENA_NEW(scratch, int, a->n), *judged = ARENA_NEW(scratch, int, q->n_judged);
    for (size_t i = 0; i < a->n; i++) ranked[i] = trec_grade(ev->set, q, a->list[i].doc);
    for (size_t i = 0; i < q->n_judged; i++) judged[i] = ev->set->judgments[q->judged + i].grade;
    a->counts = measure_ranking(&a->measures, ranked, a->n, judged, q->n_judged, ev->options.relevant);
}

static int by_doc(const void *a, const void *b)
{
    return strcmp(((const struct run_entry *)a)->doc, ((const struct run_entry *)b)->doc);
}

/* The scores of labelled pairs, as the list has them: labels and a copy of the list, both by document, side by side. */
static void keep_label_scores(struct eval *ev, const struct trec_query *q, const struct eval_answer *a, struct arena *scratch)
{
    struct run_entry *list = arena_dup(scratch, a->list, a->n * sizeof *list);
    if (a->n) qsort(list, a->n, sizeof *list, by_doc);
    for (size_t i = q->labels, at = 0; i < q->labels + q->n_labels; i++) {
        while (at < a->n && strcmp(list[at].doc, ev->set->labels[i].doc) < 0) at++;
        bool there = at < a->n && !strcmp(list[at].doc, ev->set->labels[i].doc);
        ev->label_scores[i] = there ? (double)list[at].score : -INFINITY;
    }
}

/* ---- asking ---- */

static const char *const *label_ids(const struct trec_set *set, const struct trec_query *q, struct arena *a)
{
    const char **ids = ARENA_NEW(a, const char *, q->n_labels);
    for (size_t i = 0; i < q->n_labels; i++) ids[i] = set->labels[q->labels + i].doc;
    return ids;
}

static int search(const struct eval *ev, const struct trec_query *q, struct searcher *s, struct eval_answer *a,
                  struct arena *arena, struct errmsg *e)
{
    struct search_request r = ev->options.request;
    struct search_result result;
    const char *field;
    r.q = q->text;
    r.q_n = q->text_n;
    r.score_ids = label_ids(ev->set, q, arena);
    r.n_score_ids = q->n_labels;
    int rc = request_check(&r, &field, e);
    if (rc) return rc;
    uint64_t begun = clock_us();
    rc = search_begin(s, &r, &result, e);
    a->ms = (double)(clock_us() - begun) / 1000;
    if (!rc) rc = make_list(ev, q, s, &result, a, arena, e);
    search_end(s);
    return rc;
}

/* An empty query would browse: hits that answer nothing. */
static int ask(struct work *w, const struct trec_query *q, struct eval_answer *a, struct arena *arena, unsigned worker,
               struct errmsg *e)
{
    struct searcher *s;
    if (!q->text_n) return errmsg_set(e, ERR_INPUT, "it has no text");
    worker += w->ev->options.worker;
    int rc = engine_borrow(w->engine, w->ev->options.index, worker, &s, e);
    if (rc) return rc;
    rc = search(w->ev, q, s, a, arena, e);
    engine_return(w->engine, worker);
    return rc;
}

static void one_query(void *arg, size_t i, unsigned worker)
{
    struct work *w = arg;
    struct eval *ev = w->ev;
    const struct trec_query *q = &ev->set->queries[i];
    struct eval_answer *a = &ev->answers[i];
    struct errmsg e = {0};
    struct arena scratch = ARENA_INIT, *lists = ev->options.keep_lists ? &ev->arenas[worker] : &scratch;
    int rc = ask(w, q, a, lists, worker, &e);
    if (rc) {
        const char *why = errmsg_text(&e, rc);
        a->failed = arena_strn(&ev->arenas[worker], why, strlen(why));
        a->n = 0;
    }
    measure(ev, q, a, &scratch);
    keep_label_scores(ev, q, a, &scratch);
    if (!ev->options.keep_lists) a->list = NULL;
    arena_release(&scratch);
    size_t done = atomic_fetch_add(&w->done, 1) + 1;
    if (!worker) progress_show(&w->progress, done, (double)done / (double)ev->set->n_queries);
}

int eval_run(struct eval *ev, struct engine *en, struct pool *pool, const struct trec_set *set, const struct eval_options *o,
             struct errmsg *e)
{
    *ev = (struct eval){.set = set, .options = *o, .threads = pool ? pool_size(pool) : 1};
    struct searcher *s;
    int rc = engine_borrow(en, o->index, o->worker, &s, e);
    if (rc) return rc;
    engine_return(en, o->worker);
    ev->arenas = xcalloc(ev->threads, sizeof *ev->arenas);
    ev->answers = xcalloc(set->n_queries, sizeof *ev->answers);
    ev->label_scores = xcalloc(set->n_labels, sizeof *ev->label_scores);
    for (size_t i = 0; i < set->n_labels; i++) ev->label_scores[i] = -INFINITY;
    struct work w = {.ev = ev, .engine = en};
    progress_begin(&w.progress, "queries");
    uint64_t begun = clock_us();
    if (pool) pool_for(pool, set->n_queries, one_query, &w);
    for (size_t i = 0; !pool && i < set->n_queries; i++) one_query(&w, i, 0);
    ev->seconds = (double)(clock_us() - begun) * 1e-6;
    progress_hide(&w.progress);
    return 0;
}

void eval_release(struct eval *ev)
{
    for (unsigned i = 0; ev->arenas && i < ev->threads; i++) arena_release(&ev->arenas[i]);
    free(ev->arenas);
    free(ev->answers);
    free(ev->label_scores);
    memset(ev, 0, sizeof *ev);
}

void eval_write_run(FILE *f, const struct eval *ev)
{
    for (size_t i = 0; i < ev->set->n_queries; i++) run_write(f, ev->set->queries[i].qid, ev->answers[i].list, ev->answers[i].n);
}
