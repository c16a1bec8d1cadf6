/* Looking for damage, and measuring recall. */
#include "ann/ann.h"

#include "ann/epoch.h"
#include "base/bits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <xxhash.h>

static int bad(const struct ann *a, struct errmsg *e, const char *what, uint32_t number)
{
    return errmsg_set(e, ERR_FORMAT, "%s is damaged: %s %u; build the index again", a->path, what, number);
}

/* ---- records ---- */

static int check_sum(const struct ann *a, const void *rows, const char *what, uint32_t number, struct errmsg *e)
{
    const struct record *r = (const struct record *)rows - 1;
    return r->xxh3 == XXH3_64bits(rows, (size_t)r->rows * r->row_bytes) ? 0 : bad(a, e, what, number);
}

static int check_sums(const struct ann *a, struct errmsg *e)
{
    int rc = check_sum(a, a->have, "wrong checksum of the bit set", 0, e);
    for (uint32_t s = 0; !rc && s < segments(a->g.n, VECTOR_SHIFT); s++)
        rc = check_sum(a, a->vector[s], "wrong checksum of vectors, segment", s, e);
    for (uint32_t s = 0; !rc && s < segments(a->g.n, SEGMENT_SHIFT); s++) {
        rc = check_sum(a, a->g.code[s], "wrong checksum of codes, segment", s, e);
        if (!rc && a->g.entry != NONE) rc = check_sum(a, a->g.link[s], "wrong checksum of links, segment", s, e);
    }
    if (rc || a->g.entry == NONE) return rc;
    rc = check_sum(a, a->g.upper, "wrong checksum of upper levels", 0, e);
    return rc ? rc : check_sum(a, a->g.upper_link, "wrong checksum of upper links", 0, e);
}

/* ---- links ---- */

/* A list holds nodes of its level that are there, none twice, not the node itself, and then only NONE. */
static bool list_ok(const struct ann *a, uint32_t level, uint32_t x)
{
    const struct graph *g = &a->g;
    const uint32_t *links = level_links(g, level, x);
    uint32_t n = 0, room = level_room(g, level);
    for (; n < room && links[n] != NONE; n++) {
        if (links[n] >= level_nodes(g, level) || links[n] == x || !ann_has(a, level_id(g, level, links[n]))) return false;
        if (level && graph_level(g, links[n]) < level) return false;
        for (uint32_t i = 0; i < n; i++)
            if (links[i] == links[n]) return false;
    }
    for (; n < room; n++)
        if (links[n] != NONE) return false;
    return true;
}

static int check_links(const struct ann *a, struct errmsg *e)
{
    const struct graph *g = &a->g;
    for (uint32_t id = 0; id < g->n; id++) {
        if (!list_ok(a, 0, id)) return bad(a, e, "wrong links of document", id);
        if (!ann_has(a, id) && level_links(g, 0, id)[0] != NONE) return bad(a, e, "links of a hole", id);
    }
    for (uint32_t u = 0; u < g->n_upper; u++) {
        if (!ann_has(a, g->upper[u].id)) return bad(a, e, "a hole on upper levels", g->upper[u].id);
        for (uint32_t l = 1; l <= graph_level(g, u); l++)
            if (!list_ok(a, l, u)) return bad(a, e, "wrong upper links of document", g->upper[u].id);
    }
    return 0;
}

/* ---- every document can be reached ---- */

static int check_reach(const struct ann *a, struct errmsg *e)
{
    const struct graph *g = &a->g;
    uint64_t *seen = xcalloc(bits_words(g->n), 8);
    uint32_t *queue = xmalloc((size_t)g->n * sizeof *queue), head = 0, tail = 0, lost = NONE;
    queue[tail++] = g->upper[g->entry].id;
    bits_set(seen, queue[0]);
    while (head < tail) {
        const uint32_t *links = level_links(g, 0, queue[head++]);
        for (uint32_t i = 0; i < 2 * g->M && links[i] != NONE; i++)
            if (!bits_get(seen, links[i])) {
                bits_set(seen, links[i]);
                queue[tail++] = links[i];
            }
    }
    for (uint32_t w = 0; w < bits_words(g->n) && lost == NONE; w++)
        if (a->have[w] & ~seen[w]) lost = w * 64 + (uint32_t)__builtin_ctzll(a->have[w] & ~seen[w]);
    free(seen);
    free(queue);
    return lost == NONE ? 0 : bad(a, e, "no way leads to document", lost);
}

int ann_check(const struct ann *a, struct errmsg *e)
{
    int rc = check_sums(a, e);
    if (!rc && bits_count(a->have, a->g.n) != a->n_have) rc = bad(a, e, "wrong count of vectors", a->n_have);
    if (rc || a->g.entry == NONE) return rc;
    rc = check_links(a, e);
    return rc ? rc : check_reach(a, e);
}

/* ---- recall ---- */

static uint32_t drop(struct ann_hit *hits, uint32_t n, uint32_t id)
{
    uint32_t m = 0;
    for (uint32_t i = 0; i < n; i++)
        if (hits[i].id != id) hits[m++] = hits[i];
    return m;
}

static int by_id(const void *x, const void *y)
{
    uint32_t a = ((const struct ann_hit *)x)->id, b = ((const struct ann_hit *)y)->id;
    return a < b ? -1 : a > b;
}

static uint32_t common(struct ann_hit *a, uint32_t n, struct ann_hit *b, uint32_t m)
{
    uint32_t same = 0;
    qsort(a, n, sizeof *a, by_id);
    qsort(b, m, sizeof *b, by_id);
    for (uint32_t i = 0, j = 0; i < n && j < m;) {
        same += a[i].id == b[j].id;
        a[i].id<b[j].id ? i++ : a[i].id> b[j].id ? j++ : (i++, j++);
    }
    return same;
}

static uint32_t draw(const struct ann *a, uint64_t *state)
{
    for (;;) {
        uint64_t x = *state += 0x9E3779B97F4A7C15u;
        x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
        x = (x ^ x >> 27) * 0x94D049BB133111EBu;
        uint32_t id = (uint32_t)((x >> 32) * a->g.n >> 32);
        if (ann_has(a, id)) return id;
    }
}

double ann_recall(const struct ann *a, uint32_t k, uint32_t sample, uint64_t seed)
{
    if (a->n_have < 2 || !k || !sample) return 1;
    struct ann_scratch *s = ann_scratch_new();
    struct ann_hit *near = xcalloc(2 * ((size_t)k + 1), sizeof *near), *truth = near + k + 1;
    float *q = xmalloc(a->dim * sizeof *q);
    uint64_t hit = 0, total = 0;
    for (uint32_t i = 0; i < sample; i++) {
        uint32_t id = draw(a, &seed);
        ann_vector(a, id, q);
        uint32_t n = drop(near, ann_search(a, s, q, k + 1, 0, NULL, UINT32_MAX, ANN_NO_FLOOR, near), id);
        uint32_t m = drop(truth, ann_search_exact(a, s, q, k + 1, NULL, UINT32_MAX, truth), id);
        hit += common(near, n < k ? n : k, truth, m < k ? m : k);
        total += m < k ? m : k;
    }
    ann_scratch_free(s);
    free(near);
    free(q);
    return (double)hit / (double)total;
}
