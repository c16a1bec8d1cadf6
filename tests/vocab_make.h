/* Small vocabularies of each kind, opened from memory, for tests and the fuzz target.
 *
 *     struct gguf_make m = GGUF_MAKE_INIT;
 *     struct vocab_fixture f;
 *     make_gpt2_vocab(&m, "qwen2");
 *     fixture_open(&f, &m, &e);          0, or what vocab_open returns; then f.v is NULL
 *     fixture_ids(&f, "a b", 3, 0);      "1 2 3"
 *     fixture_close(&f); */
#ifndef SOUK_TESTS_VOCAB_MAKE_H
#define SOUK_TESTS_VOCAB_MAKE_H

#include "tests/gguf_make.h"

#include <stdio.h>
#include <stdlib.h>

struct vocab_fixture {
    struct buf file;
    struct gguf *g;
    struct vocab *v;
    struct vocab_scratch *s;
    char shown[512];
};

static inline int fixture_open(struct vocab_fixture *f, struct gguf_make *m, struct errmsg *e)
{
    *f = (struct vocab_fixture){.file = BUF_INIT(1 << 24), .s = vocab_scratch_new()};
    make_finish(m, &f->file);
    if (gguf_open_memory(&f->g, f->file.data, f->file.n, "memory", NULL) != 0) abort();
    return vocab_open(&f->v, f->g, e);
}

static inline void fixture_close(struct vocab_fixture *f)
{
    vocab_scratch_free(f->s);
    vocab_close(f->v);
    gguf_close(f->g);
    buf_release(&f->file);
}

/* Ids as "1 2 3", until the next call. */
static inline const char *fixture_ids(struct vocab_fixture *f, const char *text, size_t n, unsigned flags)
{
    const uint32_t *ids;
    size_t k = vocab_encode(f->v, f->s, text, n, flags, &ids), at = 0;
    f->shown[0] = 0;
    for (size_t i = 0; i < k && at < 500; i++)
        at += (size_t)snprintf(f->shown + at, sizeof f->shown - at, i ? " %u" : "%u", ids[i]);
    return f->shown;
}

/* Keys of a vocabulary: types may be NULL (all normal), and so may scores. */
static inline void make_vocab(struct gguf_make *m, const char *model, const char *const *texts, const int32_t *types,
                              const float *scores, uint32_t n)
{
    make_str(m, "tokenizer.ggml.model", model);
    make_strings(m, "tokenizer.ggml.tokens", texts, n);
    if (types) make_array(m, "tokenizer.ggml.token_type", GGUF_I32, n, types, n * 4);
    if (scores) make_array(m, "tokenizer.ggml.scores", GGUF_F32, n, scores, n * 4);
}

/* 0 [UNK] 1 [CLS] 2 [SEP] 3 ▁run 4 ning 5 ▁r 6 un 7 ▁, 8 ▁中 9 ▁strasse 10 ▁i 11 ▁कि 12 ▁한 (decomposed) 13 ▁A */
static inline void make_wordpiece_vocab(struct gguf_make *m)
{
    static const char *const texts[] = {"[UNK]",
                                        "[CLS]",
                                        "[SEP]",
                                        "▁run",
                                        "ning",
                                        "▁r",
                                        "un",
                                        "▁,",
                                        "▁中",
                                        "▁strasse",
                                        "▁i",
                                        "▁कि",
                                        "▁\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB",
                                        "▁A"};
    static const int32_t types[] = {2, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    make_vocab(m, "bert", texts, types, NULL, 14);
    make_u32(m, "tokenizer.ggml.unknown_token_id", 0);
    make_u32(m, "tokenizer.ggml.cls_token_id", 1);
    make_u32(m, "tokenizer.ggml.seperator_token_id", 2);
}

/* 0 <|end|> 1 a 2 b 3 c 4 Ġ 5 ab 6 bc 7 Ġab 8 Ã 9 © 10 abcabc, which no merge makes. Merges: bc, ab, Ġ ab; and Ã ©, whose
 * sum is no token */
static inline void make_gpt2_vocab(struct gguf_make *m, const char *pre)
{
    static const char *const texts[] = {"<|end|>", "a", "b", "c", "Ġ", "ab", "bc", "Ġab", "Ã", "©", "abcabc"};
    static const char *const merges[] = {"b c", "a b", "Ġ ab", "Ã ©", "b c"};
    make_vocab(m, "gpt2", texts, NULL, NULL, 11);
    make_strings(m, "tokenizer.ggml.merges", merges, 5);
    make_u32(m, "tokenizer.ggml.bos_token_id", 0);
    if (pre) make_str(m, "tokenizer.ggml.pre", pre);
}

/* 0 <bos> 1 a 2 ▁ 3 ▁a 4 \n 5 \n\n 6 \n\n\n 7 </s> 8 <0xC3> 9 <0xA9> 10 ▁▁ 11 <unk>. Merges: ▁ a, \n \n, ▁ ▁ */
static inline void make_gemma_vocab(struct gguf_make *m)
{
    static const char *const texts[] = {"<bos>",  "a",    "▁",      "▁a",     "\n", "\n\n",
                                        "\n\n\n", "</s>", "<0xC3>", "<0xA9>", "▁▁", "<unk>"};
    static const int32_t types[] = {3, 1, 1, 1, 1, 1, 1, 4, 6, 6, 1, 2};
    static const char *const merges[] = {"▁ a", "\n \n", "▁ ▁"};
    make_vocab(m, "gemma4", texts, types, NULL, 12);
    make_strings(m, "tokenizer.ggml.merges", merges, 3);
    make_u32(m, "tokenizer.ggml.bos_token_id", 0);
    make_u32(m, "tokenizer.ggml.unknown_token_id", 11);
}

/* 0 <unk> 1 <s> 2 </s> 3 ▁ 4 a 5 b 6 ab 7 ▁a 8 abb 9 [u] 10 <0xC3> 11 <0xA9> 12 < 13 s> 14 s 15 > */
static inline void make_spm_vocab(struct gguf_make *m)
{
    static const char *const texts[] = {"<unk>", "<s>", "</s>",   "▁",      "a", "b",  "ab", "▁a",
                                        "abb",   "[u]", "<0xC3>", "<0xA9>", "<", "s>", "s",  ">"};
    static const float scores[] = {0, 0, 0, -9, -9, -9, -2, -1, -3, 0, 0, 0, -9, -4, -9, -9};
    static const int32_t types[] = {2, 3, 3, 1, 1, 1, 1, 1, 1, 4, 6, 6, 1, 1, 1, 1};
    make_vocab(m, "llama", texts, types, scores, 16);
}

#endif
