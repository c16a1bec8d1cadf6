/* Private to ann/: walks over one level of a graph. Searching and building both stand on these two. */
#ifndef SOUK_ANN_WALK_H
#define SOUK_ANN_WALK_H

#include "ann/graph.h"
#include "ann/scratch.h"

#include <stdbool.h>
#include <stdint.h>

enum { MAX_WIDTH = 16, FLOOR_EF = 96 };

struct walk {
    const struct graph *g;
    struct ann_scratch *s;
    const int8_t *q; /* code of what is looked for, g->stride bytes */

    uint32_t level;
    uint32_t ef;    /* candidates kept */
    uint32_t width; /* nodes expanded at a time, at most MAX_WIDTH */

    /* what is worse than both is not followed, once FLOOR_EF candidates show the way */
    bool floored;
    int32_t floor; /* a score of codes */
    float share;   /* of the best one's score */

    /* under a filter; on the ground only */
    const uint64_t *ok;
    uint32_t want;   /* allowed candidates kept in s->found */
    uint32_t budget; /* nodes expanded before the walk gives up */
};

/* From the entry point down to `level` (at least 1), on each level as near as single steps lead. Returns the upper number. */
uint32_t walk_down(const struct graph *g, struct ann_scratch *s, const int8_t *q, uint32_t level);

/* The ef nearest nodes that a walk from `start` finds, best first, as keys in s->pool (s->n_pool of them). With a filter the
 * allowed ones are in s->found; false when the budget was spent before they were `want` and certain. */
bool walk_level(struct walk *w, uint32_t start);

#endif
