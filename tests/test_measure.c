/* Measures against values worked out by hand. */
#include "query/measure.h"

#include <criterion/criterion.h>
#include <math.h>

#define LEN(a)     (sizeof(a) / sizeof *(a))
#define NEAR(a, b) cr_assert_float_eq((a), (b), 1e-12, "%s is %.15g, not %.15g", #a, (double)(a), (double)(b))

enum { U = UNJUDGED };

/* ---- gain ---- */

Test(measure, gain_is_exponential_and_discounted_by_rank)
{
    int one[] = {2}, second[] = {0, 2}, three[] = {3, U, 1};
    NEAR(measure_dcg(one, 1), 3.0);
    NEAR(measure_dcg(second, 2), 3.0 / log2(3));
    NEAR(measure_dcg(three, 3), 7.0 + 1.0 / 2);
    NEAR(measure_dcg(NULL, 0), 0.0);
}

Test(measure, only_the_first_ten_gain)
{
    int eleven[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3};
    NEAR(measure_dcg(eleven, LEN(eleven)), 0.0);
    NEAR(measure_dcg(eleven + 1, LEN(eleven) - 1), 7.0 / log2(11));
}

/* ---- one ranking ---- */

Test(measure, the_best_order_scores_one)
{
    int ranked[] = {2, 1, 0}, judged[] = {0, 1, 2};
    struct measures m;
    cr_assert(measure_ranking(&m, ranked, 3, judged, 3, 1));
    for (int i = 0; i < N_MEASURES; i++) NEAR(m.v[i], 1.0);
    cr_assert_eq(judged[0], 2, "sorted in place, best first");
}

/* Returned: unjudged, not fitting, half, unjudged, full. Judged: 2 2 1 0 0. */
Test(measure, a_mixed_ranking_by_hand)
{
    int ranked[] = {U, 0, 1, U, 2}, judged[] = {0, 2, 1, 0, 2};
    struct measures m;
    cr_assert(measure_ranking(&m, ranked, 5, judged, 5, 1));
    double ideal = 3 + 3 / log2(3) + 1.0 / 2;
    NEAR(m.v[NDCG_10], (1.0 / 2 + 3 / log2(6)) / ideal);
    NEAR(m.v[COND_10], (1 / log2(3) + 3.0 / 2) / ideal);
    NEAR(m.v[MRR_10], 1.0 / 3);
    NEAR(m.v[RECALL_10], 2.0 / 3);
    NEAR(m.v[RECALL_100], 2.0 / 3);
    NEAR(m.v[P_1], 0.0);
    NEAR(m.v[JUDGED_10], 3.0 / 5);
}

Test(measure, a_higher_bar_for_relevance_leaves_gain_alone)
{
    int ranked[] = {1, 2}, judged[] = {2, 1};
    struct measures low, high;
    cr_assert(measure_ranking(&low, ranked, 2, judged, 2, 1));
    cr_assert(measure_ranking(&high, ranked, 2, judged, 2, 2));
    NEAR(low.v[NDCG_10], high.v[NDCG_10]);
    NEAR(low.v[P_1], 1.0);
    NEAR(high.v[P_1], 0.0);
    NEAR(high.v[MRR_10], 0.5);
    NEAR(high.v[RECALL_10], 1.0);
}

Test(measure, an_empty_ranking_scores_zero_but_counts)
{
    int judged[] = {1};
    struct measures m;
    cr_assert(measure_ranking(&m, NULL, 0, judged, 1, 1));
    for (int i = 0; i < N_MEASURES; i++) NEAR(m.v[i], 0.0);
}

Test(measure, a_query_without_relevant_documents_has_no_measures)
{
    int ranked[] = {0}, none[] = {0, 0}, partly[] = {1};
    struct measures m;
    cr_assert_not(measure_ranking(&m, ranked, 1, none, 2, 1));
    cr_assert_not(measure_ranking(&m, ranked, 1, NULL, 0, 1));
    cr_assert_not(measure_ranking(&m, ranked, 1, partly, 1, 2));
    NEAR(m.v[JUDGED_10], 0.0);
}

Test(measure, depths_of_ten_and_a_hundred)
{
    int ranked[120], judged[4] = {1, 1, 1, 1};
    for (size_t i = 0; i < LEN(ranked); i++) ranked[i] = U;
    ranked[10] = ranked[99] = ranked[100] = 1;
    struct measures m;
    cr_assert(measure_ranking(&m, ranked, LEN(ranked), judged, 4, 1));
    NEAR(m.v[NDCG_10], 0.0);
    NEAR(m.v[MRR_10], 0.0);
    NEAR(m.v[RECALL_10], 0.0);
    NEAR(m.v[RECALL_100], 0.5);
    NEAR(m.v[JUDGED_10], 0.0);
    double three = 1 + 1 / log2(3) + 1.0 / 2;
    NEAR(m.v[COND_10], three / (three + 1 / log2(5)));
}

Test(measure, judged_share_of_a_short_ranking_is_of_its_length)
{
    int ranked[] = {0, U}, judged[] = {1, 0};
    struct measures m;
    cr_assert(measure_ranking(&m, ranked, 2, judged, 2, 1));
    NEAR(m.v[JUDGED_10], 0.5);
}

Test(measure, junk_below_zero_costs)
{
    int ranked[] = {-1, 1}, judged[] = {1, -1};
    struct measures m;
    cr_assert(measure_ranking(&m, ranked, 2, judged, 2, 1));
    NEAR(m.v[NDCG_10], (-0.5 + 1 / log2(3)) / (1 - 0.5 / log2(3)));
}

/* ---- means ---- */

Test(measure, means)
{
    struct measure_sum s = {0};
    NEAR(measure_mean(&s).v[P_1], 0.0);
    measure_add(&s, &(struct measures){{[P_1] = 1, [MRR_10] = 0.5}});
    measure_add(&s, &(struct measures){{[MRR_10] = 0.25}});
    NEAR(measure_mean(&s).v[P_1], 0.5);
    NEAR(measure_mean(&s).v[MRR_10], 0.375);
    cr_assert_eq(s.n, 2);
}

Test(measure, titles_and_keys)
{
    cr_assert_str_eq(measure_title(NDCG_10), "nDCG@10");
    cr_assert_str_eq(measure_title(JUDGED_10), "judged@10");
    cr_assert_str_eq(measure_key(RECALL_100), "recall_100");
}

/* ---- labelled pairs ---- */

Test(measure, auc_of_separated_pairs_is_one)
{
    struct scored_pair p[] = {{.2, false}, {.9, true}, {.8, true}, {.1, false}};
    struct pair_measures m;
    cr_assert(measure_pairs(&m, p, 4));
    NEAR(m.auc, 1.0);
    NEAR(m.best_f1, 1.0);
    NEAR(m.scored, 1.0);
    cr_assert_eq(m.pairs, 4);
    cr_assert_eq(m.matches, 2);
}

/* Matches at 4 and 2, others at 3 and 1: of four comparisons three are won. Thresholds 4 3 2 1 give F1 2/3 1/2 4/5 2/3. */
Test(measure, auc_by_hand)
{
    struct scored_pair p[] = {{3, false}, {2, true}, {4, true}, {1, false}};
    struct pair_measures m;
    cr_assert(measure_pairs(&m, p, 4));
    NEAR(m.auc, 0.75);
    NEAR(m.best_f1, 0.8);
}

/* A match and an other at 5, another match at 1: half a win and none, of two. */
Test(measure, auc_counts_a_tie_as_half)
{
    struct scored_pair p[] = {{5, true}, {5, false}, {1, true}};
    struct pair_measures m;
    cr_assert(measure_pairs(&m, p, 3));
    NEAR(m.auc, 0.25);
    NEAR(m.best_f1, 0.8);
}

Test(measure, all_scores_equal_is_chance)
{
    struct scored_pair p[] = {{1, true}, {1, false}, {1, false}, {1, false}};
    struct pair_measures m;
    cr_assert(measure_pairs(&m, p, 4));
    NEAR(m.auc, 0.5);
    NEAR(m.best_f1, 2.0 / 5);
}

Test(measure, unscored_pairs_are_below_all_and_tie)
{
    struct scored_pair p[] = {{-INFINITY, true}, {-5, true}, {-INFINITY, false}, {-6, false}};
    struct pair_measures m;
    cr_assert(measure_pairs(&m, p, 4));
    NEAR(m.auc, (2 + 0.5) / 4);
    NEAR(m.scored, 0.5);
}

Test(measure, pairs_of_one_kind_have_no_auc)
{
    struct scored_pair p[] = {{1, true}, {2, true}};
    struct pair_measures m;
    cr_assert_not(measure_pairs(&m, p, 2));
    cr_assert_eq(m.matches, 2);
    cr_assert_not(measure_pairs(&m, NULL, 0));
    NEAR(m.scored, 0.0);
}

/* ---- durations ---- */

Test(measure, percentiles)
{
    double v[] = {4, 1, 3, 2};
    NEAR(measure_percentile(v, 4, 0.5), 2.0);
    NEAR(measure_percentile(v, 4, 0.51), 3.0);
    NEAR(measure_percentile(v, 4, 0.99), 4.0);
    NEAR(measure_percentile(v, 4, 0), 1.0);
    NEAR(measure_percentile(v, 4, 1), 4.0);
    NEAR(measure_percentile(v, 0, 0.5), 0.0);
}
