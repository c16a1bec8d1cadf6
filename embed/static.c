/* Static token embeddings: a vector for each token of the vocabulary; a text is the sum of its tokens', made unit length.
 *
 * No layers, no attention: a product title costs microseconds and nearly all of them are tokenising. What makes such a
 * model good is in its training; here it is a table.
 *
 *     static.embedding_length  u32 D        static.context_length  u32, tokens used at most (512 when missing)
 *     token_embd.weight  [D, V]  I8, or any float or quantised format
 *     token_embd.scale   [V]     F32, optional: number = scale[token] * stored number
 *     token_weight       [V]     F32, optional: how much a token counts, besides
 *
 * Control and unknown tokens are left out, and so is a token whose scale * weight is 0. I8 rows are summed as they lie in
 * the map (a kernel of base/), other formats go through one row of floats. Dividing by the number of tokens, as "mean
 * pooling" does, would be undone by the unit length and is not done. */
#include "base/kernel.h"
#include "base/mem.h"
#include "embed/arch.h"
#include "embed/dequant.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_CONTEXT = 512, MAX_CONTEXT = 1 << 20 };

struct static_net {
    const uint8_t *table; /* (V, D) in the file's format */
    const struct tensor_format *format;
    size_t row_bytes;
    float *factor; /* (V): scale * weight; 0 for tokens that are left out */
};

static void static_close(void *net)
{
    struct static_net *t = net;
    free(t->factor);
    free(t);
}

/* ---- open ---- */

static int read_shape(struct embedder *m, struct errmsg *e)
{
    m->max_tokens = DEFAULT_CONTEXT;
    gguf_u32(m->file, "static.context_length", &m->max_tokens);
    if (!m->max_tokens || m->max_tokens > MAX_CONTEXT)
        return errmsg_set(e, ERR_FORMAT, "%s: static.context_length is not 1 to %d", m->file->path, MAX_CONTEXT);
    if (!gguf_u32(m->file, "static.embedding_length", &m->dim) || !m->dim || m->dim > EMBED_MAX_DIM)
        return errmsg_set(e, ERR_FORMAT, "%s: static.embedding_length is not 1 to %d", m->file->path, EMBED_MAX_DIM);
    return 0;
}

static int read_table(struct embedder *m, struct static_net *t, struct errmsg *e)
{
    const struct gguf_tensor *w = gguf_tensor(m->file, "token_embd.weight");
    if (!w) return errmsg_set(e, ERR_FORMAT, "%s: has no tensor token_embd.weight", m->file->path);
    t->format = tensor_format(w->type);
    if (!t->format)
        return errmsg_set(e, ERR_UNSUPPORTED, "%s: token_embd.weight has tensor type %u, which souk cannot read", m->file->path,
                          w->type);
    if (w->ne[0] != m->dim || gguf_tensor_rows(w) != vocab_size(m->vocab))
        return errmsg_set(e, ERR_FORMAT, "%s: token_embd.weight is not %u numbers for each of %u tokens", m->file->path, m->dim,
                          vocab_size(m->vocab));
    t->table = w->data;
    t->row_bytes = tensor_row_bytes(t->format, m->dim);
    return 0;
}

/* Multiplies factor by an optional tensor of V floats. */
static int apply(struct embedder *m, struct static_net *t, const char *name, struct errmsg *e)
{
    const struct gguf_tensor *x = gguf_tensor(m->file, name);
    uint32_t n = vocab_size(m->vocab);
    if (!x) return 0;
    if (x->type != TENSOR_F32 || gguf_tensor_count(x) != n)
        return errmsg_set(e, ERR_FORMAT, "%s: %s is not %u numbers of type F32", m->file->path, name, n);
    for (uint32_t i = 0; i < n; i++) {
        float f;
        memcpy(&f, x->data + (size_t)i * sizeof f, sizeof f);
        t->factor[i] *= f;
        if (!isfinite(t->factor[i]))
            return errmsg_set(e, ERR_FORMAT, "%s: %s of token %u is not a number", m->file->path, name, i);
    }
    return 0;
}

static void leave_out_specials(const struct vocab *v, struct static_net *t)
{
    for (uint32_t i = 0; i < vocab_size(v); i++)
        if (vocab_type(v, i) == VOCAB_CONTROL || vocab_type(v, i) == VOCAB_UNKNOWN) t->factor[i] = 0;
}

static int static_open(struct embedder *m, struct errmsg *e)
{
    struct static_net *t = m->net = xcalloc(1, sizeof *t);
    int rc = read_shape(m, e);
    if (!rc) rc = read_table(m, t, e);
    if (rc) return rc;
    t->factor = xmalloc(vocab_size(m->vocab) * sizeof *t->factor);
    for (uint32_t i = 0; i < vocab_size(m->vocab); i++) t->factor[i] = 1;
    rc = apply(m, t, "token_embd.scale", e);
    if (!rc) rc = apply(m, t, "token_weight", e);
    if (!rc) leave_out_specials(m->vocab, t);
    return rc;
}

static void *static_scratch_new(const struct embedder *m)
{
    return xaligned(64, m->dim * sizeof(float)); /* one row */
}

/* ---- work ---- */

static void add_row(const struct static_net *t, uint32_t id, size_t dim, float *row, float *acc)
{
    const uint8_t *p = t->table + (size_t)id * t->row_bytes;
    if (t->format->type == TENSOR_I8) {
        kernels()->add_i8(acc, (const int8_t *)p, t->factor[id], dim);
        return;
    }
    t->format->unpack(p, row, dim);
    for (size_t i = 0; i < dim; i++) acc[i] += t->factor[id] * row[i];
}

/* Makes v unit length and returns what it was; 0, and v all zero, when it has none. */
static float normalise(float *v, size_t n)
{
    float length = sqrtf(kernels()->dot_f32(v, v, n));
    if (!isfinite(length)) length = 0;
    for (size_t i = 0; i < n; i++) v[i] = length > 0 ? v[i] / length : 0;
    return length;
}

static uint32_t static_embed(const struct embedder *m, void *scratch, const uint32_t *ids, size_t n, float *out, float *strength)
{
    const struct static_net *t = m->net;
    uint32_t used = 0;
    memset(out, 0, m->dim * sizeof *out);
    for (size_t i = 0; i < n && used < m->max_tokens; i++) {
        if (t->factor[ids[i]] == 0) continue;
        add_row(t, ids[i], m->dim, scratch, out);
        used++;
    }
    float length = normalise(out, m->dim);
    *strength = used ? length / (float)used : 0;
    return length > 0 ? used : 0;
}

const struct embed_arch arch_static = {
    .name = "static",
    .sums = true,
    .open = static_open,
    .close = static_close,
    .scratch_new = static_scratch_new,
    .scratch_free = free,
    .embed = static_embed,
};
