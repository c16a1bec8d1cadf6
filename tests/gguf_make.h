/* Writes GGUF files for tests, good ones and bad ones.
 *
 *     struct gguf_make m = GGUF_MAKE_INIT;
 *     make_str(&m, "general.architecture", "static");
 *     make_tensor(&m, "token_embd.weight", TENSOR_F32, 4, 2, floats, sizeof floats);
 *     struct buf file = BUF_INIT(1 << 20);
 *     make_finish(&m, &file);
 *
 * Fields named lie_* replace what would be written there when they are not 0. */
#ifndef SOUK_TESTS_GGUF_MAKE_H
#define SOUK_TESTS_GGUF_MAKE_H

#include "base/buf.h"
#include "embed/dequant.h"
#include "embed/gguf.h"
#include "embed/vocab.h"

#include <string.h>

struct gguf_make {
    struct buf keys, tensors, data;
    uint64_t n_keys, n_tensors;
    uint32_t lie_version;
    uint64_t lie_keys, lie_tensors;
};
#define GGUF_MAKE_INIT                                                                                                           \
    {                                                                                                                            \
        BUF_INIT(1 << 24), BUF_INIT(1 << 24), BUF_INIT(1 << 24), 0, 0, 0, 0, 0                                                   \
    }

static inline void make_string(struct buf *b, const char *s)
{
    uint64_t n = strlen(s);
    buf_add(b, &n, 8);
    buf_add(b, s, n);
}
/* A key with a type and whatever bytes. */
static inline void make_key(struct gguf_make *m, const char *key, uint32_t type, const void *value, size_t n)
{
    make_string(&m->keys, key);
    buf_add(&m->keys, &type, 4);
    buf_add(&m->keys, value, n);
    m->n_keys++;
}
static inline void make_str(struct gguf_make *m, const char *key, const char *value)
{
    make_key(m, key, GGUF_STRING, NULL, 0);
    make_string(&m->keys, value);
}
static inline void make_u32(struct gguf_make *m, const char *key, uint32_t value)
{
    make_key(m, key, GGUF_U32, &value, 4);
}
static inline void make_bool(struct gguf_make *m, const char *key, bool value)
{
    make_key(m, key, GGUF_BOOL, &value, 1);
}
/* An array of n items in `bytes` bytes. */
static inline void make_array(struct gguf_make *m, const char *key, uint32_t item, uint64_t n, const void *items, size_t bytes)
{
    make_key(m, key, GGUF_ARRAY, &item, 4);
    buf_add(&m->keys, &n, 8);
    buf_add(&m->keys, items, bytes);
}
static inline void make_strings(struct gguf_make *m, const char *key, const char *const *s, uint64_t n)
{
    make_array(m, key, GGUF_STRING, n, NULL, 0);
    for (uint64_t i = 0; i < n; i++) make_string(&m->keys, s[i]);
}
static inline void make_raw_tensor(struct gguf_make *m, const char *name, uint32_t n_dims, const uint64_t *ne, uint32_t type,
                                   uint64_t offset)
{
    make_string(&m->tensors, name);
    buf_add(&m->tensors, &n_dims, 4);
    buf_add(&m->tensors, ne, n_dims * sizeof *ne);
    buf_add(&m->tensors, &type, 4);
    buf_add(&m->tensors, &offset, 8);
    m->n_tensors++;
}
static inline void make_pad(struct buf *b)
{
    while (b->n % 32) buf_byte(b, 0);
}
static inline void make_tensor(struct gguf_make *m, const char *name, uint32_t type, uint64_t ne0, uint64_t ne1, const void *data,
                               size_t bytes)
{
    uint64_t ne[2] = {ne0, ne1};
    make_pad(&m->data);
    make_raw_tensor(m, name, ne1 == 1 ? 1 : 2, ne, type, m->data.n);
    buf_add(&m->data, data, bytes);
}
/* Puts the file together in *out (not padded at its end) and releases m. */
static inline void make_finish(struct gguf_make *m, struct buf *out)
{
    uint32_t version = m->lie_version ? m->lie_version : 3;
    uint64_t tensors = m->lie_tensors ? m->lie_tensors : m->n_tensors, keys = m->lie_keys ? m->lie_keys : m->n_keys;
    buf_str(out, "GGUF");
    buf_add(out, &version, 4);
    buf_add(out, &tensors, 8);
    buf_add(out, &keys, 8);
    buf_add(out, m->keys.data, m->keys.n);
    buf_add(out, m->tensors.data, m->tensors.n);
    if (m->data.n) make_pad(out);
    buf_add(out, m->data.data, m->data.n);
    buf_release(&m->keys);
    buf_release(&m->tensors);
    buf_release(&m->data);
}

/* ---- a small Unigram vocabulary ---- */

enum {
    TINY_PAD,
    TINY_UNK,
    TINY_BOS,
    TINY_EOS,
    TINY_MARK,
    TINY_RED,
    TINY_RE,
    TINY_D,
    TINY_SHOES,
    TINY_A,
    TINY_AA,
    TINY_USER,
    TINY_N
};

/* Adds tokenizer keys without a character map: "▁red" is dearer than "▁re" + "d" together are cheap. */
static inline void make_tiny_vocab(struct gguf_make *m)
{
    static const char *const texts[TINY_N] = {"<pad>", "<unk>", "<s>",    "</s>", "▁",  "▁red",
                                              "▁re",   "d",     "▁shoes", "a",    "aa", "[user]"};
    static const float scores[TINY_N] = {0, 0, 0, 0, -3, -4, -5, -6, -4, -5, -7, 0};
    static const int32_t types[TINY_N] = {3, 2, 3, 1, 1, 1, 1, 1, 1, 1, 1, 4};
    make_str(m, "tokenizer.ggml.model", "t5");
    make_strings(m, "tokenizer.ggml.tokens", texts, TINY_N);
    make_array(m, "tokenizer.ggml.scores", GGUF_F32, TINY_N, scores, sizeof scores);
    make_array(m, "tokenizer.ggml.token_type", GGUF_I32, TINY_N, types, sizeof types);
    make_u32(m, "tokenizer.ggml.bos_token_id", TINY_BOS);
    make_u32(m, "tokenizer.ggml.eos_token_id", TINY_EOS);
    make_u32(m, "tokenizer.ggml.unknown_token_id", TINY_UNK);
    make_bool(m, "tokenizer.ggml.add_bos_token", true);
}

/* The same as a "static" model of dimension 4, int8 with scales. */
static inline void make_tiny_model(struct gguf_make *m)
{
    static const int8_t rows[TINY_N][4] = {{9, 9, 9, 9}, {9, 9, 9, 9}, {9, 9, 9, 9}, {9, 9, 9, 9}, {0, 0, 0, 4}, {3, 0, 0, 0},
                                           {1, 1, 0, 0}, {0, 1, 0, 0}, {0, 4, 0, 0}, {0, 0, 5, 0}, {0, 0, 1, 0}, {0, 0, 0, -1}};
    static const float scale[TINY_N] = {1, 1, 1, 1, 0, 1, 1, 1, 1, 0.5f, 2, 1};
    make_str(m, "general.architecture", "static");
    make_str(m, "general.name", "tiny");
    make_u32(m, "static.embedding_length", 4);
    make_tiny_vocab(m);
    make_tensor(m, "token_embd.scale", TENSOR_F32, TINY_N, 1, scale, sizeof scale);
    make_tensor(m, "token_embd.weight", TENSOR_I8, 4, TINY_N, rows, sizeof rows);
}

#endif
