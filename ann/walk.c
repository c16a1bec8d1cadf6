/* The walk of HNSW: "Algorithm 2, SEARCH-LAYER" of the paper, arranged for memory that answers late.
 *
 * The paper expands the best candidate, looks at its neighbours, and starts again. Every step then waits for one list of links
 * and for a handful of rows. Here the `width` best candidates are expanded together:
 *
 *     take     the best candidates whose links were not followed yet
 *     gather   their neighbours that were not seen yet (a bit for each node; clearing it costs 2 us per million)
 *     score    all of them in one kernel call, which prefetches 16 rows ahead
 *     keep     those better than the worst of a full pool: sort the few, merge them in one pass
 *
 * Measured with a prototype on a million vectors, width 3-4 answers 1.55 times as many queries as width 1, with the same or better
 * recall, since a node expanded early would nearly always have been expanded later. The pool is one sorted array: at ef 64 it is 8 cache
 * lines, and no heap is faster.
 *
 * Filters: links of all nodes are followed, allowed ones are also kept in a second pool, and the walk ends when the best
 * candidate left is worse than the worst of the allowed (the pool of allowed ones being full). */
#include "ann/walk.h"

#include "ann/keys.h"
#include "base/bits.h"
#include "base/kernel.h"

#include <string.h>

static inline void prefetch_links(const struct graph *g, uint32_t level, uint32_t x)
{
    const char *p = (const char *)level_links(g, level, x);
    for (uint32_t i = 0; i < level_room(g, level) * 4; i += 64) __builtin_prefetch(p + i);
}

/* ---- down the upper levels ---- */

static uint32_t copy_links(const struct graph *g, uint32_t level, uint32_t x, uint32_t *to)
{
    const uint32_t *links = level_links(g, level, x);
    uint32_t n = 0, nodes = level_nodes(g, level), room = level_room(g, level), id = level_id(g, level, x);
    node_lock(g, id);
    while (n < room && links[n] < nodes) to[n] = links[n], n++;
    node_unlock(g, id);
    return n;
}

/* One step: the best of x's neighbours if it is better than *best, else x itself. */
static uint32_t nearer(const struct graph *g, struct ann_scratch *s, const int8_t *q, uint32_t level, uint32_t x, int32_t *best)
{
    uint32_t n = copy_links(g, level, x, s->nodes), to = x;
    for (uint32_t i = 0; i < n; i++) s->rows[i] = level_code(g, level, s->nodes[i]);
    kernels()->dot_i8_rows(q, s->rows, n, g->stride, s->scores);
    for (uint32_t i = 0; i < n; i++)
        if (s->scores[i] > *best && graph_level(g, s->nodes[i]) >= level) {
            *best = s->scores[i];
            to = s->nodes[i];
        }
    return to;
}

uint32_t walk_down(const struct graph *g, struct ann_scratch *s, const int8_t *q, uint32_t level)
{
    scratch_room(s, 1, g->M, 0);
    uint32_t x = g->entry;
    int32_t best = kernels()->dot_i8(q, level_code(g, 1, x), g->stride);
    for (uint32_t l = graph_level(g, x); l >= level; l--)
        for (uint32_t from = NONE; from != x;) {
            from = x;
            x = nearer(g, s, q, l, x, &best);
        }
    return x;
}

/* ---- along one level ---- */

static void begin(struct walk *w, uint32_t start)
{
    struct ann_scratch *s = w->s;
    uint32_t nodes = level_nodes(w->g, w->level);
    scratch_room(s, w->ef, w->width * level_room(w->g, w->level) + 1, w->ok ? w->want : 0);
    scratch_seen(s, bits_words(nodes));
    int32_t score = kernels()->dot_i8(w->q, level_code(w->g, w->level, start), w->g->stride);
    s->pool[0] = key_make(score, start);
    s->n_pool = 1;
    s->n_found = 0;
    if (w->ok && bits_get(w->ok, start)) s->found[s->n_found++] = s->pool[0];
    bits_set(s->seen, start);
}

/* The least key that is worth expanding. */
static inline uint64_t worthwhile(const struct walk *w)
{
    const struct ann_scratch *s = w->s;
    uint64_t least = w->ok && s->n_found == w->want ? s->found[w->want - 1] : 0;
    if (!w->floored || s->n_pool < FLOOR_EF) return least;
    int32_t share = (int32_t)((float)key_score(s->pool[0]) * w->share);
    uint64_t floor = key_make(share > w->floor ? share : w->floor, 0);
    return floor > least ? floor : least;
}

/* Marks the next candidates as expanded and lists them in s->nodes; *at moves behind the last. Returns how many. */
static inline uint32_t take(struct walk *w, uint64_t least, uint32_t *at, uint32_t nodes[MAX_WIDTH])
{
    struct ann_scratch *s = w->s;
    uint32_t i = *at, n = 0;
    for (; i < s->n_pool && n < w->width && s->pool[i] >= least; i++) {
        if (s->pool[i] & KEY_EXPANDED) continue;
        nodes[n++] = key_node(s->pool[i]);
        s->pool[i] |= KEY_EXPANDED;
    }
    *at = i;
    return n;
}

static inline uint32_t gather(struct walk *w, uint32_t level, const uint32_t *nodes, uint32_t n)
{
    const struct graph *g = w->g;
    uint32_t *out = w->s->nodes, m = 0, limit = level_nodes(g, level), room = level_room(g, level);
    uint64_t *seen = w->s->seen;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t *links = level_links(g, level, nodes[i]);
        node_lock(g, level_id(g, level, nodes[i]));
        for (uint32_t j = 0; j < room && links[j] < limit; j++) {
            uint32_t x = links[j];
            uint64_t word = seen[x >> 6], bit = 1ull << (x & 63);
            out[m] = x; /* overwritten by the next one if this was seen: no branch to mispredict */
            m += !(word & bit);
            seen[x >> 6] = word | bit;
        }
        node_unlock(g, level_id(g, level, nodes[i]));
    }
    return m;
}

static inline void score(struct walk *w, uint32_t level, uint32_t m)
{
    struct ann_scratch *s = w->s;
    for (uint32_t i = 0; i < m; i++) s->rows[i] = level_code(w->g, level, s->nodes[i]);
    kernels()->dot_i8_rows(w->q, s->rows, m, w->g->stride, s->scores);
}

/* Merges what is good enough of the m scored nodes into a pool: at least `least`, and better than the worst of a full pool.
 * Returns the position of the best, *n when there is none. */
static inline uint32_t keep(struct ann_scratch *s, uint32_t m, uint64_t least, uint64_t *pool, uint32_t *n, uint32_t cap,
                            const uint64_t *ok)
{
    if (*n == cap && pool[cap - 1] > least) least = pool[cap - 1] & ~(uint64_t)UINT32_MAX;
    uint32_t good = 0;
    for (uint32_t i = 0; i < m; i++) {
        uint64_t key = key_make(s->scores[i], s->nodes[i]);
        s->fresh[good] = key;
        good += key > least && (!ok || bits_get(ok, s->nodes[i]));
    }
    if (!good) return *n;
    keys_sort(s->fresh, good);
    return keys_merge(pool, n, cap, s->fresh, good);
}

static inline __attribute__((always_inline)) bool walk_on(struct walk *w, uint32_t level)
{
    struct ann_scratch *s = w->s;
    uint32_t nodes[MAX_WIDTH], at = 0, n, spent = 0;
    for (uint64_t least; least = worthwhile(w), (n = take(w, least, &at, nodes)) != 0;) {
        uint32_t m = gather(w, level, nodes, n);
        for (uint32_t i = at; i < s->n_pool && i < at + w->width; i++) prefetch_links(w->g, level, key_node(s->pool[i]));
        score(w, level, m);
        uint32_t best = keep(s, m, least, s->pool, &s->n_pool, w->ef, NULL);
        if (best < at) at = best;
        if (!w->ok) continue;
        keep(s, m, 0, s->found, &s->n_found, w->want, w->ok);
        if ((spent += n) > w->budget) return false;
    }
    return !w->ok || s->n_found == w->want || w->floored;
}

bool walk_level(struct walk *w, uint32_t start)
{
    begin(w, start);
    return w->level ? walk_on(w, w->level) : walk_on(w, 0);
}
