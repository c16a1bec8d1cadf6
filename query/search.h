/* Searching: the way from a request to a result.
 *
 *     struct searcher *s;                                            one a thread
 *     if ((rc = searcher_new(&s, ix, model, &e))) ...
 *     struct search_result r;
 *     if ((rc = search_begin(s, &request, &r, &e)) == 0) ...          r and what it points to are valid
 *     search_end(s);                                                  until here, on failure too
 *     searcher_free(s);
 *
 * The result set of a query is
 *
 *     filter AND (identifier hits OR lexical matches OR the SEARCH_K nearest by meaning above the floor)
 *
 * whatever the page; total, facets, statistics, sort and paging all walk exactly this set. An empty query browses: the set is
 * what the filter leaves, in order of popularity, then newest first.
 *
  * The lanes vote by what they can see. With cos the cosine of query and document, weak that of the query's weakest word, and lex the BM25F score divided by what the
 * query's words could have reached at most (words that no product has count with the highest idf),
 *
 *     score = (cos + v * weak + w * lex^3) / (1 + v + w)
 *
 * (see search.c): a lane that does not know the query's script has lex = 0 everywhere and no vote. Reciprocal
 * rank fusion was tried and loses, see bench/NOTES.md. An exact identifier scores 1 and is first. */
#ifndef SOUK_SEARCH_H
#define SOUK_SEARCH_H

#include "base/arena.h"
#include "embed/embed.h"
#include "indexer/snapshot.h"
#include "query/facets.h"
#include "query/lexical.h"
#include "query/request.h"

enum { SEARCH_K = 1000 };

struct search_hit {
    uint32_t doc;
    float score;     /* 0..1, comparable within one answer */
    float cosine;    /* NAN: not asked for, or no vector */
    float weakest;   /* the least cosine of one of the query's words, see meaning.h */
    float lexical;   /* 0..1: share of what the words could have reached */
    float coverage;  /* 0..1: share of the query's word weight that the document has */
    bool identifier; /* an exact identifier hit */
};

struct search_result {
    struct language language; /* that the query seems to be in */
    const char *identifier;   /* the query as a normalised identifier, when a product has it; else NULL */
    struct search_hit *hits;  /* this page */
    uint32_t n_hits, offset, total;
    const uint64_t *set;  /* the whole result set, bits 0 .. snapshot_docs - 1 */
    struct facet *facets; /* as asked for, in order */
    size_t n_facets;
    struct number_stats *stats; /* of number fields */
    size_t n_stats;
    float floor;    /* the cosine below which nothing was taken */
    float evidence; /* that the query means anything here, see calibrate.h */
    float *scores;  /* of request.score_ids, in order; -1: no such product */
    uint64_t lexical_us, semantic_us, total_us;
};

struct searcher;
int searcher_new(struct searcher **out, struct index *ix, const struct embedder *model, struct errmsg *e);
void searcher_free(struct searcher *s);

int search_begin(struct searcher *s, const struct search_request *q, struct search_result *r, struct errmsg *e);
void search_end(struct searcher *s);

/* Documents near a product, by meaning; the product itself is not among them. Also between _begin and search_end. */
int search_similar_begin(struct searcher *s, const char *id, size_t n, const struct search_request *q, struct search_result *r,
                         struct errmsg *e);

/* For answer.c: the snapshot that the result was read from, and the words of the query. */
struct snapshot *searcher_snapshot(struct searcher *s);
struct arena *searcher_arena(struct searcher *s);
const struct query_words *searcher_words(const struct searcher *s);
struct lexical *searcher_lexical(struct searcher *s);

#endif
