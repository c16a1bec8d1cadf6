/* Cutting a query into units and finding what the catalogue knows of each. */
#include "base/mem.h"
#include "indexer/terms.h"
#include "query/lexical_state.h"

#include <string.h>

enum { ALIKE_MAX = 8, GRAMS_MAX = 64, ALIKE_MIN_LETTERS = 4 };
#define STEM_WEIGHT 0.95f /* just below the form that was typed; the catalogue's own stems count less already */
#define ALIKE_MIN   0.5f  /* Dice coefficient of three-letter grams: below it, words only look alike by chance */

static uint64_t document_frequency(struct snapshot *s, const char *term, size_t n)
{
    size_t n_segments;
    uint64_t df = 0;
    const struct segment *segments = snapshot_segments(s, &n_segments);
    for (size_t i = 0; i < n_segments; i++) {
        uint32_t t = segment_find(&segments[i], term, n);
        if (t != UINT32_MAX) df += segment_postings(&segments[i], t).left;
    }
    return df;
}

static const char *term_of(char kind, const char *s, size_t n, struct arena *a)
{
    char *t = arena_alloc(a, n + 1);
    t[0] = kind;
    memcpy(t + 1, s, n);
    return t;
}

/* Adds a way if the catalogue knows the term; returns its document frequency. */
static uint64_t add_way(struct way *ways, size_t *n_ways, struct snapshot *s, const char *term, size_t n, float weight,
                        float coverage)
{
    for (size_t i = 0; i < *n_ways; i++)
        if (ways[i].n == n && !memcmp(ways[i].term, term, n)) return 0;
    uint64_t df = *n_ways < WAYS_MAX ? document_frequency(s, term, n) : 0;
    if (df) ways[(*n_ways)++] = (struct way){term, (uint32_t)n, weight, coverage};
    return df;
}

/* ---- words that look like an unknown one ---- */

struct alike {
    const char *term;
    uint32_t n;
    float dice;
};

static void keep_best(struct alike *best, size_t *n, struct alike c)
{
    size_t i = *n < ALIKE_MAX ? (*n)++ : ALIKE_MAX;
    for (; i > 0 && best[i - 1].dice < c.dice; i--)
        if (i < ALIKE_MAX) best[i] = best[i - 1];
    if (i < ALIKE_MAX) best[i] = c;
}

static void alike_in_segment(struct lexical *x, const struct segment *seg, const uint32_t *grams, size_t n_grams,
                             struct alike *best, size_t *n_best, struct arena *a)
{
    size_t had = x->cap_counts, n_seen = 0;
    uint32_t term;
    xgrow(&x->counts, &x->cap_counts, seg->n_terms, 1);
    if (x->cap_counts > had) memset(x->counts + had, 0, x->cap_counts - had);
    for (size_t g = 0; g < n_grams; g++) {
        struct postings p = segment_gram(seg, grams[g]);
        while (gram_next(&p, &term)) {
            if (term >= seg->n_terms) break;
            if (!x->counts[term]++) {
                xgrow(&x->seen, &x->cap_seen, n_seen + 1, sizeof *x->seen);
                x->seen[n_seen++] = term;
            }
        }
    }
    for (size_t i = 0; i < n_seen; i++) {
        size_t n;
        const char *t = segment_term(seg, x->seen[i], &n);
        uint32_t theirs[GRAMS_MAX];
        unsigned common = x->counts[x->seen[i]];
        x->counts[x->seen[i]] = 0;
        if (common * 2 < n_grams * ALIKE_MIN || n < 2) continue;
        float dice = 2 * (float)common / (float)(n_grams + word_grams(t + 1, n - 1, theirs, GRAMS_MAX));
        if (dice >= ALIKE_MIN && (*n_best < ALIKE_MAX || dice > best[ALIKE_MAX - 1].dice))
            keep_best(best, n_best, (struct alike){arena_dup(a, t, n), (uint32_t)n, dice});
    }
}

static void add_alike(struct lexical *x, struct snapshot *s, struct unit *u, const struct word *w, struct arena *a)
{
    struct alike best[ALIKE_MAX];
    uint32_t grams[GRAMS_MAX];
    size_t n = 0, n_segments, n_grams = word_grams(w->text, w->n, grams, GRAMS_MAX);
    const struct segment *segments = snapshot_segments(s, &n_segments);
    if (n_grams < ALIKE_MIN_LETTERS || w->flags & WORD_NUMBER) return;
    for (size_t i = 0; i < n_segments; i++) alike_in_segment(x, &segments[i], grams, n_grams, best, &n, a);
    for (size_t i = 0; i < n; i++)
        add_way(u->ways, &u->n_ways, s, best[i].term, best[i].n, best[i].dice * best[i].dice, best[i].dice);
}

/* ---- units ---- */

static void word_unit(struct lexical *x, struct snapshot *s, struct unit *u, const struct word *w, struct arena *a)
{
    uint32_t languages = snapshot_manifest(s)->languages, n_docs = snapshot_manifest(s)->n_live;
    u->ways = ARENA_NEW(a, struct way, WAYS_MAX);
    uint64_t df = add_way(u->ways, &u->n_ways, s, term_of('w', w->text, w->n, a), w->n + 1, 1, 1);
    for (int i = 0; i < stem_languages() && !(w->flags & WORD_NUMBER); i++) {
        size_t n;
        if (!(languages >> i & 1)) continue;
        const char *t = stem(x->stemmers, i, w->text, w->n, &n);
        if (n >= 2 && n <= WORD_MAX) df += add_way(u->ways, &u->n_ways, s, term_of('w', t, n, a), n + 1, STEM_WEIGHT, 1);
    }
    u->known = df > 0;
    u->idf = lexical_idf(n_docs, df);
    if (!u->known) add_alike(x, s, u, w, a);
}

/* The words and bigrams w[0 .. n) of one run. A word that the catalogue does not have stays in the sum that coverage is
 * measured against. */
static void run_unit(struct snapshot *s, struct unit *u, const struct word *w, size_t n, struct arena *a)
{
    uint32_t n_docs = snapshot_manifest(s)->n_live;
    float words = 0;
    u->is_run = true;
    u->ways = ARENA_NEW(a, struct way, n);
    u->grams = ARENA_NEW(a, struct way, n);
    for (size_t i = 0; i < n; i++) {
        bool gram = w[i].flags & WORD_GRAM;
        const char *term = term_of(gram ? 'g' : 'w', w[i].text, w[i].n, a);
        uint64_t df = document_frequency(s, term, w[i].n + 1);
        float idf = lexical_idf(n_docs, df);
        struct way way = {term, w[i].n + 1, idf, 0};
        if (gram)
            u->grams[u->n_grams++] = way;
        else
            u->ways[u->n_ways++] = way, words += idf, u->known |= df > 0;
    }
    /* A long run is several words: it weighs as much as they would, up to three of them. */
    float most = 3 * lexical_idf(n_docs, 0);
    u->idf = words > most ? most : words;
}

static size_t run_length(const struct word *w, size_t n)
{
    size_t k = 1;
    while (k < n && w[k].run == w[0].run) k++;
    return k;
}

void lexical_words(struct lexical *x, struct snapshot *s, const char *q, size_t n, struct arena *a, struct query_words *out)
{
    size_t n_words = words_split(x->words, q, n), k;
    *out = (struct query_words){0};
    for (size_t i = 0; i < n_words && out->n < UNITS_MAX; i += k) {
        const struct word *w = &x->words->list[i];
        struct unit *u = &out->units[out->n++];
        k = run_length(w, n_words - i);
        if (w->flags & (WORD_DENSE | WORD_GRAM))
            run_unit(s, u, w, k, a);
        else
            word_unit(x, s, u, w, a);
        out->bound += u->idf * 2.2f;
    }
}

/* ---- highlighting ---- */

static bool has_way(const struct query_words *q, char kind, const char *s, size_t n)
{
    for (size_t i = 0; i < q->n; i++) {
        const struct unit *u = &q->units[i];
        for (size_t k = 0; k < u->n_ways; k++)
            if (u->ways[k].n == n + 1 && u->ways[k].term[0] == kind && !memcmp(u->ways[k].term + 1, s, n)) return true;
    }
    return false;
}

/* Does the word, or a stem of it in any language, stand among the ways of the query? */
static bool is_hit(struct lexical *x, const struct query_words *q, const struct word *w)
{
    if (w->flags & WORD_GRAM) return false;
    if (has_way(q, 'w', w->text, w->n)) return true;
    for (int i = 0; i < stem_languages() && !(w->flags & (WORD_DENSE | WORD_NUMBER)); i++) {
        size_t n;
        const char *t = stem(x->stemmers, i, w->text, w->n, &n);
        if (n >= 3 && n < w->n && has_way(q, 'w', t, n)) return true;
    }
    return false;
}

size_t lexical_spans(struct lexical *x, const struct query_words *q, const char *text, size_t n, struct span *out, size_t max)
{
    size_t n_words = words_split(x->words, text, n), k = 0;
    for (size_t i = 0; i < n_words && k < max; i++) {
        const struct word *w = &x->words->list[i];
        if (is_hit(x, q, w)) out[k++] = (struct span){w->from, w->to};
    }
    return k;
}
