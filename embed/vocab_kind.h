/* Private to the tokenizers (vocab.c, special.c and the kinds): what they share, and what a kind must bring.
 *
 * A new kind is a file with one `const struct vocab_kind`, declared below and listed in vocab.c. */
#ifndef SOUK_VOCAB_KIND_H
#define SOUK_VOCAB_KIND_H

#include "embed/vocab.h"

struct special;

struct vocab_kind {
    const char *model;     /* value of tokenizer.ggml.model */
    const char *name;      /* for people */
    bool add_bos, add_eos; /* when the file does not say */
    const char *plain;     /* a text that is no control token here, though it is in other models; may be NULL */

    /* Builds v->model from the file; the tokens, types and ids of v are there already, and may be corrected. */
    int (*open)(struct vocab *v, const struct gguf *g, struct errmsg *e);
    void (*close)(void *model);

    /* Appends the ids of a piece of plain text to s (scratch_push). */
    void (*encode)(const struct vocab *v, struct vocab_scratch *s, const char *text, size_t n);
};

extern const struct vocab_kind vocab_unigram, vocab_wordpiece, vocab_bpe, vocab_gemma, vocab_spm;

#define SPACE_MARK  "\xE2\x96\x81" /* "▁", U+2581: how vocabularies write a space */
#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD, for bytes that are no text */
enum { SPACE_MARK_BYTES = 3 };

/* Where a token's text lies: bytes [at, at + n) from vocab.texts. */
struct vocab_token {
    uint32_t at, n;
};

struct vocab {
    const struct vocab_kind *kind;
    void *model;
    const char *path; /* the GGUF file's, for messages */

    const uint8_t *texts;
    struct vocab_token *tokens;
    uint8_t *types; /* enum vocab_type */
    float *scores;  /* NULL when the file has none */
    uint32_t n;

    uint32_t bos, eos, unknown; /* VOCAB_NONE: none */
    bool add_bos, add_eos;
    struct special *special;
};

/* A run of the text: plain, or one special token. */
struct fragment {
    size_t at, n;
    uint32_t id; /* VOCAB_NONE: plain text */
};

/* One position of the best path (unigram.c). */
struct path_cell {
    double score;
    uint32_t id, n; /* the token that ends here, and its bytes */
};

/* A polynomial over bytes: that of two texts in a row follows from theirs (bpe_table.h). */
struct text_hash {
    uint64_t sum, power;
};

/* A run of characters that have been merged so far, and a pair that may be next (bpe_merge.c). */
struct bpe_symbol {
    uint32_t at, n; /* its text; n == 0: part of an earlier symbol now */
    uint32_t prev, next;
    struct text_hash hash;
};
struct bpe_pair {
    uint64_t key;      /* rank, then the number of the left symbol */
    uint32_t right, n; /* the right one, and the bytes of both */
};

struct vocab_scratch {
    uint32_t *ids;
    size_t n_ids, cap_ids;
    struct fragment *fragments, *spare;
    size_t n_fragments, cap_fragments, cap_spare;
    char *clean; /* text without ill-formed bytes */
    size_t cap_clean;
    char *norm; /* normalised text */
    size_t n_norm, cap_norm;
    struct path_cell *cells;
    size_t cap_cells;
    struct bpe_symbol *symbols;
    size_t cap_symbols;
    struct bpe_pair *pairs;
    size_t cap_pairs;
};

void scratch_push(struct vocab_scratch *s, uint32_t id);

/* Makes *text well-formed: where it is not, it is copied to s->clean with U+FFFD for each bad byte. */
void scratch_clean(struct vocab_scratch *s, const char **text, size_t *n);

/* Sets *id when the file did not, if there is such a token. */
void vocab_default(const struct vocab *v, uint32_t *id, uint32_t missing);

static inline const char *token_text(const struct vocab *v, uint32_t id)
{
    return (const char *)v->texts + v->tokens[id].at;
}

/* Bytes of the character that begins with this byte, as its lead says; 1 for stray bytes. */
static inline size_t char_bytes(char lead)
{
    unsigned char c = (unsigned char)lead;
    return c < 0xC0 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
}

#endif
