/* Attention of encoders: softmax(q k' / sqrt d) v, for each text over its own tokens.
 *
 * For each head of keys they are copied once, turned on their side, so that both products are the plain kind (matmul_nn). Sixteen
 * queries at a time have their scores computed, over the tokens that any of them sees: memory grows with the text's length, not
 * with its square, and a local layer costs its window. */
#include "embed/encoder.h"

#include "base/kernel.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

enum { QUERIES = 16, PAD = 16 };

static size_t padded(size_t n)
{
    return (n + PAD - 1) / PAD * PAD;
}

/* ---- rotary positions ---- */

/* Cosines and sines of positions below n; kept from call to call. */
static void reserve_turns(const struct encoder *e, struct encoder_room *r, size_t n)
{
    size_t half = e->rope_dims / 2, cap[2] = {r->turns * e->rope_dims, r->turns * e->rope_dims};
    if (n <= r->turns) return;
    n = n < 64 ? 64 : n * 2;
    for (int kind = 0; kind < 2; kind++) {
        room_reserve(&r->turn[kind], &cap[kind], n * e->rope_dims);
        for (size_t p = 0; p < n; p++)
            for (size_t j = 0; j < half; j++) {
                double angle = (double)p * e->rope_scale[kind] * pow(e->rope_base[kind], -(double)j / (double)half);
                r->turn[kind][p * e->rope_dims + j] = (float)cos(angle);
                r->turn[kind][p * e->rope_dims + half + j] = (float)sin(angle);
            }
    }
    r->turns = n;
}

/* Turns pairs (x[j], x[j + half]) of one head. */
static void turn_head(float *x, const float *turn, size_t half)
{
    for (size_t j = 0; j < half; j++) {
        float a = x[j], b = x[j + half], c = turn[j], s = turn[j + half];
        x[j] = a * c - b * s;
        x[j + half] = a * s + b * c;
    }
}

void encoder_turn(const struct encoder *e, struct encoder_room *r, bool local)
{
    size_t width = (size_t)(e->heads + 2 * e->kv_heads) * e->head_dim;
    if (e->rope_base[0] == 0) return;
    for (size_t t = 0; t < r->texts; t++) {
        size_t n = r->starts[t + 1] - r->starts[t];
        reserve_turns(e, r, n);
        for (size_t i = 0; i < n; i++) {
            float *row = r->qkv + (r->starts[t] + i) * width;
            for (uint32_t h = 0; h < e->heads + e->kv_heads; h++)
                turn_head(row + h * e->head_dim, r->turn[local] + i * e->rope_dims, e->rope_dims / 2);
        }
    }
}

/* ---- scores and their mean of values ---- */

struct span {
    size_t from, to;
};

/* The tokens that token i of n sees. */
static struct span visible(const struct encoder *e, bool local, size_t i, size_t n)
{
    struct span s = {0, e->causal ? i + 1 : n};
    if (!local) return s;
    if (i > e->reach) s.from = i - e->reach;
    if (i + e->reach + 1 < s.to) s.to = i + e->reach + 1;
    return s;
}

/* One text, one head of keys: keys become (d, padded n), and values (n, padded d), which is what they are already when d is a
 * multiple of PAD. Returns the values' row length. */
static size_t gather(const struct encoder *e, struct encoder_room *r, const float *k, size_t n, size_t width,
                     const float **values)
{
    size_t d = e->head_dim, columns = padded(n);
    const float *v = k + (size_t)e->kv_heads * d;
    room_reserve(&r->keys, &r->cap_keys, d * columns);
    memset(r->keys, 0, d * columns * sizeof *r->keys);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++) r->keys[j * columns + i] = k[i * width + j];
    *values = v;
    if (d % PAD == 0) return width;
    room_reserve(&r->values, &r->cap_values, n * padded(d));
    memset(r->values, 0, n * padded(d) * sizeof *r->values);
    for (size_t i = 0; i < n; i++) rows_copy(r->values + i * padded(d), v + i * width, d);
    *values = r->values;
    return padded(d);
}

/* Queries [i, i + m) of one head of a text of n tokens; q is their first row, out theirs in att. */
static void attend_some(const struct encoder *e, struct encoder_room *r, bool local, const float *q, size_t i, size_t m, size_t n,
                        const float *v, size_t ldv, float *out)
{
    size_t d = e->head_dim, width = (size_t)(e->heads + 2 * e->kv_heads) * d;
    size_t from = visible(e, local, i, n).from / PAD * PAD, to = visible(e, local, i + m - 1, n).to, columns = padded(to) - from;
    kernels()->matmul_nn(q, width, m, r->keys + from, padded(n), columns, d, r->scores, columns);
    for (size_t j = 0; j < m; j++) {
        struct span s = visible(e, local, i + j, n);
        float *row = r->scores + j * columns;
        memset(row, 0, (s.from - from) * sizeof *row);
        memset(row + (s.to - from), 0, (from + columns - s.to) * sizeof *row);
        kernels()->softmax(row + (s.from - from), s.to - s.from, 1 / sqrtf((float)d));
    }
    kernels()->matmul_nn(r->scores, columns, m, v + from * ldv, ldv, padded(d), to - from, r->mixed, padded(d));
    for (size_t j = 0; j < m; j++) rows_copy(out + j * e->heads * d, r->mixed + j * padded(d), d);
}

static void attend_text(const struct encoder *e, struct encoder_room *r, bool local, size_t first, size_t n)
{
    size_t d = e->head_dim, width = (size_t)(e->heads + 2 * e->kv_heads) * d, shared = e->heads / e->kv_heads;
    const float *qkv = r->qkv + first * width, *v;
    room_reserve(&r->scores, &r->cap_scores, QUERIES * padded(n));
    room_reserve(&r->mixed, &r->cap_mixed, QUERIES * padded(d));
    for (size_t g = 0; g < e->kv_heads; g++) {
        size_t ldv = gather(e, r, qkv + (e->heads + g) * d, n, width, &v);
        for (size_t h = g * shared; h < (g + 1) * shared; h++)
            for (size_t i = 0; i < n; i += QUERIES)
                attend_some(e, r, local, qkv + i * width + h * d, i, n - i < QUERIES ? n - i : QUERIES, n, v, ldv,
                            r->att + ((first + i) * e->heads + h) * d);
    }
}

void encoder_attend(const struct encoder *e, struct encoder_room *r, bool local)
{
    for (size_t t = 0; t < r->texts; t++)
        if (r->starts[t + 1] > r->starts[t]) attend_text(e, r, local, r->starts[t], r->starts[t + 1] - r->starts[t]);
}
