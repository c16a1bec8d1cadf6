/* Private to embed.c and the architectures: what turns token ids into a vector.
 *
 * A new architecture is a file with one `const struct embed_arch`, declared below and listed in embed.c. */
#ifndef SOUK_ARCH_H
#define SOUK_ARCH_H

#include "embed/embed.h"
#include "embed/gguf.h"
#include "embed/prompt.h"

struct embed_arch {
    const char *name;     /* value of general.architecture, and the prefix of its keys */
    unsigned token_flags; /* how embed_text tokenises */
    bool sums;            /* a text's vector is the sum of its tokens', see embed_sums */

    /* Builds m->net and sets m->dim and m->max_tokens from m->file; the vocabulary is open. On failure close is called. */
    int (*open)(struct embedder *m, struct errmsg *e);
    void (*close)(void *net);
    void *(*scratch_new)(const struct embedder *m);
    void (*scratch_free)(void *scratch);

    /* As embed_ids; *strength as embed_strength tells. */
    uint32_t (*embed)(const struct embedder *m, void *scratch, const uint32_t *ids, size_t n, float *out, float *strength);

    /* The same for several texts at once: text i has ids starts[i] .. starts[i + 1] - 1 and goes to out + i * m->dim. NULL where
     * it would gain nothing. */
    void (*embed_batch)(const struct embedder *m, void *scratch, const uint32_t *ids, const size_t *starts, size_t texts,
                        float *out);
};

extern const struct embed_arch arch_static, arch_bert, arch_nomic_bert_moe, arch_modern_bert, arch_qwen3, arch_gemma_embedding;

struct embedder {
    const struct embed_arch *arch;
    void *net;
    struct gguf *file;
    struct vocab *vocab;
    uint32_t dim, max_tokens;
    struct prompts prompts;
    char id[33];
    char *name;
};

struct embed_scratch {
    const struct embed_arch *arch;
    struct vocab_scratch *vocab;
    void *net;
    float strength;

    char *prompted; /* prompt and text */
    uint32_t *ids;  /* of a batch */
    size_t *starts;
    size_t cap_prompted, cap_ids, cap_starts;
};

#endif
