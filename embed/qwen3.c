/* qwen3: Qwen3-Embedding, a language model whose last token's state is the text's vector.
 *
 *     x = token
 *     each layer:  x += out(attention(qkv norm(x)))         q and k normed for each head, then turned; a token sees those before
 *                  x += down(silu(a) * b)    (a, b) = (gate, up) norm(x)
 *     x = norm(x)
 *
 * Norms are by root mean square. Fewer heads of k and v than of q: each serves H / G of them. */
#include "base/kernel.h"
#include "embed/encoder.h"

static void layer_causal(const struct encoder *e, struct encoder_room *r, const struct layer *w)
{
    rows_copy(r->y, r->x, r->rows * e->dim);
    rows_rms_norm(e, r->y, r->rows, &w->attn_norm);
    linear_apply(&w->qkv, &r->linear, r->y, r->rows, r->qkv, w->qkv.n_out);
    heads_rms_norm(e, r, w);
    encoder_turn(e, r, false);
    encoder_attend(e, r, false);
    linear_apply(&w->out, &r->linear, r->att, r->rows, r->y, e->dim);
    rows_add(r->x, r->y, r->rows * e->dim);

    rows_copy(r->y, r->x, r->rows * e->dim);
    rows_rms_norm(e, r->y, r->rows, &w->ffn_norm);
    encoder_feed(e, r, w);
    rows_add(r->x, r->y, r->rows * e->dim);
}

static void qwen3_forward(const struct encoder *e, struct encoder_room *r)
{
    encoder_lookup(e, r, 1);
    for (uint32_t i = 0; i < e->layers; i++) layer_causal(e, r, &e->layer[i]);
    rows_rms_norm(e, r->x, r->rows, &e->out_norm);
}

static int qwen3_open(struct embedder *m, struct errmsg *err)
{
    struct loader l = {m->file, "qwen3", err, 0};
    struct encoder *e = encoder_begin(m, &l);
    if (!load_has(&l, "pooling_type"))
        load_fail(&l, ERR_UNSUPPORTED, "is a language model: an embedding model would say qwen3.pooling_type");
    e->eps = load_f32(&l, "attention.layer_norm_rms_epsilon", 0, 1);
    e->activate = kernels()->silu;
    e->causal = true;
    e->forward = qwen3_forward;
    e->out_norm = load_norm(&l, e->dim, 0, "output_norm");
    load_rope(&l, e);
    for (uint32_t i = 0; i < e->layers; i++) load_decoder_layer(&l, e, i);
    return encoder_end(m, &l, load_u32(&l, "context_length", 1, LOAD_MAX_CONTEXT));
}

const struct embed_arch arch_qwen3 = {
    .name = "qwen3",
    .token_flags = VOCAB_ADD_SPECIAL,
    .open = qwen3_open,
    ENCODER_ARCH,
};
