/* Private to the pair-merging tokenizers (bpe.c, spm.c): merges neighbours, best pair first, until none is left.
 *
 * A word starts as its characters. Of all neighbours that may merge, the pair with the lowest rank does, the leftmost of
 * equals; its two new neighbourhoods are looked up; and so on. The symbols are a linked list over the text and the pairs a
 * heap, so a word of n characters takes n log n whatever it looks like. A pair in the heap is out of date when one of its
 * symbols has been merged since: then it is dropped as it comes up. */
#ifndef SOUK_BPE_MERGE_H
#define SOUK_BPE_MERGE_H

#include "embed/vocab_kind.h"

enum {
    MERGE_NONE = UINT32_MAX,  /* no rank: these two do not merge; also: no symbol */
    MERGE_MAX_BYTES = 1 << 28 /* longer words must be cut before */
};

/* The rank of the pair l, r, whose texts lie side by side in `text`, or MERGE_NONE. */
typedef uint32_t merge_rank_fn(const void *model, const char *text, const struct bpe_symbol *l, const struct bpe_symbol *r);

/* Merges the n bytes of well-formed UTF-8 at text (1 <= n <= MERGE_MAX_BYTES). What is left is a list in s->symbols: the
 * first is number 0, .next leads on until MERGE_NONE. */
void merge_word(struct vocab_scratch *s, const char *text, size_t n, merge_rank_fn *rank, const void *model);

#endif
