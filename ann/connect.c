/* The heuristic keeps lists short, and now and then the last link that led to a document is dropped: about one in a thousand
 * could then never be found. After the insertions every document that cannot be reached on the ground from the entry point gets a
 * link from the nearest one that can. Taking that link's slot from another may cut that one off, so this is repeated; a few
 * rounds have always been enough. */
#include "ann/builder.h"

#include "ann/keys.h"
#include "ann/walk.h"
#include "base/bits.h"
#include "base/kernel.h"
#include "base/mem.h"

#include <stdlib.h>

enum { ROUNDS = 8, NEAR = 48 };

struct reach {
    const struct graph *g;
    uint64_t *seen;
    uint32_t *queue;
};

/* Marks what can be reached from id. */
static void spread(struct reach *r, uint32_t id)
{
    uint32_t head = 0, tail = 0;
    if (bits_get(r->seen, id)) return;
    bits_set(r->seen, id);
    r->queue[tail++] = id;
    while (head < tail) {
        const uint32_t *links = level_links(r->g, 0, r->queue[head++]);
        for (uint32_t i = 0; i < 2 * r->g->M && links[i] < r->g->n; i++)
            if (!bits_get(r->seen, links[i])) {
                bits_set(r->seen, links[i]);
                r->queue[tail++] = links[i];
            }
    }
}

/* The slot of x's list to give away: a free one, else the farthest link's. */
static uint32_t slot_of(const struct graph *g, uint32_t x, bool *is_free)
{
    const uint32_t *links = level_links(g, 0, x);
    uint32_t worst = 0;
    int32_t least = INT32_MAX;
    for (uint32_t i = 0; i < 2 * g->M; i++) {
        *is_free = links[i] == NONE;
        if (*is_free) return i;
        int32_t score = kernels()->dot_i8(graph_code(g, x), graph_code(g, links[i]), g->stride);
        if (score < least) {
            least = score;
            worst = i;
        }
    }
    return worst;
}

/* From the nearest that has a free slot, else from the nearest. The walk starts on the ground, at the entry point: what it meets
 * can be reached, and so does not link to id yet. */
static void adopt(struct builder *b, uint32_t entry, uint32_t id)
{
    const struct graph *g = &b->g;
    struct ann_scratch *s = b->scratch[0];
    struct walk w = {.g = g, .s = s, .q = graph_code(g, id), .ef = NEAR, .width = 4};
    walk_level(&w, entry);
    bool is_free;
    for (uint32_t i = 0; i < s->n_pool; i++) {
        uint32_t x = key_node(s->pool[i]), slot = slot_of(g, x, &is_free);
        if (!is_free) continue;
        level_links(g, 0, x)[slot] = id;
        return;
    }
    uint32_t x = key_node(s->pool[0]);
    level_links(g, 0, x)[slot_of(g, x, &is_free)] = id;
}

void connect_all(struct builder *b)
{
    uint32_t n = b->g.n, entry = b->g.upper[b->g.entry].id, lost = 1;
    struct reach r = {&b->g, xmalloc(bits_words(n) * 8), xmalloc((size_t)n * sizeof *r.queue)};
    for (int round = 0; round < ROUNDS && lost; round++) {
        memset(r.seen, 0, bits_words(n) * 8);
        spread(&r, entry);
        lost = 0;
        struct bits_iter it = bits_begin(b->have, n);
        for (uint32_t id; (id = bits_next(&it)) != UINT32_MAX;) {
            if (bits_get(r.seen, id)) continue;
            lost++;
            adopt(b, entry, id);
            spread(&r, id);
        }
    }
    free(r.seen);
    free(r.queue);
}
