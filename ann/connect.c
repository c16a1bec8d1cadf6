/* The heuristic keeps lists short, and now and then the last link that led to a document is dropped: about one in a thousand
 * could then never be found, and of many copies of one product, most.
 *
 * After the insertions a breadth-first search on the ground makes a tree of all that the entry point reaches. Each document
 * outside gets a link from the nearest inside that has a slot to give: a free one, or its farthest link that is no branch of
 * the tree. So nothing reached is ever cut off, and one pass is enough. There is always a slot: n documents have 2M * n
 * slots, the tree has n - 1 branches. */
#include "ann/builder.h"

#include "ann/keys.h"
#include "ann/walk.h"
#include "base/bits.h"
#include "base/kernel.h"
#include "base/mem.h"

#include <stdlib.h>

enum { NEAR = 48 };

struct tree {
    const struct graph *g;
    uint32_t *parent; /* (n): NONE outside the tree */
    uint32_t *queue;  /* what is in the tree, in the order of coming */
    uint32_t tail;
};

/* Adds id, and all that it leads to. */
static void spread(struct tree *t, uint32_t id, uint32_t parent)
{
    uint32_t head = t->tail;
    t->parent[id] = parent;
    t->queue[t->tail++] = id;
    while (head < t->tail) {
        uint32_t x = t->queue[head++];
        const uint32_t *links = level_links(t->g, 0, x);
        for (uint32_t i = 0; i < 2 * t->g->M && links[i] < t->g->n; i++)
            if (t->parent[links[i]] == NONE) {
                t->parent[links[i]] = x;
                t->queue[t->tail++] = links[i];
            }
    }
}

/* The slot that x can give away, or NONE. */
static uint32_t slot_of(const struct tree *t, uint32_t x)
{
    const struct graph *g = t->g;
    const uint32_t *links = level_links(g, 0, x);
    uint32_t worst = NONE;
    int32_t least = INT32_MAX;
    for (uint32_t i = 0; i < 2 * g->M; i++) {
        if (links[i] == NONE) return i;
        if (t->parent[links[i]] == x) continue;
        int32_t score = kernels()->dot_i8(graph_code(g, x), graph_code(g, links[i]), g->stride);
        if (score < least) {
            least = score;
            worst = i;
        }
    }
    return worst;
}

static bool link_from(struct tree *t, uint32_t x, uint32_t id)
{
    uint32_t slot = slot_of(t, x);
    if (slot == NONE) return false;
    level_links(t->g, 0, x)[slot] = id;
    spread(t, id, x);
    return true;
}

/* The walk starts on the ground, at the entry point, so that it meets only what is in the tree. */
static void adopt(struct tree *t, struct ann_scratch *s, uint32_t id)
{
    struct walk w = {.g = t->g, .s = s, .q = graph_code(t->g, id), .ef = NEAR, .width = 4};
    walk_level(&w, t->queue[0]);
    for (uint32_t i = 0; i < s->n_pool; i++)
        if (link_from(t, key_node(s->pool[i]), id)) return;
    for (uint32_t i = t->tail; i-- > 0;) /* late comers have few branches */
        if (link_from(t, t->queue[i], id)) return;
}

void connect_all(struct builder *b)
{
    size_t bytes = (size_t)b->g.n * sizeof(uint32_t);
    struct tree t = {.g = &b->g, .parent = xmalloc(bytes), .queue = xmalloc(bytes)};
    uint32_t entry = b->g.upper[b->g.entry].id;
    memset(t.parent, 0xFF, bytes);
    spread(&t, entry, entry);
    struct bits_iter it = bits_begin(b->have, b->g.n);
    for (uint32_t id; (id = bits_next(&it)) != UINT32_MAX;)
        if (t.parent[id] == NONE) adopt(&t, b->scratch[0], id);
    free(t.parent);
    free(t.queue);
}
