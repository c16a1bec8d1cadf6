/* Private to the transformer encoders: what they share. Each architecture is a file with an `open` that fills struct encoder from
 * its keys and tensors, and a `forward` that reads like the formula: bert.c, modern_bert.c, qwen3.c, gemma.c.
 *
 * Several texts go through the network together without padding: their tokens are the rows of one matrix, products do not care
 * where a text ends, and attention runs over each text's own rows. Shapes: T tokens of all texts, D dim, H heads, G kv_heads,
 * d head_dim, F ffn. q, k and v of a token are one row of (H + 2G) d numbers. */
#ifndef SOUK_ENCODER_H
#define SOUK_ENCODER_H

#include "embed/arch.h"
#include "embed/load.h"

struct encoder_room;

/* ---- the network ---- */

enum pooling { POOL_MEAN = 1, POOL_CLS = 2, POOL_LAST = 3, POOL_RANK = 4 }; /* as GGUF numbers them */

struct layer {
    struct norm attn_norm, q_norm, k_norm, attn_post; /* (D) (d) (d) (D); what an architecture lacks is NULL */
    struct linear qkv;                                /* ((H + 2G) d, D) */
    struct linear out;                                /* (D, H d) */
    struct norm ffn_norm, ffn_post;                   /* (D) */
    struct linear up;                                 /* (F, D), or (2F, D): what is activated, then what multiplies it */
    struct linear down;                               /* (D, F) */
    bool local;                                       /* attends within the window, and turns by the other base */

    struct linear router;       /* (E, D); instead of up and down, when there are experts */
    struct linear *ups, *downs; /* E of (F, D) and of (D, F) */
};

struct encoder {
    uint32_t layers, dim, heads, kv_heads, head_dim, ffn;
    uint32_t experts, experts_used;
    float eps;
    enum pooling pooling;
    bool causal;
    uint32_t reach; /* a local layer sees so many tokens to each side */

    double rope_base[2], rope_scale[2]; /* of global and of local layers; base 0: does not turn */
    uint32_t rope_dims;

    struct matrix tokens;            /* (V, D) */
    struct matrix positions;         /* (max_tokens, D), or none */
    float *type;                     /* (D): the first token type's row, or NULL */
    struct norm embd_norm, out_norm; /* (D) */
    struct layer *layer;             /* (layers) */
    struct linear dense;             /* (M, D) and */
    struct linear dense_out;         /* (D, M) after pooling, or none */

    void (*activate)(float *x, size_t n);
    void (*forward)(const struct encoder *e, struct encoder_room *r);
};

/* ---- one thread's room ---- */

struct encoder_room {
    size_t texts, rows;     /* of this call: rows is T */
    uint32_t *ids, *starts; /* (T), (texts + 1): text i has rows starts[i] .. starts[i + 1] - 1 */
    size_t cap_ids, cap_starts;

    float *x;   /* (T, D): the stream */
    float *y;   /* (T, D) */
    float *qkv; /* (T, (H + 2G) d) */
    float *att; /* (T, H d) */
    float *u;   /* (FFN_ROWS, 2F) */
    size_t cap_x, cap_y, cap_qkv, cap_att, cap_u;

    float *keys, *values, *scores, *mixed; /* attention.c */
    size_t cap_keys, cap_values, cap_scores, cap_mixed;

    float *turn[2]; /* (positions, rope_dims): cosines, then sines; global and local */
    size_t turns;

    float *gates, *chosen, *gathered; /* experts.c */
    size_t cap_gates, cap_chosen, cap_gathered;

    struct linear_room linear;
};

enum { FFN_ROWS = 64 }; /* rows that go through up and down together: (64, F) stays in the cache */

/* ---- opening (encoder.c) ---- */

/* dim, layers, heads, kv_heads, head_dim, ffn, pooling, tokens and what the vocabulary asks for; allocates m->net. */
struct encoder *encoder_begin(struct embedder *m, struct loader *l);

/* Checks what is left to check, and sets m->dim and m->max_tokens. Returns l->rc. */
int encoder_end(struct embedder *m, struct loader *l, uint32_t max_tokens);

void load_rope(struct loader *l, struct encoder *e); /* keys rope.*, of global and local layers */

/* Which layers are local: all but the first, or the last, of each `pattern` of them, unless the file has a list. */
void load_window(struct loader *l, struct encoder *e, uint32_t pattern, bool last_is_global);
void load_experts(struct loader *l, struct encoder *e, uint32_t i);
void load_qkv(struct loader *l, struct encoder *e, uint32_t i, unsigned flags); /* fused or separate */

/* What the layers of qwen3 and gemma have in common: norms before each step, q and k normed, a gated feed. */
void load_decoder_layer(struct loader *l, struct encoder *e, uint32_t i);

/* ---- entries of struct embed_arch ---- */

void encoder_close(void *net);
void *encoder_scratch_new(const struct embedder *m);
void encoder_scratch_free(void *scratch);
uint32_t encoder_embed(const struct embedder *m, void *scratch, const uint32_t *ids, size_t n, float *out, float *strength);
void encoder_embed_batch(const struct embedder *m, void *scratch, const uint32_t *ids, const size_t *starts, size_t texts,
                         float *out);

#define ENCODER_ARCH                                                                                                             \
    .close = encoder_close, .scratch_new = encoder_scratch_new, .scratch_free = encoder_scratch_free, .embed = encoder_embed,    \
    .embed_batch = encoder_embed_batch

/* ---- steps of a forward pass ---- */

void encoder_lookup(const struct encoder *e, struct encoder_room *r, float scale);         /* x = rows of the token table */
void encoder_attend(const struct encoder *e, struct encoder_room *r, bool local);          /* att from qkv (attention.c) */
void encoder_turn(const struct encoder *e, struct encoder_room *r, bool local);            /* rotates q and k (attention.c) */
void encoder_feed(const struct encoder *e, struct encoder_room *r, const struct layer *w); /* y = down(act(up(y))) */
void encoder_experts(const struct encoder *e, struct encoder_room *r,
                     const struct layer *w); /* the same by experts (experts.c) */

void rows_copy(float *to, const float *from, size_t n);
void rows_add(float *x, const float *y, size_t n);
void rows_layer_norm(const struct encoder *e, float *x, size_t rows, const struct norm *w); /* each of D numbers */
void rows_rms_norm(const struct encoder *e, float *x, size_t rows, const struct norm *w);
void heads_rms_norm(const struct encoder *e, struct encoder_room *r, const struct layer *w); /* of q and of k */

/* Room for at least n floats; what was in there is lost. */
void room_reserve(float **p, size_t *cap, size_t n);

#endif
