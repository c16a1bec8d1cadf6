/* Answering: choose between a walk and a scan, then rank the candidates by their half-float vectors.
 *
 * Both ways end alike: int8 codes give a few more candidates than are wanted (see spare), and dot_f16 orders them. The scan
 * misses nothing that the spare ones cover (recall .9998 and better); the walk misses what it never met. */
#include "ann/ann.h"

#include "ann/epoch.h"
#include "ann/keys.h"
#include "ann/quant.h"
#include "ann/scratch.h"
#include "ann/walk.h"
#include "base/bits.h"
#include "base/kernel.h"

/* Rough costs at 384 dimensions. Only the ratio matters: 60 was measured at 20,000 documents, 50 at 78,712. */
enum {
    BATCH = 256,       /* rows of a scan scored in one kernel call */
    ROW_NS = 8,        /* a row scanned */
    EXPANDED_NS = 400, /* a node expanded by a walk, its ten unseen neighbours scored */
    WALK_NS = 3000,    /* the way down, and clearing the bits */
};

/* Candidates beyond k that are rescored: enough to make up for the order that int8 gets wrong. */
static uint32_t spare(uint32_t k)
{
    return k / 16 + 16;
}

/* Measured on 78,712 products with the shipped model, real queries: k 10: ef 77 has recall .978, 160 has .99; k 1000: 1064 has
 * .962, 1264 .972, 1364 .976. */
static uint32_t default_ef(uint32_t k)
{
    enum { LEAST = 160 };
    uint32_t ef = k + k / 4 + 64;
    return ef < LEAST ? LEAST : ef;
}

static const int8_t *encode(const struct ann *a, struct ann_scratch *s, const float *q)
{
    int8_t *code = scratch_code(s, a->g.stride);
    quant_row(q, a->unit, a->dim, code);
    return code;
}

/* ---- ranking ---- */

/* A float vector from its code is good to half a percent of the cosine: enough to order what comes after the first hundreds. */
static uint64_t key_of_code(const struct ann *a, uint64_t key)
{
    return ann_top_key(key_node(key), (float)key_score(key) / (a->unit * a->unit));
}

/* The k best of n candidate nodes, best first: the first RESCORED of them by their half-float vectors, the rest as the codes have
 * them. Some rows ahead are on their way from memory. */
static uint32_t rank(const struct ann *a, struct ann_scratch *s, const float *q, const uint64_t *from, uint32_t n, uint32_t k,
                     struct ann_hit *hits)
{
    enum { AHEAD = 4, RESCORED = 256 };
    const struct kernels *kn = kernels();
    uint32_t exact = n < RESCORED ? n : RESCORED;
    uint64_t *keys = scratch_rank(s, n + 1);
    for (uint32_t i = 0; i < exact + AHEAD; i++) {
        if (i < exact) {
            const char *row = (const char *)epoch_vector(a, key_node(from[i]));
            for (size_t b = 0; b < a->dim * 2; b += 64) __builtin_prefetch(row + b);
        }
        if (i < AHEAD) continue;
        uint32_t id = key_node(from[i - AHEAD]);
        keys[i - AHEAD] = ann_top_key(id, kn->dot_f16(q, epoch_vector(a, id), a->dim));
    }
    for (uint32_t i = exact; i < n; i++) keys[i] = key_of_code(a, from[i]);
    struct ann_top top = {.keys = keys, .n = n, .k = k};
    return ann_top_take(&top, hits);
}

/* ---- the scan ---- */

struct scan {
    const struct ann *a;
    const int8_t *q;
    struct ann_top top; /* of keys as walks make them, not of floats */
    uint32_t n, ids[BATCH];
};

static void scan_batch(struct scan *c)
{
    const int8_t *rows[BATCH];
    int32_t scores[BATCH];
    for (uint32_t i = 0; i < c->n; i++) rows[i] = graph_code(&c->a->g, c->ids[i]);
    kernels()->dot_i8_rows(c->q, rows, c->n, c->a->g.stride, scores);
    for (uint32_t i = 0; i < c->n; i++) {
        uint64_t key = key_make(scores[i], c->ids[i]);
        if (key <= c->top.floor) continue;
        c->top.keys[c->top.n++] = key;
        if (c->top.n == ANN_TOP_ROOM(c->top.k)) ann_top_trim(&c->top);
    }
    c->n = 0;
}

static void scan_word(struct scan *c, uint32_t base, uint64_t bits)
{
    for (; bits; bits &= bits - 1) {
        c->ids[c->n++] = base + (uint32_t)__builtin_ctzll(bits);
        if (c->n == BATCH) scan_batch(c);
    }
}

uint32_t ann_search_exact(const struct ann *a, struct ann_scratch *s, const float *q, uint32_t k, const uint64_t *ok,
                          uint32_t n_ok, struct ann_hit *hits)
{
    (void)n_ok;
    if (k > a->n_have) k = a->n_have;
    if (!k) return 0;
    struct scan c = {.a = a, .q = encode(a, s, q)};
    uint32_t wanted = k + spare(k);
    ann_top_init(&c.top, scratch_scan(s, ANN_TOP_ROOM(wanted)), wanted, -INFINITY);
    for (uint32_t w = 0; w < bits_words(a->g.n); w++) scan_word(&c, w * 64, a->have[w] & (ok ? ok[w] : ~0ull));
    scan_batch(&c);
    ann_top_trim(&c.top);
    keys_sort(c.top.keys, c.top.n);
    return rank(a, s, q, c.top.keys, c.top.n, k, hits);
}

/* ---- the walk ---- */

static uint32_t width_of(uint32_t ef)
{
    return ef <= 256 ? 4 : ef <= 512 ? 8 : MAX_WIDTH;
}

/* Fills w for an answer by walking; false when a scan of the allowed documents is estimated to cost less. A filter that lets
 * through a share of the documents makes the walk longer by about its inverse, and the walk may go on for as long as the scan
 * would have taken: then a misleading filter at most doubles the cost of a query. */
static bool plan(const struct ann *a, uint32_t ef, const uint64_t *ok, uint32_t n_ok, struct walk *w)
{
    if (a->g.entry == NONE || !n_ok) return false;
    uint64_t scan_ns = (uint64_t)n_ok * ROW_NS, length = ok ? (uint64_t)ef * a->n_have / n_ok : ef;
    if (scan_ns <= WALK_NS + length * EXPANDED_NS) return false;
    *w = (struct walk){.g = &a->g, .ef = ef, .width = width_of(ef)};
    if (!ok) return true;
    w->ok = ok;
    w->want = ef;
    w->budget = (uint32_t)(scan_ns / EXPANDED_NS) + MAX_WIDTH;
    w->ef = w->budget;
    return true;
}

uint32_t ann_search(const struct ann *a, struct ann_scratch *s, const float *q, uint32_t k, uint32_t ef, const uint64_t *ok,
                    uint32_t n_ok, struct ann_floor floor, struct ann_hit *hits)
{
    if (k > a->n_have) k = a->n_have;
    if (!ef) ef = default_ef(k);
    if (ef < k) ef = k;
    if (!ok)
        n_ok = a->n_have;
    else if (n_ok == UINT32_MAX)
        n_ok = bits_count(ok, a->g.n);
    struct walk w;
    if (!k || !plan(a, ef, ok, n_ok, &w)) return ann_search_exact(a, s, q, k, ok, n_ok, hits);
    w.s = s;
    w.floored = floor.score > -1 || floor.share > 0;
    w.floor = (int32_t)((floor.score > -1 ? floor.score : -1) * a->unit * a->unit);
    w.share = floor.share;
    w.q = encode(a, s, q);
    uint32_t u = walk_down(&a->g, s, w.q, 1);
    if (!walk_level(&w, a->g.upper[u].id)) return ann_search_exact(a, s, q, k, ok, n_ok, hits);
    uint32_t n = ok ? s->n_found : s->n_pool, wanted = k + spare(k);
    return rank(a, s, q, ok ? s->found : s->pool, n < wanted ? n : wanted, k, hits);
}
