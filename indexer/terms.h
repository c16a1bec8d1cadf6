/* The terms of a product: what the lexical lane can find it by, each with its impact.
 *
 * A term is a kind byte and folded text: 'w' a word (or the stem of one, see below), 'g' a bigram of a script without
 * spaces. The impact is BM25F's pooled term frequency (Zaragoza et al. 2004, "Microsoft Cambridge at TREC-13"):
 *
 *     tf~ = sum over fields  w_f * tf_f / (1 - b_f + b_f * len_f / typical_f)
 *
 * in sixteenths, 1..255. The field lengths are compared with fixed typical lengths instead of the catalogue's means: so a
 * product's terms never change because another product came. A stem counts as a word of its own at STEM_SHARE, so that
 * "shoe" and "shoes" find each other and the exact form still wins. */
#ifndef SOUK_TERMS_H
#define SOUK_TERMS_H

#include "base/buf.h"
#include "indexer/product.h"

enum { TERM_MAX = WORD_MAX + 1 };
#define IMPACT_UNIT (1.0f / 16)
#define STEM_SHARE  0.8f

struct term_tools; /* one per thread */
struct term_tools *term_tools_new(void);
void term_tools_free(struct term_tools *t);

/* Appends the product's distinct terms to out, each as: u8 length, kind and text, u8 impact. Returns the bits of the stem
 * languages it used. */
uint32_t terms_of(struct term_tools *t, const json_t *product, struct buf *out);

/* Walks what terms_of wrote. */
struct term {
    const char *s;
    uint8_t n, impact;
};
static inline bool term_next(const char **p, const char *end, struct term *t)
{
    if (*p >= end) return false;
    t->n = (uint8_t)(*p)[0];
    t->s = *p + 1;
    t->impact = (uint8_t)(*p)[1 + t->n];
    *p += 2 + t->n;
    return true;
}

#endif
