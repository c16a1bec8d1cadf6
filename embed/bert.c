/* bert: BERT and XLM-R encoders (multilingual-e5, bge, MiniLM); nomic-bert-moe: the same with rotary positions and experts.
 *
 *     x = norm(token + type + position)
 *     each layer:  x = norm(x + out(attention(qkv x)))
 *                  x = norm(x + down(gelu(up x)))          or the two best experts of such pairs, weighted
 *
 * Every text sees all of itself. Norms are layer norms with bias, after the sum. Trained with the exact GELU (bert) or the one
 * by tanh (nomic). */
#include "base/kernel.h"
#include "embed/encoder.h"

static void layer_norms_after(const struct encoder *e, struct encoder_room *r, const struct layer *w)
{
    linear_apply(&w->qkv, &r->linear, r->x, r->rows, r->qkv, w->qkv.n_out);
    encoder_turn(e, r, false);
    encoder_attend(e, r, false);
    linear_apply(&w->out, &r->linear, r->att, r->rows, r->y, e->dim);
    rows_add(r->x, r->y, r->rows * e->dim);
    rows_layer_norm(e, r->x, r->rows, &w->attn_post);

    rows_copy(r->y, r->x, r->rows * e->dim);
    if (w->ups)
        encoder_experts(e, r, w);
    else
        encoder_feed(e, r, w);
    rows_add(r->x, r->y, r->rows * e->dim);
    rows_layer_norm(e, r->x, r->rows, &w->ffn_post);
}

static void bert_forward(const struct encoder *e, struct encoder_room *r)
{
    encoder_lookup(e, r, 1);
    rows_layer_norm(e, r->x, r->rows, &e->embd_norm);
    for (uint32_t i = 0; i < e->layers; i++) layer_norms_after(e, r, &e->layer[i]);
}

/* ---- open ---- */

static void load_layer(struct loader *l, struct encoder *e, uint32_t i)
{
    struct layer *w = &e->layer[i];
    load_qkv(l, e, i, 0);
    load_linear(l, &w->out, e->heads * e->head_dim, e->dim, 0, "blk.%u.attn_output", i);
    w->attn_post = load_norm(l, e->dim, LOAD_BIAS, "blk.%u.attn_output_norm", i);
    w->ffn_post = load_norm(l, e->dim, LOAD_BIAS, "blk.%u.layer_output_norm", i);
    if (w->ups) return;
    load_linear(l, &w->up, e->dim, e->ffn, 0, "blk.%u.ffn_up", i);
    load_linear(l, &w->down, e->ffn, e->dim, 0, "blk.%u.ffn_down", i);
}

static void load_embedding(struct loader *l, struct encoder *e)
{
    e->eps = load_f32(l, "attention.layer_norm_epsilon", 0, 1);
    e->embd_norm = load_norm(l, e->dim, LOAD_BIAS, "token_embd_norm");
    e->type = load_first_row(l, e->dim, "token_types");
    e->forward = bert_forward;
}

static int bert_open(struct embedder *m, struct errmsg *err)
{
    struct loader l = {m->file, "bert", err, 0};
    struct encoder *e = encoder_begin(m, &l);
    uint32_t context = load_u32(&l, "context_length", 1, LOAD_MAX_CONTEXT);
    e->activate = kernels()->gelu_erf;
    load_embedding(&l, e);
    e->positions = load_table(&l, e->dim, 0, "position_embd");
    for (uint32_t i = 0; i < e->layers; i++) load_layer(&l, e, i);
    return encoder_end(m, &l, context);
}

static int nomic_open(struct embedder *m, struct errmsg *err)
{
    struct loader l = {m->file, "nomic-bert-moe", err, 0};
    struct encoder *e = encoder_begin(m, &l);
    uint32_t every = load_u32_or(&l, "moe_every_n_layers", 0, LOAD_MAX_LAYERS, 0);
    e->activate = kernels()->gelu_tanh;
    load_embedding(&l, e);
    load_rope(&l, e);
    for (uint32_t i = 0; i < e->layers; i++) {
        if (every && i % every == 1) load_experts(&l, e, i);
        load_layer(&l, e, i);
    }
    return encoder_end(m, &l, load_u32(&l, "context_length", 1, LOAD_MAX_CONTEXT));
}

const struct embed_arch arch_bert = {
    .name = "bert",
    .token_flags = VOCAB_ADD_SPECIAL,
    .open = bert_open,
    ENCODER_ARCH,
};

const struct embed_arch arch_nomic_bert_moe = {
    .name = "nomic-bert-moe",
    .token_flags = VOCAB_ADD_SPECIAL,
    .open = nomic_open,
    ENCODER_ARCH,
};
