/* Counts by value and statistics, over a set of documents. */
#ifndef SOUK_FACETS_H
#define SOUK_FACETS_H

#include "base/arena.h"
#include "indexer/snapshot.h"
#include "query/request.h"

enum { FACET_VALUES = 100 }; /* values shown of a facet: the most frequent */

struct facet_value {
    const char *text; /* in the arena */
    uint32_t n, count;
};
struct facet {
    const char *field;
    struct facet_value *values; /* most frequent first, then by text */
    size_t n;
};
struct number_stats {
    const char *field;
    double min, max;
    uint32_t count;
};

/* One facet a name; a field that no product has gives no values. Number fields (price) give statistics instead; price always. */
int facets_compute(struct snapshot *s, const struct names *names, const uint64_t *set, struct arena *a, struct facet **facets,
                   size_t *n_facets, struct number_stats **stats, size_t *n_stats);

#endif
