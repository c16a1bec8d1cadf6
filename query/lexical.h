/* The lexical lane: the words of a query -> documents with BM25F scores.
 *
 * A query is cut into units, each of which can be found in several ways; a document's score for a unit is that of its best way:
 *
 *   a word        as typed; by the stem that each language of the catalogue would give it (so a plural is found
 *                 whatever language it is); and, when the catalogue has none of these, by words that share most of their
 *                 three-letter grams with it, weighted by how many
 *   a run without spaces (Chinese, Japanese, Thai ...)
 *                 by its dictionary words, or by its bigrams, when enough of them are there
 *
 * Term weights are BM25's (Robertson and Walker 1994, k1 = 1.2) over the impacts of terms.h; the idf of a unit is that of all
 * documents that have the word or its stems. `share` is score divided by the most that the query could reach: units that the
 * catalogue does not know count there with the highest idf, so a lane that sees half of the query cannot shout. `coverage` is
 * the part of the query's idf that a document has; from MATCH_COVERAGE on it is a lexical match, a member of the result set. */
#ifndef SOUK_LEXICAL_H
#define SOUK_LEXICAL_H

#include "base/arena.h"
#include "indexer/snapshot.h"
#include "lang/lang.h"

#define MATCH_COVERAGE 0.5f

enum { UNITS_MAX = 32, WAYS_MAX = 24 };

/* One term that a unit can be found by. */
struct way {
    const char *term; /* kind byte and text */
    uint32_t n;
    float weight;   /* 0..1: of its score */
    float coverage; /* 0..1: how much of the unit a document has that has this */
};

struct unit {
    struct way *ways;
    size_t n_ways;
    struct way *grams; /* of a run: its bigrams; their scores are added up, as those of its words are */
    size_t n_grams;
    bool is_run;
    float idf; /* 0 until looked up */
    bool known;
};

/* The words of a query, in an arena: made once, used for scoring and for highlighting. */
struct query_words {
    struct unit units[UNITS_MAX];
    size_t n;
    float bound; /* the score of a document that has all of it */
};

struct lexical_hit {
    uint32_t doc;
    float share, coverage;
};

struct lexical; /* scratch of one thread */
struct lexical *lexical_new(void);
void lexical_free(struct lexical *x);

/* Cuts q into units and finds the ways that the catalogue knows. */
void lexical_words(struct lexical *x, struct snapshot *s, const char *q, size_t n, struct arena *a, struct query_words *out);

/* Every document whose bit is set in ok and that has some of the words, in order of number. The array is the scratch's, valid
 * until the next call. Hits of before can be looked up by lexical_find. */
const struct lexical_hit *lexical_search(struct lexical *x, struct snapshot *s, const struct query_words *q, const uint64_t *ok,
                                         size_t *n);
struct lexical_hit lexical_find(const struct lexical *x, uint32_t doc); /* zeros when it is none */

/* The byte ranges of text that the query's words cover, in order, for highlighting; at most max. */
struct span {
    uint32_t from, to;
};
size_t lexical_spans(struct lexical *x, const struct query_words *q, const char *text, size_t n, struct span *out, size_t max);

#endif
