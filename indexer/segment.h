/* A posting segment: the inverted index of some documents as one immutable run of bytes, one LMDB value.
 *
 * Every commit writes a small one; merging makes few large ones of them. Document numbers only grow, so the segments of a
 * store cover disjoint, ascending ranges and merging is concatenation. A reader walks the bytes where they lie in the map.
 *
 *   OFFSET        SIZE                 DESCRIPTION
 *   0             8                    "SOUKSEG1"
 *   8             4 x 9                n_terms, n_grams, n_docs, then the offsets of the six parts below, and the total size
 *   terms_at      4 x (n_terms + 1)    where each term's text begins in texts; terms are sorted bytewise
 *   texts_at      ...                  the texts, without separators
 *   posts_at      4 x (n_terms + 1)    where each term's postings begin in lists
 *   lists_at      ...                  postings: varint count, then for each document varint (number - previous), u8 impact
 *   grams_at      8 x n_grams          u32 hash of three letters, u32 offset of its list in gram_lists; sorted by hash
 *   gram_lists_at ...                  varint count, then varint (term - previous): the words that hold these three letters
 *
 * The grams find words of the catalogue that look like an unknown word of a query. All numbers are little-endian; a segment
 * is at most 4 GiB. Nothing read is trusted: offsets are checked where they are used. */
#ifndef SOUK_SEGMENT_H
#define SOUK_SEGMENT_H

#include "base/buf.h"
#include "base/varint.h"

#include <stdbool.h>
#include <stdint.h>

struct segment {
    const uint8_t *base;
    uint32_t n_terms, n_grams, n_docs;
    uint32_t terms_at, texts_at, posts_at, lists_at, grams_at, gram_lists_at, size;
};

/* Reads the head of data; false when it is not a whole segment. data must stay, and be aligned to 2 bytes. */
bool segment_open(struct segment *s, const void *data, size_t n);

/* The number of a term (kind byte and text), or UINT32_MAX. */
uint32_t segment_find(const struct segment *s, const char *term, size_t n);
const char *segment_term(const struct segment *s, uint32_t term, size_t *n);

struct postings {
    const uint8_t *p, *end;
    uint32_t left, doc;
};
struct postings segment_postings(const struct segment *s, uint32_t term); /* .left is the document frequency */

static inline bool postings_next(struct postings *p, uint32_t *doc, uint8_t *impact)
{
    uint64_t delta;
    if (!p->left || !varint_get(&p->p, p->end, &delta) || p->p == p->end) return false;
    p->left--;
    *doc = p->doc += (uint32_t)delta;
    *impact = *p->p++;
    return true;
}

/* The three-letter grams of a word (folded, without kind), with its ends marked: "shoe" has ^sh sho hoe oe$. At most max. */
size_t word_grams(const char *s, size_t n, uint32_t *out, size_t max);

/* The list of words that hold a gram: .left entries, read by gram_next. */
struct postings segment_gram(const struct segment *s, uint32_t gram);
static inline bool gram_next(struct postings *p, uint32_t *term)
{
    uint64_t delta;
    if (!p->left || !varint_get(&p->p, p->end, &delta)) return false;
    p->left--;
    *term = p->doc += (uint32_t)delta;
    return true;
}

/* ---- making one ---- */

struct segment_builder;
struct segment_builder *segment_builder_new(void);
void segment_builder_free(struct segment_builder *b);
/* terms as terms_of wrote them; documents must come in ascending order. */
void segment_builder_add(struct segment_builder *b, uint32_t doc, const char *terms, size_t n);
bool segment_builder_empty(const struct segment_builder *b);
void segment_builder_finish(struct segment_builder *b, struct buf *out); /* and starts anew */

/* One segment of many, in ascending order of their documents; documents whose bit in dead is set are left out. */
void segment_merge(const struct segment *in, size_t n, const uint64_t *dead, uint32_t n_dead_bits, struct buf *out);

#endif
