/* The k best of a stream, and the scan of the delta that feeds it. */
#include "ann/ann.h"

#include "ann/keys.h"
#include "base/bits.h"
#include "base/kernel.h"

void ann_top_init(struct ann_top *t, uint64_t *keys, uint32_t k, float min_score)
{
    *t = (struct ann_top){.keys = keys, .k = k};
    if (!k)
        t->floor = UINT64_MAX;
    else if (min_score > -INFINITY)
        t->floor = ann_top_key(UINT32_MAX, min_score) - 1; /* a score equal to the minimum still passes */
}

void ann_top_trim(struct ann_top *t)
{
    if (t->n <= t->k) return;
    keys_select(t->keys, t->n, t->k);
    t->n = t->k;
    uint64_t least = t->keys[0];
    for (uint32_t i = 1; i < t->k; i++)
        if (t->keys[i] < least) least = t->keys[i];
    t->floor = least;
}

static float key_to_float(uint64_t key)
{
    uint32_t b = (uint32_t)(key >> 32);
    b = b & 0x80000000u ? b & 0x7FFFFFFFu : ~b;
    float f;
    memcpy(&f, &b, 4);
    return f;
}

uint32_t ann_top_take(struct ann_top *t, struct ann_hit *hits)
{
    ann_top_trim(t);
    keys_sort(t->keys, t->n);
    uint32_t n = t->n;
    for (uint32_t i = 0; i < n; i++) hits[i] = (struct ann_hit){~(uint32_t)t->keys[i], key_to_float(t->keys[i])};
    t->n = 0;
    return n;
}

void ann_scan_f16(const float *q, uint32_t dim, const uint16_t *rows, uint32_t n_rows, uint32_t first_id, const uint64_t *ok,
                  struct ann_top *top)
{
    const struct kernels *k = kernels();
    for (uint32_t i = 0; i < n_rows; i++) {
        if (ok && !bits_get(ok, first_id + i)) continue;
        ann_top_add(top, first_id + i, k->dot_f16(q, rows + (size_t)i * dim, dim));
    }
}
