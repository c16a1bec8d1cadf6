/* Sorting and paging over a result set. */
#ifndef SOUK_ORDER_H
#define SOUK_ORDER_H

#include "base/arena.h"
#include "indexer/snapshot.h"
#include "query/request.h"

/* The score of a document of the set, for ties and for relevance. */
typedef float (*order_score)(void *arg, uint32_t doc);

/* Puts the documents at places offset .. offset + limit - 1 of the set, in order, into docs (room for limit); returns how many.
 * Without sort keys the order is by score, highest first. Products without a value come last in either direction; what is
 * equal is in order of score, then newest first. Memory is that of offset + limit documents. */
int order_page(struct snapshot *s, const uint64_t *set, const struct sort_key *sorts, size_t n_sorts, order_score score,
               void *arg, uint32_t offset, uint32_t limit, struct arena *a, uint32_t *docs, uint32_t *n, struct errmsg *e);

#endif
