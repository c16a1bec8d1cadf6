/* Taking over the links of an older epoch. Kept documents (same number, same vector) get their old lists. Where a list led to
 * a document that is gone, the hole is mended as in FreshDiskANN (Singh et al., 2021, "Algorithm 4, Delete"): the neighbours of
 * the lost neighbour become candidates, and links are chosen from them and the survivors as at an insertion. Lists are read
 * from the old epoch and written to the new one, each by one thread: no locks. */
#include "ann/builder.h"

#include "ann/keys.h"
#include "base/bits.h"
#include "base/kernel.h"

enum { CANDIDATES = 512 };

struct list {
    uint32_t n, lost;
    uint64_t keys[CANDIDATES]; /* first node numbers alone, then scored */
};

/* The new number of the old epoch's node x on this level, or NONE if it is gone (or no longer so high). */
static uint32_t renumber(const struct builder *b, uint32_t level, uint32_t x)
{
    const struct graph *old = &b->prev->g;
    if (x >= level_nodes(old, level)) return NONE;
    uint32_t id = level_id(old, level, x);
    if (id >= b->g.n || !bits_get(b->kept, id)) return NONE;
    if (!level) return id;
    uint32_t u = levels_find(&b->g, id);
    return u != NONE && graph_level(&b->g, u) >= level ? u : NONE;
}

static void add_links(const struct builder *b, uint32_t level, uint32_t old, uint32_t self, struct list *l)
{
    const uint32_t *links = level_links(&b->prev->g, level, old);
    for (uint32_t i = 0; i < level_room(&b->g, level) && links[i] < level_nodes(&b->prev->g, level); i++) {
        uint32_t x = renumber(b, level, links[i]);
        if (x == NONE)
            l->lost++;
        else if (x != self && l->n < CANDIDATES)
            l->keys[l->n++] = x;
    }
}

static void score(const struct builder *b, uint32_t level, uint32_t self, struct list *l)
{
    uint32_t n = 0;
    keys_sort(l->keys, l->n);
    for (uint32_t i = 0; i < l->n; i++)
        if (!n || l->keys[n - 1] != l->keys[i]) l->keys[n++] = l->keys[i];
    l->n = n;
    const int8_t *code = level_code(&b->g, level, self);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t x = (uint32_t)l->keys[i];
        l->keys[i] = key_make(kernels()->dot_i8(code, level_code(&b->g, level, x), b->g.stride), x);
    }
    keys_sort(l->keys, n);
}

/* Node x of the new graph was node old. */
static void take_over(struct builder *b, uint32_t level, uint32_t x, uint32_t old)
{
    struct list l = {0};
    uint32_t *to = level_links(&b->g, level, x), room = level_room(&b->g, level);
    const uint32_t *links = level_links(&b->prev->g, level, old);
    add_links(b, level, old, x, &l);
    if (!l.lost) {
        for (uint32_t i = 0; i < l.n; i++) to[i] = (uint32_t)l.keys[i];
        return;
    }
    for (uint32_t i = 0; i < room && links[i] < level_nodes(&b->prev->g, level); i++)
        if (renumber(b, level, links[i]) == NONE && (!level || graph_level(&b->prev->g, links[i]) >= level))
            add_links(b, level, links[i], x, &l);
    score(b, level, x, &l);
    insert_choose(&b->g, level, l.keys, l.n, room, to);
}

static void take_over_chunk(void *arg, size_t word, unsigned worker)
{
    struct builder *b = arg;
    (void)worker;
    for (uint64_t bits = b->kept[word]; bits; bits &= bits - 1) {
        uint32_t id = (uint32_t)word * 64 + (uint32_t)__builtin_ctzll(bits);
        take_over(b, 0, id, id);
        uint32_t u = levels_find(&b->g, id), old = u == NONE ? NONE : levels_find(&b->prev->g, id);
        if (old == NONE) continue;
        for (uint32_t l = 1; l <= graph_level(&b->g, u) && l <= graph_level(&b->prev->g, old); l++) take_over(b, l, u, old);
    }
}

void merge_links(struct builder *b)
{
    if (b->prev) pool_for(b->pool, bits_words(b->g.n), take_over_chunk, b);
}
