/* gemma-embedding: EmbeddingGemma.
 *
 *     x = token * sqrt(D)
 *     each layer:  x += norm(out(attention(qkv norm(x))))       q and k normed for each head, then turned
 *                  x += norm(down(gelu(a) * b))    (a, b) = (gate, up) norm(x)
 *     x = norm(x); after pooling, two dense layers without an activation where the file has them
 *
 * Norms are by root mean square, before and after each step. Every sixth layer sees the whole text, the others a window around
 * each token, and turn by another base. Files without the dense layers give other vectors than the model's authors do. */
#include "base/kernel.h"
#include "embed/encoder.h"

#include <math.h>

static void layer_norms_around(const struct encoder *e, struct encoder_room *r, const struct layer *w)
{
    rows_copy(r->y, r->x, r->rows * e->dim);
    rows_rms_norm(e, r->y, r->rows, &w->attn_norm);
    linear_apply(&w->qkv, &r->linear, r->y, r->rows, r->qkv, w->qkv.n_out);
    heads_rms_norm(e, r, w);
    encoder_turn(e, r, w->local);
    encoder_attend(e, r, w->local);
    linear_apply(&w->out, &r->linear, r->att, r->rows, r->y, e->dim);
    rows_rms_norm(e, r->y, r->rows, &w->attn_post);
    rows_add(r->x, r->y, r->rows * e->dim);

    rows_copy(r->y, r->x, r->rows * e->dim);
    rows_rms_norm(e, r->y, r->rows, &w->ffn_norm);
    encoder_feed(e, r, w);
    rows_rms_norm(e, r->y, r->rows, &w->ffn_post);
    rows_add(r->x, r->y, r->rows * e->dim);
}

static void gemma_forward(const struct encoder *e, struct encoder_room *r)
{
    encoder_lookup(e, r, sqrtf((float)e->dim));
    for (uint32_t i = 0; i < e->layers; i++) layer_norms_around(e, r, &e->layer[i]);
    rows_rms_norm(e, r->x, r->rows, &e->out_norm);
}

static void load_layer(struct loader *l, struct encoder *e, uint32_t i)
{
    load_decoder_layer(l, e, i);
    e->layer[i].attn_post = load_norm(l, e->dim, 0, "blk.%u.post_attention_norm", i);
    e->layer[i].ffn_post = load_norm(l, e->dim, 0, "blk.%u.post_ffw_norm", i);
}

static void load_dense(struct loader *l, struct encoder *e)
{
    if (!load_tensor_there(l, "dense_2")) return;
    uint32_t middle = load_u32(l, "dense_2_feat_out", 1, LOAD_MAX_WIDTH);
    load_linear(l, &e->dense, e->dim, middle, 0, "dense_2");
    load_linear(l, &e->dense_out, middle, e->dim, 0, "dense_3");
}

static int gemma_open(struct embedder *m, struct errmsg *err)
{
    struct loader l = {m->file, "gemma-embedding", err, 0};
    struct encoder *e = encoder_begin(m, &l);
    e->eps = load_f32(&l, "attention.layer_norm_rms_epsilon", 0, 1);
    e->activate = kernels()->gelu_tanh;
    e->forward = gemma_forward;
    e->out_norm = load_norm(&l, e->dim, 0, "output_norm");
    load_rope(&l, e);
    load_window(&l, e, 6, true);
    for (uint32_t i = 0; i < e->layers; i++) load_layer(&l, e, i);
    load_dense(&l, e);
    return encoder_end(m, &l, load_u32(&l, "context_length", 1, LOAD_MAX_CONTEXT));
}

const struct embed_arch arch_gemma_embedding = {
    .name = "gemma-embedding",
    .token_flags = VOCAB_ADD_SPECIAL,
    .open = gemma_open,
    ENCODER_ARCH,
};
