/* From answers to figures: means by language and over all, AUC of labelled pairs, durations. */
#include "base/mem.h"
#include "query/eval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- rankings ---- */

static void add_rankings(struct eval_tally *t)
{
    const struct eval *ev = t->ev;
    for (size_t i = 0; i < ev->set->n_queries; i++) {
        const struct eval_answer *a = &ev->answers[i];
        t->failed += a->failed != NULL;
        if (!a->counts) continue;
        measure_add(&t->languages[ev->set->queries[i].language].ranking, &a->measures);
        measure_add(&t->all.ranking, &a->measures);
    }
    for (size_t l = 0; l < t->n_languages; l++) {
        if (!t->languages[l].ranking.n) continue;
        struct measures mean = measure_mean(&t->languages[l].ranking);
        measure_add(&t->of_languages, &mean);
    }
}

/* ---- labelled pairs ---- */

static size_t language_of(const struct eval_tally *t, size_t label)
{
    const struct trec_set *set = t->ev->set;
    uint32_t q = set->labels[label].query;
    return q == TREC_NO_QUERY ? t->n_languages - 1 : set->queries[q].language;
}

/* All pairs, those of one language together; at[l] is where language l begins, at[n_languages] the end. */
static void sort_pairs(const struct eval_tally *t, struct scored_pair *pairs, size_t *at)
{
    size_t n = t->ev->set->n_labels, *next = xcalloc(t->n_languages, sizeof *next);
    for (size_t i = 0; i < n; i++) at[language_of(t, i) + 1]++;
    for (size_t l = 0; l < t->n_languages; l++) {
        at[l + 1] += at[l];
        next[l] = at[l];
    }
    for (size_t i = 0; i < n; i++)
        pairs[next[language_of(t, i)]++] = (struct scored_pair){t->ev->label_scores[i], t->ev->set->labels[i].match};
    free(next);
}

static void add_pairs(struct eval_tally *t)
{
    size_t n = t->ev->set->n_labels;
    if (!n) return;
    struct scored_pair *pairs = xcalloc(n, sizeof *pairs);
    size_t *at = xcalloc(t->n_languages + 1, sizeof *at);
    sort_pairs(t, pairs, at);
    for (size_t l = 0; l < t->n_languages; l++)
        t->languages[l].has_auc = measure_pairs(&t->languages[l].pairs, pairs + at[l], at[l + 1] - at[l]);
    t->all.has_auc = measure_pairs(&t->all.pairs, pairs, n);
    free(at);
    free(pairs);
}

/* ---- durations ---- */

static void add_durations(struct eval_tally *t)
{
    const struct eval *ev = t->ev;
    double *ms = xcalloc(ev->set->n_queries, sizeof *ms), sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < ev->set->n_queries; i++) {
        if (ev->answers[i].failed) continue;
        ms[n++] = ev->answers[i].ms;
        sum += ev->answers[i].ms;
    }
    t->mean_ms = n ? sum / (double)n : 0;
    t->p50_ms = measure_percentile(ms, n, 0.5);
    t->p99_ms = measure_percentile(ms, n, 0.99);
    t->per_second = ev->seconds > 0 ? (double)n / ev->seconds : 0;
    free(ms);
}

void eval_tally(struct eval_tally *t, const struct eval *ev)
{
    size_t n = ev->set->n_languages;
    *t = (struct eval_tally){.ev = ev, .n_languages = n + 1, .all = {.language = "all"}};
    t->languages = xcalloc(n + 1, sizeof *t->languages);
    for (size_t l = 0; l < n; l++) t->languages[l].language = ev->set->languages[l];
    t->languages[n].language = "?";
    add_rankings(t);
    add_pairs(t);
    add_durations(t);
}

void eval_tally_release(struct eval_tally *t)
{
    free(t->languages);
    memset(t, 0, sizeof *t);
}
