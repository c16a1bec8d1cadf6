/* Private to ann/: the graph as walks and insertions see it, in RAM while it is built, in the map afterwards.
 *
 * Codes and ground links lie in segments of 65,536 rows, one LMDB value each: row = base[id >> 16] + (id & 65535) * stride.
 * A list of links has a fixed room; unused slots at its end hold NONE. Readers stop at the first number that is not a node, so
 * the end mark is also the range check: a damaged link can mislead a walk but cannot lead it out of memory.
 *
 * Nodes of the upper levels have a second, dense numbering, the upper number: upper[u] says which document it is and where its
 * lists begin (level 1 first). Links above the ground hold upper numbers, so nothing is looked up on the way down. */
#ifndef SOUK_ANN_GRAPH_H
#define SOUK_ANN_GRAPH_H

#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define NONE UINT32_MAX
enum { SEGMENT_SHIFT = 16, SEGMENT_ROWS = 1 << SEGMENT_SHIFT, MAX_LEVEL = 15 };

struct upper {
    uint32_t id;    /* document */
    uint32_t first; /* row of its level 1 list; its top level is next.first - first */
};

struct graph {
    uint32_t n;      /* documents, holes included */
    uint32_t stride; /* bytes of a code row: dim rounded up to 64, zeros behind */
    uint32_t M;
    uint32_t n_upper;
    uint32_t entry; /* upper number where walks begin; NONE: there is no graph */

    int8_t **code;          /* by segment */
    uint32_t **link;        /* by segment; rows of 2M */
    struct upper *upper;    /* n_upper + 1: the last one only ends the one before */
    uint32_t *upper_link;   /* rows of M */
    _Atomic uint8_t *locks; /* a byte for each document while several threads build; else NULL */
};

static inline uint32_t segments(uint32_t n, unsigned shift)
{
    return (uint32_t)(((uint64_t)n + (1u << shift) - 1) >> shift);
}
static inline int8_t *graph_code(const struct graph *g, uint32_t id)
{
    return g->code[id >> SEGMENT_SHIFT] + (size_t)(id & (SEGMENT_ROWS - 1)) * g->stride;
}
static inline uint32_t graph_level(const struct graph *g, uint32_t u)
{
    return g->upper[u + 1].first - g->upper[u].first;
}

/* ---- one level: node x is a document on the ground (level 0), an upper number above ---- */

static inline uint32_t level_nodes(const struct graph *g, uint32_t level)
{
    return level ? g->n_upper : g->n;
}
static inline uint32_t level_room(const struct graph *g, uint32_t level)
{
    return level ? g->M : 2 * g->M;
}
static inline uint32_t level_id(const struct graph *g, uint32_t level, uint32_t x)
{
    return level ? g->upper[x].id : x;
}
static inline uint32_t *level_links(const struct graph *g, uint32_t level, uint32_t x)
{
    if (level) return g->upper_link + (size_t)(g->upper[x].first + level - 1) * g->M;
    return g->link[x >> SEGMENT_SHIFT] + (size_t)(x & (SEGMENT_ROWS - 1)) * 2 * g->M;
}
static inline const int8_t *level_code(const struct graph *g, uint32_t level, uint32_t x)
{
    return graph_code(g, level_id(g, level, x));
}

/* ---- a lock for each node, held for the time of reading or writing one list ---- */

static inline void node_lock(const struct graph *g, uint32_t id)
{
    if (!g->locks) return;
    while (atomic_exchange_explicit(&g->locks[id], 1, memory_order_acquire))
        while (atomic_load_explicit(&g->locks[id], memory_order_relaxed)) {
        }
}
static inline void node_unlock(const struct graph *g, uint32_t id)
{
    if (g->locks) atomic_store_explicit(&g->locks[id], 0, memory_order_release);
}

#endif
