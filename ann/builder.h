/* Private to ann/: a build on its way. The phases, in order:
 *
 *     build.c     learn the scale, write vectors, make codes, write everything at the end
 *     levels.c    lay out the graph: who is on which level
 *     merge.c     take over the links of an older epoch
 *     insert.c    insert the rest, on all threads
 *     connect.c   see to it that every document can be reached */
#ifndef SOUK_ANN_BUILDER_H
#define SOUK_ANN_BUILDER_H

#include "ann/ann.h"
#include "ann/epoch.h"
#include "ann/graph.h"
#include "ann/sink.h"
#include "base/pool.h"

#include <pthread.h>
#include <stdatomic.h>

struct builder {
    /* asked for */
    struct ann_params p;
    ann_source source;
    void *arg;
    const struct ann *prev;
    bool (*progress)(void *, uint32_t, uint32_t);
    void *progress_arg;

    /* made */
    struct graph g;
    float clip;
    uint64_t *have; /* documents with a vector */
    uint64_t *kept; /* of these, the ones whose links prev has */
    uint32_t n_have;

    /* memory behind g, in one piece each */
    int8_t *codes;
    uint32_t *links;

    /* threads */
    struct pool *pool;
    struct ann_scratch **scratch; /* by worker */
    pthread_mutex_t lock;         /* of progress */
    uint32_t done;
    atomic_bool stop;

    struct sink w;
};

void levels_layout(struct builder *b);
uint32_t levels_find(const struct graph *g, uint32_t id);             /* its upper number, or NONE */
uint32_t levels_best(const struct builder *b, const uint64_t *among); /* the first on the highest level, or NONE */

void merge_links(struct builder *b);

void insert_all(struct builder *b);
/* Picks at most `room` of the sorted candidates as links; see insert.c. */
uint32_t insert_choose(const struct graph *g, uint32_t level, const uint64_t *from, uint32_t n, uint32_t room, uint32_t *links);

void connect_all(struct builder *b);

#endif
