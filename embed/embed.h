/* embed/ - text -> vector. The public face of the room.
 *
 *     struct embedder *m;
 *     if ((rc = embed_open(&m, NULL, &e)) != 0) ...                    the shipped model
 *     struct embed_scratch *s = embed_scratch_new(m);                  one per thread
 *     float v[embed_dim(m)];
 *     if (embed_text(m, s, EMBED_QUERY, "携帯電話", 12, v)) ...         a unit vector: compare by dot product
 *     embed_scratch_free(s);
 *     embed_close(m);
 *
 * A model is a GGUF file, mapped and shared between processes; an embedder is immutable and shared by threads. Vectors of
 * different models do not compare: keep embed_model_id with everything that was computed.
 *
 * Read the room in this order:
 *   gguf.h      the file: metadata and tensors, checked          gguf_parse.h
 *   dequant.h   tensor formats, back to float
 *   vocab.h     text -> token ids                                vocab_kind.h special.h charsmap.h pieces.h
 *   arch.h      what an architecture must bring: one file each   static.c
 *   encoder.h   transformers: bert.c modern_bert.c qwen3.c gemma.c, and what they share: attention.c experts.c
 *   linear.h    their matrices, int8 or float                    load.h
 *   embed.h     you are here
 *   cmd.h       souk model, souk embed                           filter.h crew.h
 *
 * Architectures: "static" (a vector for each token, summed) and encoders: "bert", "nomic-bert-moe", "modern-bert", "qwen3" and
 * "gemma-embedding". */
#ifndef SOUK_EMBED_H
#define SOUK_EMBED_H

#include "base/err.h"
#include "embed/vocab.h"

#include <stddef.h>
#include <stdint.h>

/* What the text is: some models are told ("query: ..."), others do not care. */
enum embed_kind { EMBED_QUERY, EMBED_DOCUMENT };

enum { EMBED_MAX_DIM = 4096 };

struct embedder;
struct embed_scratch;

/* ---- life ---- */

/* Opens the model at path; NULL: the one that embed_default_path names. Returns 0, ERR_UNSUPPORTED for an architecture or
 * tokenizer that souk does not have, ERR_FORMAT for a damaged file, or errno. */
int embed_open(struct embedder **out, const char *path, struct errmsg *e);

/* The same for a file that is open already; the embedder takes it over, and closes it on failure too. */
int embed_open_gguf(struct embedder **out, struct gguf *g, struct errmsg *e);
void embed_close(struct embedder *m);

/* Where the default model is: $SOUK_MODEL, else embed/models/souk-static.gguf beside the executable, else models/ of the
 * installed share folder. ERR_NOT_FOUND when there is no file in any of them. */
int embed_default_path(char *out, size_t cap, struct errmsg *e);

struct embed_scratch *embed_scratch_new(const struct embedder *m);
void embed_scratch_free(struct embed_scratch *s);

/* ---- what it is; strings live as long as m ---- */

uint32_t embed_dim(const struct embedder *m);
const char *embed_model_id(const struct embedder *m); /* 32 hex digits of the content, see gguf_content_id */
const char *embed_name(const struct embedder *m);     /* general.name, else the file's name */
const char *embed_path(const struct embedder *m);
const struct vocab *embed_vocab(const struct embedder *m);

/* What embed_text puts in front of a text of this kind ("query: "), "" for most models. *n bytes, no NUL behind them. */
const char *embed_prompt(const struct embedder *m, enum embed_kind kind, size_t *n);

/* ---- work; m is shared, s is the calling thread's ---- */

/* The unit vector of n bytes of text into out (embed_dim floats). Returns the number of tokens that it is made of; 0: the
 * model knows nothing of this text, and out is all zero. Time is bounded: at most the model's context length of tokens is
 * used, and of longer texts only the first 48 bytes for each of them are read. */
uint32_t embed_text(const struct embedder *m, struct embed_scratch *s, enum embed_kind kind, const char *text, size_t n,
                    float *out);

struct embed_input {
    const char *text;
    size_t n;
};

/* The same for several texts, text i to out + i * embed_dim: encoders take them together, which costs each of short texts less.
 * The vectors are those that embed_text gives, to the bit. */
void embed_batch(const struct embedder *m, struct embed_scratch *s, enum embed_kind kind, const struct embed_input *texts,
                 size_t n, float *out);

/* The same from token ids, each below vocab_size; no prompt is put in front. */
uint32_t embed_ids(const struct embedder *m, struct embed_scratch *s, const uint32_t *ids, size_t n, float *out);

/* How much the model had to say about the last text of this scratch: the length of the vector before it was made unit. Tokens
 * of real words are long and agree; the letters of "asdfgh" are short and cancel out. Comparable within one model only; 1
 * where an architecture cannot tell. */
float embed_strength(const struct embed_scratch *s);

/* True when the vector of a text is the sum of its tokens' vectors: then its words one by one cost microseconds and tell which of
 * them a document lacks. A model that reads the words in context needs no such help, and pays milliseconds for each. */
bool embed_sums(const struct embedder *m);

/* Ids of a text (enum vocab_flags), as vocab_encode with the scratch of s. */
size_t embed_tokens(const struct embedder *m, struct embed_scratch *s, const char *text, size_t n, unsigned flags,
                    const uint32_t **ids);

#endif
