/* A second look by meaning: is every word of the query in the document?
 *
 * The vector of "rote schuhe" is near to red peppers, which have all of one word and nothing of the other. So the words are
 * embedded one by one as well, and the weakest of their cosines with a document says whether one of them is missing there.
 * It is looked at for the best candidates only, and counts besides the cosine of the whole query. Costs a dot product a word and
 * document; only for models whose vectors are sums (embed_sums). What it is worth: bench/NOTES.md. */
#ifndef SOUK_MEANING_H
#define SOUK_MEANING_H

#include "embed/embed.h"
#include "lang/words.h"

enum { MEANING_WORDS = 6 };

struct meaning {
    uint32_t dim, n; /* words; 0: the query is one word, and its cosine says it all */
    float *vectors;  /* (MEANING_WORDS, dim) */
    struct words *words;
};

void meaning_init(struct meaning *m, uint32_t dim);
void meaning_release(struct meaning *m);

/* Takes the words of a query; s is the calling thread's. */
void meaning_of(struct meaning *m, const struct embedder *model, struct embed_scratch *s, const char *q, size_t n);

/* The least cosine of a word with a document's vector (dim halfs); whole, the cosine of the query, when it is one word. */
float meaning_weakest(const struct meaning *m, const uint16_t *row, float whole);

#endif
