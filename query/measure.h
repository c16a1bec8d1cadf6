/* How good is a ranking? The usual measures of information retrieval, as pure functions over grades.
 *
 * A query's documents were judged by people: a grade of 0 does not fit, higher fits better; most documents were never looked
 * at. An engine returned a ranking. Then
 *
 *   nDCG@10    sum of (2^grade - 1) / log2(rank + 1) over the first ten, divided by what the best possible order of the
 *              judged documents would reach. Unjudged documents count as grade 0, so an engine that finds good products
 *              nobody judged is punished for it.
 *   cond@10    the same after the unjudged documents were taken out of the ranking (a "condensed list"): the fairer figure
 *              where judgments are incomplete. It looks past rank ten, so it depends on how long the ranking is; compare
 *              engines at one length.
 *   MRR@10     1 / rank of the first relevant document, 0 when there is none among the first ten
 *   R@10       share of all relevant documents that are among the first ten; R@100 alike
 *   P@1        1 when the first document is relevant
 *   judged@10  share of the first ten that were judged at all: how far to trust the others
 *
 * "Relevant" means a grade of at least `relevant`. A query without a relevant document has no measures and no part in means.
 *
 * Labelled pairs (this query and this document: match or not) are another kind of truth, for scores instead of orders:
 *
 *   AUC        how often a matching pair scores above one that does not match; a tie is half. 0.5 is chance.
 *   best F1    of "match if score >= t", with the t that suits it best
 *
 * Nothing here reads, writes or allocates beyond what is said; tests/score.py is an independent version of the same. */
#ifndef SOUK_MEASURE_H
#define SOUK_MEASURE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* ---- one ranking ---- */

enum measure { NDCG_10, COND_10, MRR_10, RECALL_10, RECALL_100, P_1, JUDGED_10, N_MEASURES };
enum { UNJUDGED = INT_MIN }; /* in place of a grade */

struct measures {
    double v[N_MEASURES];
};

const char *measure_title(enum measure m); /* "nDCG@10": for people */
const char *measure_key(enum measure m);   /* "ndcg_10": for programs */

/* Measures a ranking. ranked: the grade of each returned document or UNJUDGED, best first, no document twice. judged: the
 * grades of all documents that were judged for this query, in any order; it is sorted in place, best first. False, with *out
 * zeroed, when none of them is relevant. */
bool measure_ranking(struct measures *out, const int *ranked, size_t n, int *judged, size_t n_judged, int relevant);

/* Discounted cumulative gain of the first ten grades; UNJUDGED counts as 0. */
double measure_dcg(const int *grades, size_t n);

/* ---- means ---- */

struct measure_sum {
    struct measures sum;
    size_t n;
};

void measure_add(struct measure_sum *s, const struct measures *m);
struct measures measure_mean(const struct measure_sum *s); /* zeros when n is 0 */

/* ---- labelled pairs ---- */

struct scored_pair {
    double score; /* -INFINITY: the engine gave none; such pairs tie, below all others */
    bool match;
};

struct pair_measures {
    size_t pairs, matches;
    double auc, best_f1;
    double scored; /* share of the pairs that the engine scored */
};

/* Sorts pairs in place. False when there are not both kinds of pairs: then AUC and F1 mean nothing and are 0. */
bool measure_pairs(struct pair_measures *out, struct scored_pair *pairs, size_t n);

/* ---- durations ---- */

/* The smallest value that at least a share p (0..1) of the n values does not exceed. Sorts in place; 0 when n is 0. */
double measure_percentile(double *values, size_t n, double p);

#endif
