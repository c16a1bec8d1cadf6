/* Who is on which level. The paper draws floor(-ln(u) / ln(M)) when a document is inserted; here u is a hash of seed and
 * document, so that the draw depends neither on order nor on threads, the whole layout is known before the first insertion,
 * and a merge finds every kept document on its old level. */
#include "ann/builder.h"

#include "base/bits.h"
#include "base/mem.h"

#include <math.h>

/* splitmix64's finisher: every bit of x moves every bit of the result. */
static uint64_t scramble(uint64_t x)
{
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

static uint32_t level_of(const struct builder *b, uint32_t id)
{
    uint64_t h = scramble(b->p.seed ^ (id + 1) * 0x9E3779B97F4A7C15u);
    double u = ((double)(h >> 11) + 1) * 0x1p-53; /* in (0, 1] */
    double level = -log(u) / log(b->p.M);
    return level < MAX_LEVEL ? (uint32_t)level : MAX_LEVEL;
}

/* The first document is always on level 1, so that no graph is without an upper level. */
void levels_layout(struct builder *b)
{
    struct graph *g = &b->g;
    size_t cap = 0;
    uint32_t rows = 0;
    struct bits_iter it = bits_begin(b->have, g->n);
    for (uint32_t id; (id = bits_next(&it)) != UINT32_MAX;) {
        uint32_t level = level_of(b, id);
        if (!level && g->n_upper) continue;
        xgrow(&g->upper, &cap, (size_t)g->n_upper + 2, sizeof *g->upper);
        g->upper[g->n_upper++] = (struct upper){id, rows};
        rows += level ? level : 1;
    }
    g->upper[g->n_upper] = (struct upper){NONE, rows};
    size_t bytes = (size_t)rows * g->M * sizeof *g->upper_link;
    g->upper_link = xmalloc(bytes);
    memset(g->upper_link, 0xFF, bytes);
}

uint32_t levels_find(const struct graph *g, uint32_t id)
{
    uint32_t lo = 0, n = g->n_upper;
    while (n) {
        uint32_t half = n / 2;
        if (g->upper[lo + half].id < id) {
            lo += half + 1;
            n -= half + 1;
        } else
            n = half;
    }
    return lo < g->n_upper && g->upper[lo].id == id ? lo : NONE;
}

uint32_t levels_best(const struct builder *b, const uint64_t *among)
{
    uint32_t best = NONE, level = 0;
    for (uint32_t u = 0; u < b->g.n_upper; u++)
        if (bits_get(among, b->g.upper[u].id) && graph_level(&b->g, u) > level) {
            best = u;
            level = graph_level(&b->g, u);
        }
    return best;
}
