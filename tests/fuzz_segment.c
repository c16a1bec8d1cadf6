/* Bytes as a posting segment: terms, lists and grams read. Merging reads only what souk wrote itself. */
#include "indexer/segment.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 2000 }; /* of what a hostile head may promise */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct segment s;
    uint32_t x, g[16];
    uint8_t impact;
    if (!segment_open(&s, data, size)) return 0;
    for (uint32_t t = 0; t < s.n_terms && t < MOST; t++) {
        size_t n, left = MOST;
        const char *text = segment_term(&s, t, &n);
        segment_find(&s, text, n);
        for (struct postings p = segment_postings(&s, t); left && postings_next(&p, &x, &impact);) left--;
    }
    size_t k = word_grams("shoe", 4, g, 16);
    for (size_t i = 0; i < k; i++) {
        size_t left = MOST;
        for (struct postings p = segment_gram(&s, g[i]); left && gram_next(&p, &x);) left--;
    }
    return 0;
}
