/* modern-bert: ModernBERT and its children (mmBERT, gte-modernbert, granite-embedding).
 *
 *     x = norm(token)
 *     each layer:  x += out(attention(qkv norm(x)))        the first layer has no norm here
 *                  x += down(gelu(a) * b)    (a, b) = up norm(x)
 *     x = norm(x)
 *
 * Layer norms without bias, before each step. Every third layer sees the whole text, the others a window around each token;
 * both turn q and k, by bases of their own. */
#include "base/kernel.h"
#include "embed/encoder.h"

static void layer_norms_before(const struct encoder *e, struct encoder_room *r, const struct layer *w)
{
    rows_copy(r->y, r->x, r->rows * e->dim);
    if (w->attn_norm.weight) rows_layer_norm(e, r->y, r->rows, &w->attn_norm);
    linear_apply(&w->qkv, &r->linear, r->y, r->rows, r->qkv, w->qkv.n_out);
    encoder_turn(e, r, w->local);
    encoder_attend(e, r, w->local);
    linear_apply(&w->out, &r->linear, r->att, r->rows, r->y, e->dim);
    rows_add(r->x, r->y, r->rows * e->dim);

    rows_copy(r->y, r->x, r->rows * e->dim);
    rows_layer_norm(e, r->y, r->rows, &w->ffn_norm);
    encoder_feed(e, r, w);
    rows_add(r->x, r->y, r->rows * e->dim);
}

static void modern_forward(const struct encoder *e, struct encoder_room *r)
{
    encoder_lookup(e, r, 1);
    rows_layer_norm(e, r->x, r->rows, &e->embd_norm);
    for (uint32_t i = 0; i < e->layers; i++) layer_norms_before(e, r, &e->layer[i]);
    rows_layer_norm(e, r->x, r->rows, &e->out_norm);
}

static void load_layer(struct loader *l, struct encoder *e, uint32_t i)
{
    struct layer *w = &e->layer[i];
    w->attn_norm = load_norm(l, e->dim, i ? 0 : LOAD_OPTIONAL, "blk.%u.attn_norm", i);
    load_qkv(l, e, i, 0);
    load_linear(l, &w->out, e->heads * e->head_dim, e->dim, 0, "blk.%u.attn_output", i);
    w->ffn_norm = load_norm(l, e->dim, 0, "blk.%u.ffn_norm", i);
    load_linear(l, &w->up, e->dim, 2 * e->ffn, 0, "blk.%u.ffn_up", i);
    load_linear(l, &w->down, e->ffn, e->dim, 0, "blk.%u.ffn_down", i);
}

static int modern_open(struct embedder *m, struct errmsg *err)
{
    struct loader l = {m->file, "modern-bert", err, 0};
    struct encoder *e = encoder_begin(m, &l);
    e->eps = load_f32(&l, "attention.layer_norm_epsilon", 0, 1);
    e->activate = gguf_str_is(load_string(&l, "hidden_activation"), "silu") ? kernels()->silu : kernels()->gelu_tanh;
    e->forward = modern_forward;
    e->embd_norm = load_norm(&l, e->dim, 0, "token_embd_norm");
    e->out_norm = load_norm(&l, e->dim, 0, "output_norm");
    load_rope(&l, e);
    load_window(&l, e, 3, false);
    for (uint32_t i = 0; i < e->layers; i++) load_layer(&l, e, i);
    return encoder_end(m, &l, load_u32(&l, "context_length", 1, LOAD_MAX_CONTEXT));
}

const struct embed_arch arch_modern_bert = {
    .name = "modern-bert",
    .token_flags = VOCAB_ADD_SPECIAL,
    .open = modern_open,
    ENCODER_ARCH,
};
