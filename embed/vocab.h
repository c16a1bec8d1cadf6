/* Text -> token ids, by the tokenizer that a GGUF file describes.
 *
 *     struct vocab *v;
 *     if ((rc = vocab_open(&v, g, &e)) != 0) return rc;          g must outlive v: the pieces stay in its map
 *     struct vocab_scratch *s = vocab_scratch_new();             one per thread
 *     size_t n = vocab_encode(v, s, text, len, VOCAB_ADD_SPECIAL, &ids);
 *
 * Every tokenizer works in two steps. First the text is cut at special tokens, which are matched literally (special.h);
 * then each piece of plain text in between is encoded by the kind that `tokenizer.ggml.model` names:
 *
 *     t5      Unigram (XLM-R and its children, souk's own models)        unigram.c
 *     bert    WordPiece (BERT and its children)                          wordpiece.c
 *     gpt2    BPE over bytes (Llama 3, Qwen, Mistral, Phi-4)             bpe.c, pretok.h
 *     gemma4  BPE over characters (Gemma 4)                              bpe.c
 *     llama   SentencePiece BPE (Llama 2, Gemma 2 and 3, Phi-3)          spm.c
 *
 * A vocabulary is immutable and shared by all threads. Encoding takes time linear in the text (n log n in a word, for
 * the kinds that merge) and, once the scratch has
 * grown to the size of the texts, allocates nothing. */
#ifndef SOUK_VOCAB_H
#define SOUK_VOCAB_H

#include "base/err.h"
#include "embed/gguf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VOCAB_NONE UINT32_MAX /* "no such token" */

/* Token kinds as GGUF numbers them. */
enum vocab_type {
    VOCAB_NORMAL = 1,
    VOCAB_UNKNOWN = 2,
    VOCAB_CONTROL = 3,
    VOCAB_USER = 4, /* matched literally, even when special tokens are not parsed */
    VOCAB_UNUSED = 5,
    VOCAB_BYTE = 6,
};

enum vocab_flags {
    VOCAB_ADD_SPECIAL = 1u << 0,   /* begin and end as the model wants it: <s> ... </s> */
    VOCAB_PARSE_SPECIAL = 1u << 1, /* "</s>" in the text is the token, not four characters */
};

struct vocab;
struct vocab_scratch;

/* Reads the tokenizer's keys of g. ERR_UNSUPPORTED for a kind that souk does not have, ERR_FORMAT for damaged keys. */
int vocab_open(struct vocab **out, const struct gguf *g, struct errmsg *e);
void vocab_close(struct vocab *v);

uint32_t vocab_size(const struct vocab *v);
enum vocab_type vocab_type(const struct vocab *v, uint32_t id); /* id < vocab_size */
struct gguf_str vocab_text(const struct vocab *v, uint32_t id); /* as it stands in the file; id < vocab_size */
const char *vocab_kind_name(const struct vocab *v);             /* "Unigram" */

struct vocab_scratch *vocab_scratch_new(void);
void vocab_scratch_free(struct vocab_scratch *s);

/* Ids of n bytes of text. *ids points into the scratch until the next call. Ill-formed UTF-8 counts as U+FFFD, byte by
 * byte. Returns the number of ids. */
size_t vocab_encode(const struct vocab *v, struct vocab_scratch *s, const char *text, size_t n, unsigned flags,
                    const uint32_t **ids);

#endif
