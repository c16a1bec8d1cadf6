/* Private to embed.c and the architectures: what turns token ids into a vector.
 *
 * A new architecture is a file with one `const struct embed_arch`, declared below and listed in embed.c. */
#ifndef SOUK_ARCH_H
#define SOUK_ARCH_H

#include "embed/embed.h"
#include "embed/gguf.h"

struct embed_arch {
    const char *name;     /* value of general.architecture, and the prefix of its keys */
    unsigned token_flags; /* how embed_text tokenises */

    /* Builds m->net and sets m->dim and m->max_tokens from m->file; the vocabulary is open. On failure close is called. */
    int (*open)(struct embedder *m, struct errmsg *e);
    void (*close)(void *net);
    void *(*scratch_new)(const struct embedder *m); /* release with free() */

    /* As embed_ids; *strength as embed_strength tells. */
    uint32_t (*embed)(const struct embedder *m, void *scratch, const uint32_t *ids, size_t n, float *out, float *strength);
};

extern const struct embed_arch arch_static;

struct embedder {
    const struct embed_arch *arch;
    void *net;
    struct gguf *file;
    struct vocab *vocab;
    uint32_t dim, max_tokens;
    char id[33];
    char *name;
};

struct embed_scratch {
    struct vocab_scratch *vocab;
    void *net;
    float strength;
};

#endif
