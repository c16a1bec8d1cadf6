#include "query/measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TOP = 10, DEEP = 100 };

static const char *const titles[N_MEASURES] = {"nDCG@10", "cond@10", "MRR@10", "R@10", "R@100", "P@1", "judged@10"};
static const char *const keys[N_MEASURES] = {"ndcg_10", "cond_10", "mrr_10", "recall_10", "recall_100", "p_1", "judged_10"};

const char *measure_title(enum measure m)
{
    return titles[m];
}
const char *measure_key(enum measure m)
{
    return keys[m];
}

/* ---- one ranking ---- */

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

double measure_dcg(const int *grades, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n && i < TOP; i++)
        if (grades[i] != UNJUDGED) sum += (exp2(grades[i]) - 1) / log2((double)i + 2);
    return sum;
}

/* The first ten of the condensed list; returns how many there are. */
static size_t condense(const int *ranked, size_t n, int out[TOP])
{
    size_t k = 0;
    for (size_t i = 0; i < n && k < TOP; i++)
        if (ranked[i] != UNJUDGED) out[k++] = ranked[i];
    return k;
}

static size_t count_relevant(const int *grades, size_t n, int relevant)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++) k += grades[i] != UNJUDGED && grades[i] >= relevant;
    return k;
}

static double reciprocal_rank(const int *ranked, size_t n, int relevant)
{
    for (size_t i = 0; i < n && i < TOP; i++)
        if (ranked[i] != UNJUDGED && ranked[i] >= relevant) return 1.0 / (double)(i + 1);
    return 0;
}

static double judged_share(const int *ranked, size_t n)
{
    size_t k = 0, top = min_size(n, TOP);
    for (size_t i = 0; i < top; i++) k += ranked[i] != UNJUDGED;
    return top ? (double)k / (double)top : 0;
}

static int by_grade_down(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x < y) - (x > y);
}

bool measure_ranking(struct measures *out, const int *ranked, size_t n, int *judged, size_t n_judged, int relevant)
{
    memset(out, 0, sizeof *out);
    double all = (double)count_relevant(judged, n_judged, relevant);
    if (all == 0) return false;
    qsort(judged, n_judged, sizeof *judged, by_grade_down);
    double ideal = measure_dcg(judged, n_judged);
    int condensed[TOP];
    size_t k = condense(ranked, n, condensed);
    double *v = out->v;
    v[NDCG_10] = ideal ? measure_dcg(ranked, n) / ideal : 0;
    v[COND_10] = ideal ? measure_dcg(condensed, k) / ideal : 0;
    v[MRR_10] = reciprocal_rank(ranked, n, relevant);
    v[RECALL_10] = (double)count_relevant(ranked, min_size(n, TOP), relevant) / all;
    v[RECALL_100] = (double)count_relevant(ranked, min_size(n, DEEP), relevant) / all;
    v[P_1] = (double)count_relevant(ranked, min_size(n, 1), relevant);
    v[JUDGED_10] = judged_share(ranked, n);
    return true;
}

/* ---- means ---- */

void measure_add(struct measure_sum *s, const struct measures *m)
{
    for (int i = 0; i < N_MEASURES; i++) s->sum.v[i] += m->v[i];
    s->n++;
}

struct measures measure_mean(const struct measure_sum *s)
{
    struct measures m = s->sum;
    for (int i = 0; s->n && i < N_MEASURES; i++) m.v[i] /= (double)s->n;
    return m;
}

/* ---- labelled pairs ---- */

static int by_score_down(const void *a, const void *b)
{
    double x = ((const struct scored_pair *)a)->score, y = ((const struct scored_pair *)b)->score;
    return (x < y) - (x > y);
}

/* Walks the pairs from the best score down, one group of equal scores at a time: a threshold can only lie between groups.
 * Within a group every match ties with every non-match, which is half a win each. */
static void walk_groups(struct pair_measures *out, const struct scored_pair *p, size_t n)
{
    double wins = 0, matches = (double)out->matches, others = (double)(n - out->matches);
    double seen_match = 0, seen_other = 0;
    for (size_t i = 0; i < n;) {
        double match = 0, other = 0, score = p[i].score;
        for (; i < n && p[i].score == score; i++) *(p[i].match ? &match : &other) += 1;
        wins += match * (others - seen_other - other) + match * other / 2;
        seen_match += match;
        seen_other += other;
        double f1 = 2 * seen_match / (matches + seen_match + seen_other);
        if (f1 > out->best_f1) out->best_f1 = f1;
    }
    out->auc = wins / (matches * others);
}

bool measure_pairs(struct pair_measures *out, struct scored_pair *pairs, size_t n)
{
    size_t scored = 0;
    *out = (struct pair_measures){.pairs = n};
    for (size_t i = 0; i < n; i++) {
        out->matches += pairs[i].match;
        scored += pairs[i].score > -INFINITY;
    }
    out->scored = n ? (double)scored / (double)n : 0;
    if (!out->matches || out->matches == n) return false;
    qsort(pairs, n, sizeof *pairs, by_score_down);
    walk_groups(out, pairs, n);
    return true;
}

/* ---- durations ---- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double measure_percentile(double *values, size_t n, double p)
{
    if (!n) return 0;
    qsort(values, n, sizeof *values, by_value);
    size_t rank = (size_t)ceil(p * (double)n);
    return values[rank ? min_size(rank, n) - 1 : 0];
}
