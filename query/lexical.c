/* Scoring: term at a time into accumulators, one for each document, that are touched only where a posting is. */
#include "query/lexical.h"

#include "base/bits.h"
#include "base/mem.h"
#include "indexer/terms.h"
#include "query/lexical_state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define K1            1.2f
#define GRAM_SHARE    0.8f /* a run found by its bigrams alone */
#define GRAM_COVERAGE 0.6f /* how much of a run's bigrams a document must have */

struct lexical *lexical_new(void)
{
    struct lexical *x = xcalloc(1, sizeof *x);
    x->words = words_new();
    x->stemmers = stemmers_new();
    return x;
}

void lexical_free(struct lexical *x)
{
    if (!x) return;
    words_free(x->words);
    stemmers_free(x->stemmers);
    free(x->acc);
    free(x->touched);
    free(x->unit_touched);
    free(x->hits);
    free(x->counts);
    free(x->seen);
    free(x);
}

float lexical_idf(uint32_t n_docs, uint64_t df)
{
    float n = (float)n_docs, d = df > n_docs ? n : (float)df;
    return logf(1 + (n - d + 0.5f) / (d + 0.5f));
}

static void reserve(struct lexical *x, uint32_t n_docs)
{
    size_t had = x->cap_acc;
    xgrow(&x->acc, &x->cap_acc, n_docs, sizeof *x->acc);
    if (x->cap_acc > had) memset(x->acc + had, 0, (x->cap_acc - had) * sizeof *x->acc);
    xgrow(&x->touched, &x->cap_touched, n_docs, sizeof *x->touched);
    xgrow(&x->unit_touched, &x->cap_unit_touched, n_docs, sizeof *x->unit_touched);
}

/* What each impact is worth: a table, since there are only 255. */
static void saturate(float table[256], float weight)
{
    for (int i = 0; i < 256; i++) {
        float tf = (float)i * IMPACT_UNIT;
        table[i] = weight * (K1 + 1) * tf / (K1 + tf);
    }
}

enum way_kind { BEST_WAY, SUM_WORDS, SUM_GRAMS };

struct scan {
    struct lexical *x;
    const uint64_t *ok;
    uint32_t n_docs;
    float coverage; /* of the unit, for a document that has this term */
    enum way_kind kind;
    float worth[256];
};

static void add_posting(struct scan *s, uint32_t doc, uint8_t impact)
{
    struct lexical *x = s->x;
    struct accumulator *a = &x->acc[doc];
    float worth = s->worth[impact];
    if (!(worth > 0)) return; /* would not be seen to be touched */
    if (a->word == 0 && a->gram == 0) x->unit_touched[x->n_unit_touched++] = doc;
    if (s->kind == SUM_GRAMS) {
        a->gram += worth;
        a->gram_coverage += s->coverage;
    } else if (s->kind == SUM_WORDS) {
        a->word += worth;
        a->word_coverage += s->coverage;
    } else if (worth > a->word) {
        a->word = worth;
        a->word_coverage = s->coverage;
    }
}

static void scan_term(struct scan *s, struct snapshot *snap, const struct way *w)
{
    size_t n;
    const struct segment *segments = snapshot_segments(snap, &n);
    for (size_t i = 0; i < n; i++) {
        uint32_t term = segment_find(&segments[i], w->term, w->n), doc;
        if (term == UINT32_MAX) continue;
        struct postings p = segment_postings(&segments[i], term);
        for (uint8_t impact; postings_next(&p, &doc, &impact);)
            if (doc < s->n_docs && bits_get(s->ok, doc)) add_posting(s, doc, impact);
    }
}

static void scan_ways(struct scan *s, struct snapshot *snap, const struct unit *u, const struct way *ways, size_t n,
                      enum way_kind kind)
{
    float all = 0;
    for (size_t i = 0; i < n; i++) all += ways[i].weight;
    s->kind = kind;
    for (size_t i = 0; i < n; i++) {
        float share = kind == BEST_WAY ? ways[i].weight : ways[i].weight / all;
        s->coverage = kind == BEST_WAY ? ways[i].coverage : share;
        saturate(s->worth, u->idf * share);
        scan_term(s, snap, &ways[i]);
    }
}

/* Adds a unit's best way to each document that it touched, and clears what the unit used. */
static void close_unit(struct lexical *x, const struct unit *u)
{
    for (uint32_t i = 0; i < x->n_unit_touched; i++) {
        uint32_t doc = x->unit_touched[i];
        struct accumulator *a = &x->acc[doc];
        float score = a->word, coverage = a->word_coverage;
        if (a->gram_coverage >= GRAM_COVERAGE && a->gram * GRAM_SHARE > score) {
            score = a->gram * GRAM_SHARE;
            coverage = a->gram_coverage;
        }
        if (score > 0) {
            if (a->score == 0) x->touched[x->n_touched++] = doc;
            a->score += score;
            a->coverage += u->idf * (coverage > 1 ? 1 : coverage);
        }
        a->word = a->word_coverage = a->gram = a->gram_coverage = 0;
    }
    x->n_unit_touched = 0;
}

static void clear(struct lexical *x)
{
    for (uint32_t i = 0; i < x->n_touched; i++) x->acc[x->touched[i]].score = x->acc[x->touched[i]].coverage = 0;
    x->n_touched = 0;
    x->scale = x->coverage_scale = 0;
}

const struct lexical_hit *lexical_search(struct lexical *x, struct snapshot *snap, const struct query_words *q,
                                         const uint64_t *ok, size_t *n)
{
    struct scan s = {.x = x, .ok = ok, .n_docs = snapshot_docs(snap)};
    float all = 0;
    clear(x);
    reserve(x, s.n_docs);
    for (size_t i = 0; i < q->n; i++) {
        const struct unit *u = &q->units[i];
        all += u->idf;
        scan_ways(&s, snap, u, u->ways, u->n_ways, u->is_run ? SUM_WORDS : BEST_WAY);
        scan_ways(&s, snap, u, u->grams, u->n_grams, SUM_GRAMS);
        close_unit(x, u);
    }
    x->scale = q->bound > 0 ? 1 / q->bound : 0;
    x->coverage_scale = all > 0 ? 1 / all : 0;
    xgrow(&x->hits, &x->cap_hits, x->n_touched, sizeof *x->hits);
    for (uint32_t i = 0; i < x->n_touched; i++) x->hits[i] = lexical_find(x, x->touched[i]);
    *n = x->n_touched;
    return x->hits;
}

struct lexical_hit lexical_find(const struct lexical *x, uint32_t doc)
{
    if (doc >= x->cap_acc || x->acc[doc].score == 0) return (struct lexical_hit){doc, 0, 0};
    return (struct lexical_hit){doc, x->acc[doc].score * x->scale, x->acc[doc].coverage * x->coverage_scale};
}
