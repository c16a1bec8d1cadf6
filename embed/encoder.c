/* Opening, batches and pooling of encoders. */
#include "embed/encoder.h"

#include "base/kernel.h"
#include "base/mem.h"
#include "embed/dequant.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_TOKENS = 8192, /* attention is quadratic: a longer text would hold its thread for minutes */
    BATCH_ROWS = 256,  /* tokens that go through the network together: their rows stay in the second-level cache */
};

/* ---- open ---- */

static void load_shape(struct loader *l, struct encoder *e)
{
    e->dim = load_u32(l, "embedding_length", 1, EMBED_MAX_DIM);
    e->layers = load_u32(l, "block_count", 1, LOAD_MAX_LAYERS);
    e->ffn = load_u32(l, "feed_forward_length", 1, LOAD_MAX_WIDTH / 2);
    e->heads = load_u32(l, "attention.head_count", 1, 1024);
    e->kv_heads = load_u32_or(l, "attention.head_count_kv", 1, 1024, e->heads);
    e->head_dim = load_u32_or(l, "attention.key_length", 1, 1024, e->heads <= e->dim ? e->dim / e->heads : 1);
    if (load_u32_or(l, "attention.value_length", 1, 1024, e->head_dim) != e->head_dim)
        load_fail(l, ERR_UNSUPPORTED, "keys and values of different lengths are not supported");
    if (e->heads % e->kv_heads) load_fail(l, ERR_FORMAT, "%u heads cannot share %u heads of keys evenly", e->heads, e->kv_heads);
    if ((uint64_t)(e->heads + 2 * e->kv_heads) * e->head_dim > LOAD_MAX_WIDTH)
        load_fail(l, ERR_FORMAT, "%u heads of %u numbers are more than souk takes", e->heads, e->head_dim);
}

static void load_pooling(struct loader *l, struct encoder *e)
{
    e->pooling = load_u32_or(l, "pooling_type", 0, POOL_RANK, POOL_MEAN);
    if (e->pooling == POOL_RANK) load_fail(l, ERR_UNSUPPORTED, "is a reranker (pooling_type 4), not an embedding model");
    if (!e->pooling) load_fail(l, ERR_UNSUPPORTED, "gives a vector for each token (pooling_type 0), not for the text");
}

struct encoder *encoder_begin(struct embedder *m, struct loader *l)
{
    struct encoder *e = m->net = xcalloc(1, sizeof *e);
    load_shape(l, e);
    load_pooling(l, e);
    e->tokens = load_table(l, e->dim, m->vocab ? vocab_size(m->vocab) : 0, "token_embd");
    if (l->rc) e->layers = 0;
    e->layer = xcalloc(e->layers + 1, sizeof *e->layer);
    return e;
}

int encoder_end(struct embedder *m, struct loader *l, uint32_t max_tokens)
{
    struct encoder *e = m->net;
    m->dim = e->dim;
    m->max_tokens = max_tokens < MAX_TOKENS ? max_tokens : MAX_TOKENS;
    if (e->positions.rows && e->positions.rows < m->max_tokens) m->max_tokens = e->positions.rows;
    return l->rc;
}

/* Local layers turn by freq_base_swa; "linear" scaling divides the positions of global ones. */
void load_rope(struct loader *l, struct encoder *e)
{
    struct gguf_str scaling = load_string(l, "rope.scaling.type");
    e->rope_dims = load_u32_or(l, "rope.dimension_count", 2, e->head_dim > 1 ? e->head_dim : 2, e->head_dim);
    e->rope_base[0] = load_f32_or(l, "rope.freq_base", 1, 1e9f, 10000);
    e->rope_base[1] = load_f32_or(l, "rope.freq_base_swa", 1, 1e9f, 10000);
    e->rope_scale[0] = e->rope_scale[1] = 1;
    if (e->rope_dims % 2) load_fail(l, ERR_FORMAT, "%u numbers cannot be turned in pairs", e->rope_dims);
    if (scaling.s && !gguf_str_is(scaling, "none") && !gguf_str_is(scaling, "linear"))
        load_fail(l, ERR_UNSUPPORTED, "%s.rope.scaling.type is neither \"none\" nor \"linear\"", l->arch);
    if (!gguf_str_is(scaling, "none")) e->rope_scale[0] = 1 / load_f32_or(l, "rope.scaling.factor", 0.001f, 1e6f, 1);
}

void load_window(struct loader *l, struct encoder *e, uint32_t pattern, bool last_is_global)
{
    bool is_list;
    const char *key = "attention.sliding_window_pattern";
    e->reach = load_u32_or(l, "attention.sliding_window", 1, LOAD_MAX_CONTEXT, LOAD_MAX_CONTEXT) / 2;
    load_flag_at(l, key, 0, &is_list);
    if (!is_list) pattern = load_u32_or(l, key, 1, LOAD_MAX_LAYERS, pattern);
    for (uint32_t i = 0; i < e->layers; i++) {
        bool local = load_flag_at(l, key, i, &is_list);
        e->layer[i].local = is_list ? local : i % pattern != (last_is_global ? pattern - 1 : 0);
    }
}

void load_qkv(struct loader *l, struct encoder *e, uint32_t i, unsigned flags)
{
    struct linear *w = &e->layer[i].qkv;
    uint32_t q = e->heads * e->head_dim, kv = e->kv_heads * e->head_dim;
    if (load_tensor_there(l, "blk.%u.attn_qkv", i)) {
        load_linear(l, w, e->dim, q + 2 * kv, flags, "blk.%u.attn_qkv", i);
        return;
    }
    load_linear(l, w, e->dim, q, flags, "blk.%u.attn_q", i);
    load_linear(l, w, e->dim, kv, flags, "blk.%u.attn_k", i);
    load_linear(l, w, e->dim, kv, flags, "blk.%u.attn_v", i);
}

void load_decoder_layer(struct loader *l, struct encoder *e, uint32_t i)
{
    struct layer *w = &e->layer[i];
    w->attn_norm = load_norm(l, e->dim, 0, "blk.%u.attn_norm", i);
    load_qkv(l, e, i, 0);
    w->q_norm = load_norm(l, e->head_dim, 0, "blk.%u.attn_q_norm", i);
    w->k_norm = load_norm(l, e->head_dim, 0, "blk.%u.attn_k_norm", i);
    load_linear(l, &w->out, e->heads * e->head_dim, e->dim, 0, "blk.%u.attn_output", i);
    w->ffn_norm = load_norm(l, e->dim, 0, "blk.%u.ffn_norm", i);
    load_linear(l, &w->up, e->dim, e->ffn, 0, "blk.%u.ffn_gate", i);
    load_linear(l, &w->up, e->dim, e->ffn, 0, "blk.%u.ffn_up", i);
    load_linear(l, &w->down, e->ffn, e->dim, 0, "blk.%u.ffn_down", i);
}

/* ---- close ---- */

static void layer_free(struct layer *w, uint32_t experts)
{
    struct norm *norms[] = {&w->attn_norm, &w->q_norm, &w->k_norm, &w->attn_post, &w->ffn_norm, &w->ffn_post};
    struct linear *linears[] = {&w->qkv, &w->out, &w->up, &w->down, &w->router};
    for (size_t i = 0; i < sizeof norms / sizeof *norms; i++) norm_free(norms[i]);
    for (size_t i = 0; i < sizeof linears / sizeof *linears; i++) linear_free(linears[i]);
    for (uint32_t i = 0; w->ups && i < experts; i++) linear_free(&w->ups[i]), linear_free(&w->downs[i]);
    free(w->ups);
    free(w->downs);
}

void encoder_close(void *net)
{
    struct encoder *e = net;
    for (uint32_t i = 0; i < e->layers; i++) layer_free(&e->layer[i], e->experts);
    free(e->layer);
    free(e->type);
    norm_free(&e->embd_norm);
    norm_free(&e->out_norm);
    linear_free(&e->dense);
    linear_free(&e->dense_out);
    free(e);
}

/* ---- room ---- */

void room_reserve(float **p, size_t *cap, size_t n)
{
    if (n <= *cap) return;
    free(*p);
    *p = xaligned(64, n * sizeof **p);
    *cap = n;
}

static void reserve_rows(const struct encoder *e, struct encoder_room *r)
{
    size_t width = e->layer[0].up.n_out > 2 * e->ffn ? e->layer[0].up.n_out : 2 * e->ffn;
    room_reserve(&r->x, &r->cap_x, r->rows * e->dim);
    room_reserve(&r->y, &r->cap_y, r->rows * e->dim);
    room_reserve(&r->qkv, &r->cap_qkv, r->rows * (e->heads + 2 * e->kv_heads) * e->head_dim);
    room_reserve(&r->att, &r->cap_att, r->rows * e->heads * e->head_dim);
    room_reserve(&r->u, &r->cap_u, FFN_ROWS * width);
}

void *encoder_scratch_new(const struct embedder *m)
{
    (void)m;
    return xcalloc(1, sizeof(struct encoder_room));
}

void encoder_scratch_free(void *scratch)
{
    struct encoder_room *r = scratch;
    void *all[] = {r->ids,    r->starts, r->x,     r->y,       r->qkv,     r->att,   r->u,      r->keys,
                   r->values, r->scores, r->mixed, r->turn[0], r->turn[1], r->gates, r->chosen, r->gathered};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
    linear_room_release(&r->linear);
    free(r);
}

/* ---- steps ---- */

void rows_copy(float *to, const float *from, size_t n)
{
    memcpy(to, from, n * sizeof *to);
}

void rows_add(float *x, const float *y, size_t n)
{
    kernels()->add(x, y, n);
}

void rows_layer_norm(const struct encoder *e, float *x, size_t rows, const struct norm *w)
{
    for (size_t i = 0; i < rows; i++) kernels()->layer_norm(x + i * e->dim, w->weight, w->bias, e->eps, e->dim);
}

void rows_rms_norm(const struct encoder *e, float *x, size_t rows, const struct norm *w)
{
    for (size_t i = 0; i < rows; i++) kernels()->rms_norm(x + i * e->dim, w->weight, e->eps, e->dim);
}

void heads_rms_norm(const struct encoder *e, struct encoder_room *r, const struct layer *w)
{
    uint32_t heads = e->heads + e->kv_heads, d = e->head_dim;
    for (size_t i = 0; i < r->rows; i++) {
        float *row = r->qkv + i * (heads + e->kv_heads) * d;
        for (uint32_t h = 0; h < heads; h++)
            kernels()->rms_norm(row + h * d, (h < e->heads ? &w->q_norm : &w->k_norm)->weight, e->eps, d);
    }
}

void encoder_lookup(const struct encoder *e, struct encoder_room *r, float scale)
{
    for (size_t t = 0; t < r->texts; t++)
        for (size_t i = r->starts[t]; i < r->starts[t + 1]; i++) {
            float *x = r->x + i * e->dim;
            matrix_row(&e->tokens, e->dim, r->ids[i], x);
            for (uint32_t j = 0; scale != 1 && j < e->dim; j++) x[j] *= scale;
            if (e->type) rows_add(x, e->type, e->dim);
            if (!e->positions.rows) continue;
            matrix_row(&e->positions, e->dim, i - r->starts[t], r->y);
            rows_add(x, r->y, e->dim);
        }
}

/* u = up(y), activated in place; (2F) wide rows become F: the first half activated, times the second. */
static void activate(const struct encoder *e, float *u, size_t rows, uint32_t width)
{
    if (width == e->ffn) {
        e->activate(u, rows * width);
        return;
    }
    for (size_t i = 0; i < rows; i++) {
        float *a = u + i * width;
        e->activate(a, e->ffn);
        kernels()->mul(a, a + e->ffn, e->ffn);
        memmove(u + i * e->ffn, a, e->ffn * sizeof *u);
    }
}

void encoder_feed(const struct encoder *e, struct encoder_room *r, const struct layer *w)
{
    for (size_t i = 0; i < r->rows; i += FFN_ROWS) {
        size_t n = r->rows - i < FFN_ROWS ? r->rows - i : FFN_ROWS;
        float *y = r->y + i * e->dim;
        linear_apply(&w->up, &r->linear, y, n, r->u, w->up.n_out);
        activate(e, r->u, n, w->up.n_out);
        linear_apply(&w->down, &r->linear, r->u, n, y, e->dim);
    }
}

/* ---- texts in, vectors out ---- */

/* Appends a text to the call. One that is too long loses its end, but keeps the token that marks it. */
static void push_text(const struct embedder *m, struct encoder_room *r, const uint32_t *ids, size_t n)
{
    size_t kept = n < m->max_tokens ? n : m->max_tokens;
    xgrow(&r->ids, &r->cap_ids, r->rows + kept, sizeof *r->ids);
    xgrow(&r->starts, &r->cap_starts, r->texts + 2, sizeof *r->starts);
    memcpy(r->ids + r->rows, ids, kept * sizeof *ids);
    if (kept < n && m->vocab && vocab_type(m->vocab, ids[n - 1]) == VOCAB_CONTROL) r->ids[r->rows + kept - 1] = ids[n - 1];
    r->starts[r->texts++] = (uint32_t)r->rows;
    r->rows += kept;
    r->starts[r->texts] = (uint32_t)r->rows;
}

static void pool(const struct encoder *e, const float *x, size_t n, float *out)
{
    if (e->pooling == POOL_MEAN) {
        memset(out, 0, e->dim * sizeof *out);
        for (size_t i = 0; i < n; i++) rows_add(out, x + i * e->dim, e->dim);
        for (uint32_t j = 0; j < e->dim; j++) out[j] /= (float)n;
    } else
        rows_copy(out, x + (e->pooling == POOL_LAST ? n - 1 : 0) * e->dim, e->dim);
}

/* Makes v unit length; all zero when it has none, or is no number. */
static void normalise(float *v, size_t n)
{
    float length = sqrtf(kernels()->dot_f32(v, v, n));
    for (size_t i = 0; i < n; i++) v[i] = length > 0 && isfinite(length) ? v[i] / length : 0;
}

static void finish(const struct encoder *e, struct encoder_room *r, size_t text, float *out)
{
    size_t n = r->starts[text + 1] - r->starts[text];
    memset(out, 0, e->dim * sizeof *out);
    if (!n) return;
    pool(e, r->x + r->starts[text] * e->dim, n, out);
    if (e->dense.parts) {
        room_reserve(&r->u, &r->cap_u, e->dense.n_out);
        linear_apply(&e->dense, &r->linear, out, 1, r->u, e->dense.n_out);
        linear_apply(&e->dense_out, &r->linear, r->u, 1, out, e->dim);
    }
    normalise(out, e->dim);
}

static void run(const struct encoder *e, struct encoder_room *r, float *out)
{
    reserve_rows(e, r);
    if (r->rows) e->forward(e, r);
    for (size_t i = 0; i < r->texts; i++) finish(e, r, i, out + i * e->dim);
    r->texts = r->rows = 0;
}

void encoder_embed_batch(const struct embedder *m, void *scratch, const uint32_t *ids, const size_t *starts, size_t texts,
                         float *out)
{
    struct encoder_room *r = scratch;
    for (size_t i = 0; i < texts; i++) {
        if (r->rows && r->rows + (starts[i + 1] - starts[i]) > BATCH_ROWS) {
            size_t n = r->texts;
            run(m->net, r, out);
            out += n * m->dim;
        }
        push_text(m, r, ids + starts[i], starts[i + 1] - starts[i]);
    }
    run(m->net, r, out);
}

uint32_t encoder_embed(const struct embedder *m, void *scratch, const uint32_t *ids, size_t n, float *out, float *strength)
{
    struct encoder_room *r = scratch;
    push_text(m, r, ids, n);
    size_t used = r->rows;
    run(m->net, r, out);
    *strength = 1;
    for (uint32_t i = 0; i < m->dim; i++)
        if (out[i] != 0) return (uint32_t)used;
    return 0;
}
