/* Private to the tokenizers: cuts a text at its special tokens.
 *
 * The rule: special tokens (control, unknown, user-defined) are literal substrings; the longest token goes first, over the
 * whole text, then the next over what is left between its matches, and so on. When special tokens are not to be parsed,
 * control and unknown tokens are passed over; user-defined ones match all the same.
 *
 * A pass for each token would cost tokens x text (some models have thousands). Here it is one pass for each distinct token
 * length, which tests a byte against the 256 first bytes of that length and only then searches among its tokens, sorted;
 * and one pass before all others finds that most texts hold no first byte at all. Two different tokens of the same length
 * that overlap in the text are taken from the left. */
#ifndef SOUK_SPECIAL_H
#define SOUK_SPECIAL_H

#include "embed/vocab_kind.h"

struct special;

/* Collects the special tokens of v. Some models strip white space around a token, which only their names in g tell:
 * nomic-bert-moe, jina-bert-v3 and ModernBERT to the left of the mask, Phi-3 to the right of nearly all. */
struct special *special_new(const struct vocab *v, const struct gguf *g);
void special_free(struct special *sp);

/* Fills s->fragments with the runs of the text, in order; plain runs are never empty. */
void special_split(const struct vocab *v, struct vocab_scratch *s, const char *text, size_t n, bool parse);

#endif
