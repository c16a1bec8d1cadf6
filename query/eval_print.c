/* Figures as a table for people and as JSON for programs. */
#include "query/eval.h"

static const char *const mode_names[] = {"hybrid", "semantic", "lexical"};

/* ---- a table ---- */

static void print_ranking(FILE *f, const char *name, size_t n, const struct measures *m)
{
    fprintf(f, "%-18s %7zu", name, n);
    for (int i = 0; i < N_MEASURES; i++) fprintf(f, " %10.4f", m->v[i]);
    putc('\n', f);
}

static void print_mean(FILE *f, const char *name, const struct measure_sum *s)
{
    struct measures mean = measure_mean(s);
    print_ranking(f, name, s->n, &mean);
}

static void print_rankings(FILE *f, const struct eval_tally *t)
{
    fprintf(f, "%-18s %7s", "language", "queries");
    for (enum measure i = 0; i < N_MEASURES; i++) fprintf(f, " %10s", measure_title(i));
    putc('\n', f);
    for (size_t l = 0; l < t->n_languages; l++)
        if (t->languages[l].ranking.n) print_mean(f, t->languages[l].language, &t->languages[l].ranking);
    print_mean(f, "all", &t->all.ranking);
    print_mean(f, "mean of languages", &t->of_languages);
}

static void print_pair_line(FILE *f, const struct eval_group *g)
{
    if (!g->has_auc) return;
    const struct pair_measures *p = &g->pairs;
    fprintf(f, "%-18s %7zu %10zu %10.4f %10.4f %10.3f\n", g->language, p->pairs, p->matches, p->auc, p->best_f1, p->scored);
}

static void print_pairs(FILE *f, const struct eval_tally *t)
{
    fprintf(f, "\n%-18s %7s %10s %10s %10s %10s\n", "language", "pairs", "matching", "AUC", "best F1", "scored");
    for (size_t l = 0; l < t->n_languages; l++) print_pair_line(f, &t->languages[l]);
    print_pair_line(f, &t->all);
}

void eval_print_text(FILE *f, const struct eval_tally *t)
{
    if (t->all.ranking.n) print_rankings(f, t);
    if (!t->all.ranking.n) fputs("no query has a relevant document: nothing to rank\n", f);
    if (t->ev->set->n_labels) print_pairs(f, t);
    fprintf(f, "\n%zu queries in %.2f s, %.1f a second; one takes %.2f ms (mean), %.2f (p50), %.2f (p99) with %u at once\n",
            t->ev->set->n_queries - t->failed, t->ev->seconds, t->per_second, t->mean_ms, t->p50_ms, t->p99_ms, t->ev->threads);
    if (t->failed) fprintf(f, "%zu queries FAILED and score 0\n", t->failed);
}

/* ---- JSON ---- */

static void write_measures(struct json_writer *w, const struct measures *m)
{
    for (enum measure i = 0; i < N_MEASURES; i++) json_key(w, measure_key(i)), json_num(w, m->v[i]);
}

static void write_mean(struct json_writer *w, const char *key, const char *of, const struct measure_sum *s)
{
    struct measures mean = measure_mean(s);
    json_key(w, key);
    json_begin(w, '{');
    json_key(w, of), json_uint(w, s->n);
    write_measures(w, &mean);
    json_end(w, '}');
}

static void write_pair_measures(struct json_writer *w, const struct eval_group *g)
{
    if (!g->has_auc) return;
    json_key(w, g->language);
    json_begin(w, '{');
    json_key(w, "pairs"), json_uint(w, g->pairs.pairs);
    json_key(w, "matching"), json_uint(w, g->pairs.matches);
    json_key(w, "auc"), json_num(w, g->pairs.auc);
    json_key(w, "best_f1"), json_num(w, g->pairs.best_f1);
    json_key(w, "scored"), json_num(w, g->pairs.scored);
    json_end(w, '}');
}

static void write_labels(struct json_writer *w, const struct eval_tally *t)
{
    json_key(w, "labels");
    json_begin(w, '{');
    write_pair_measures(w, &t->all);
    json_key(w, "languages");
    json_begin(w, '{');
    for (size_t l = 0; l < t->n_languages; l++) write_pair_measures(w, &t->languages[l]);
    json_end(w, '}');
    json_end(w, '}');
}

static void write_settings(struct json_writer *w, const struct eval *ev)
{
    const struct search_request *r = &ev->options.request;
    json_key(w, "settings");
    json_begin(w, '{');
    json_key(w, "index"), json_str(w, ev->options.index);
    json_key(w, "mode"), json_str(w, mode_names[r->mode]);
    json_key(w, "limit"), json_uint(w, r->limit);
    json_key(w, "rerank"), json_uint(w, r->rerank);
    json_key(w, "budget_ms"), json_uint(w, r->budget_ms);
    json_key(w, "relevant"), json_int(w, ev->options.relevant);
    json_key(w, "threads"), json_uint(w, ev->threads);
    json_end(w, '}');
}

static void write_timing(struct json_writer *w, const struct eval_tally *t)
{
    json_key(w, "timing");
    json_begin(w, '{');
    json_key(w, "queries"), json_uint(w, t->ev->set->n_queries - t->failed);
    json_key(w, "seconds"), json_num(w, t->ev->seconds);
    json_key(w, "per_second"), json_num(w, t->per_second);
    json_key(w, "mean_ms"), json_num(w, t->mean_ms);
    json_key(w, "p50_ms"), json_num(w, t->p50_ms);
    json_key(w, "p99_ms"), json_num(w, t->p99_ms);
    json_end(w, '}');
}

/* A query without a relevant document has no measures. */
static void write_query(struct json_writer *w, const struct trec_query *q, const struct eval_answer *a)
{
    json_begin(w, '{');
    json_key(w, "qid"), json_str(w, q->qid);
    json_key(w, "lang"), json_str(w, q->lang);
    json_key(w, "base"), json_str(w, q->base);
    if (a->counts) write_measures(w, &a->measures);
    if (a->failed)
        json_key(w, "failed"), json_str(w, a->failed);
    else
        json_key(w, "ms"), json_num(w, a->ms);
    json_end(w, '}');
}

void eval_write_json(struct json_writer *w, const struct eval_tally *t)
{
    const struct trec_set *set = t->ev->set;
    json_begin(w, '{');
    write_settings(w, t->ev);
    write_mean(w, "all", "queries", &t->all.ranking);
    write_mean(w, "mean_of_languages", "languages", &t->of_languages);
    json_key(w, "languages");
    json_begin(w, '{');
    for (size_t l = 0; l < t->n_languages; l++)
        if (t->languages[l].ranking.n) write_mean(w, t->languages[l].language, "queries", &t->languages[l].ranking);
    json_end(w, '}');
    if (set->n_labels) write_labels(w, t);
    write_timing(w, t);
    json_key(w, "refused_lines"), json_uint(w, set->refused);
    json_key(w, "failed_queries"), json_uint(w, t->failed);
    json_key(w, "queries");
    json_begin(w, '[');
    for (size_t i = 0; i < set->n_queries; i++) write_query(w, &set->queries[i], &t->ev->answers[i]);
    json_end(w, ']');
    json_end(w, '}');
}
