/* Bytes as a text, for a small vocabulary of each kind. The first byte picks kind and flags, the rest is the text. */
#include "base/mem.h"
#include "tests/vocab_make.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { KINDS = 11 };

/* Opened once, by the first text for it, and kept as a service keeps them. */
static struct vocab_fixture kinds[KINDS];

static void make_kind(struct gguf_make *m, unsigned kind)
{
    static const char *const pre[] = {"llama-bpe", "qwen2", "qwen35", "tekken", "gpt-4o", "gpt-2"};
    switch (kind) {
    case 0: make_tiny_vocab(m); break;
    case 1: make_wordpiece_vocab(m); break;
    case 2:
        make_wordpiece_vocab(m);
        make_bool(m, "tokenizer.ggml.normalizer.lowercase", false);
        break;
    case 3: make_gemma_vocab(m); break;
    case 4: make_spm_vocab(m); break;
    default: make_gpt2_vocab(m, pre[kind - 5]);
    }
}

static struct vocab_fixture *open_kind(unsigned kind)
{
    struct gguf_make m = GGUF_MAKE_INIT;
    if (kinds[kind].v) return &kinds[kind];
    make_kind(&m, kind);
    if (fixture_open(&kinds[kind], &m, NULL) != 0) abort();
    return &kinds[kind];
}

/* Ids are tokens; and no text makes a control token when that was not asked for. */
static void check(const struct vocab *v, const uint32_t *ids, size_t n, unsigned flags)
{
    for (size_t i = 0; i < n; i++) {
        if (ids[i] >= vocab_size(v)) abort();
        if (!flags && vocab_type(v, ids[i]) == VOCAB_CONTROL) abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size) return 0;
    unsigned kind = data[0] % KINDS, flags = data[0] / KINDS % 4;
    struct vocab_fixture *f = open_kind(kind);
    const uint32_t *ids;
    char *text = xmemdup(data + 1, size - 1); /* exact bounds, so that a sanitizer sees each step past them */
    size_t n = vocab_encode(f->v, f->s, text, size - 1, flags, &ids);
    check(f->v, ids, n, flags);
    free(text);
    return 0;
}
