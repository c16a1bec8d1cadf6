/* Evaluation: every query of a set through the engine, its answers measured against what people judged.
 *
 *   trec.h     the set: queries, judgments, labels
 *     |
 *   eval.c     asks all queries on all cores; each answer is made into a list as a run holds it, and measured at once
 *     |
 *   eval_tally.c   means by language and over all, AUC of labelled pairs, durations
 *     |
 *   eval_print.c   a table for people, JSON for programs
 *
 * What is measured is exactly what --run writes (run_arrange), so that any scorer of TREC runs comes to the same figures;
 * tests/eval_agrees.sh holds this to account. So with labels the labelled documents are part of the list, wherever their
 * score puts them: behind the hits as a rule, where cond@10 and R@100 may still see them. A query that fails is named and
 * scores 0, like one that a run lacks.
 *
 *     struct eval ev;
 *     rc = eval_run(&ev, engine, pool, &set, &options, &e);
 *     if (!rc) { eval_tally(&t, &ev); eval_print_text(stdout, &t); eval_tally_release(&t); }
 *     eval_release(&ev);                                     after a failure too */
#ifndef SOUK_EVAL_H
#define SOUK_EVAL_H

#include "base/json.h"
#include "base/pool.h"
#include "query/engine.h"
#include "query/measure.h"
#include "query/trec.h"

/* ---- asking ---- */

struct eval_options {
    const char *index;
    struct search_request request; /* limit, mode, rerank, budget_ms of all queries; q and score_ids are filled in */
    int relevant;                  /* the lowest grade that is relevant */
    bool keep_lists;               /* for eval_write_run */
    unsigned worker;               /* without a pool: the engine's worker that asks */
};

struct eval_answer {
    const char *failed; /* NULL, or why the query has no answer */
    bool counts;        /* it has a relevant document, so that it has measures */
    struct measures measures;
    double ms;              /* from the request to the result, while the other cores were as busy */
    struct run_entry *list; /* with keep_lists */
    size_t n;
};

struct eval {
    const struct trec_set *set;
    struct eval_options options;
    unsigned threads;
    struct eval_answer *answers; /* by query */
    double *label_scores;        /* by label; -INFINITY: none */
    double seconds;              /* of all queries together */
    struct arena *arenas;        /* by worker: lists and failures */
};

/* Asks every query. Fails only when none can be asked: there is no such index, or it is not of the engine's model. The
 * engine must be for as many workers as the pool has; nobody else may borrow from it meanwhile. Without a pool the caller asks
 * alone, as options.worker of an engine that others go on using. */
int eval_run(struct eval *ev, struct engine *en, struct pool *pool, const struct trec_set *set, const struct eval_options *o,
             struct errmsg *e);
void eval_release(struct eval *ev);

/* All lists, in the order of queries.tsv. The caller looks at ferror. */
void eval_write_run(FILE *f, const struct eval *ev);

/* ---- adding up ---- */

struct eval_group {
    const char *language;
    struct measure_sum ranking;
    struct pair_measures pairs;
    bool has_auc; /* there are pairs of both kinds */
};

struct eval_tally {
    const struct eval *ev;
    struct eval_group *languages; /* as set.languages, then "?" for labels of queries that queries.tsv does not have */
    size_t n_languages;
    struct eval_group all;
    struct measure_sum of_languages; /* sums the means of languages: each weighs the same, however many queries it has */
    size_t failed;
    double mean_ms, p50_ms, p99_ms, per_second; /* of the queries that did not fail */
};

void eval_tally(struct eval_tally *t, const struct eval *ev);
void eval_tally_release(struct eval_tally *t);

/* ---- showing ---- */

void eval_print_text(FILE *f, const struct eval_tally *t);
void eval_write_json(struct json_writer *w, const struct eval_tally *t);

#endif
