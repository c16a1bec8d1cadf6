/* Bytes as a GGUF file: open, look at everything, tokenise a text, embed it. */
#include "base/mem.h"
#include "embed/embed.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char text[] = "  Rote <s>Turnschuhe</s> [user] 携帯電話ケース 45\xFF aaaa\n";

static void use_vocab(const struct gguf *g)
{
    struct vocab *v;
    if (vocab_open(&v, g, NULL) != 0) return;
    struct vocab_scratch *s = vocab_scratch_new();
    const uint32_t *ids;
    for (unsigned flags = 0; flags < 4; flags++) {
        size_t n = vocab_encode(v, s, text, sizeof text, flags, &ids);
        for (size_t i = 0; i < n; i++)
            if (ids[i] >= vocab_size(v)) abort();
    }
    vocab_scratch_free(s);
    vocab_close(v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gguf *g;
    struct embedder *m;
    char id[33];
    uint8_t *copy = size ? xmemdup(data, size) : NULL; /* exact bounds, so that a sanitizer sees each step past them */
    if (gguf_open_memory(&g, copy, size, "fuzz", NULL) == 0) {
        gguf_content_id(g, id);
        use_vocab(g);
        if (embed_open_gguf(&m, g, NULL) == 0) { /* closes g in any case */
            struct embed_scratch *s = embed_scratch_new(m);
            float v[EMBED_MAX_DIM];
            embed_text(m, s, EMBED_QUERY, text, sizeof text, v);
            embed_scratch_free(s);
            embed_close(m);
        }
    }
    free(copy);
    return 0;
}
