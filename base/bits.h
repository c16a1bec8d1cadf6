/* Dense bit sets over document numbers 0..n-1: one bit each, in 64-bit words. Bits past n are always zero.
 *
 * Filters, totals and facets all walk one such set, so they cannot disagree. 78,712 documents are 10 KB, a million
 * 125 KB: AND, OR and NOT run at memory speed. Sets at rest (the dead documents of an index) are Roaring bitmaps. */
#ifndef SOUK_BITS_H
#define SOUK_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline size_t bits_words(uint32_t n)
{
    return ((size_t)n + 63) / 64;
}
static inline bool bits_get(const uint64_t *b, uint32_t i)
{
    return b[i >> 6] >> (i & 63) & 1;
}
static inline void bits_set(uint64_t *b, uint32_t i)
{
    b[i >> 6] |= 1ull << (i & 63);
}
static inline void bits_del(uint64_t *b, uint32_t i)
{
    b[i >> 6] &= ~(1ull << (i & 63));
}
/* Sets all of 0..n-1. */
static inline void bits_fill(uint64_t *b, uint32_t n)
{
    if (!n) return;
    memset(b, 0xFF, bits_words(n) * 8);
    if (n & 63) b[n >> 6] = (1ull << (n & 63)) - 1;
}
static inline void bits_and(uint64_t *restrict to, const uint64_t *restrict with, uint32_t n)
{
    for (size_t w = 0; w < bits_words(n); w++) to[w] &= with[w];
}
static inline void bits_or(uint64_t *restrict to, const uint64_t *restrict with, uint32_t n)
{
    for (size_t w = 0; w < bits_words(n); w++) to[w] |= with[w];
}
static inline void bits_andnot(uint64_t *restrict to, const uint64_t *restrict with, uint32_t n)
{
    for (size_t w = 0; w < bits_words(n); w++) to[w] &= ~with[w];
}
static inline uint32_t bits_count(const uint64_t *b, uint32_t n)
{
    uint32_t c = 0;
    for (size_t w = 0; w < bits_words(n); w++) c += (uint32_t)__builtin_popcountll(b[w]);
    return c;
}

struct bits_iter {
    const uint64_t *b;
    size_t w, words;
    uint64_t left;
};
static inline struct bits_iter bits_begin(const uint64_t *b, uint32_t n)
{
    struct bits_iter it = {b, 0, bits_words(n), 0};
    if (it.words) it.left = b[0];
    return it;
}
/* The next set bit, or UINT32_MAX. */
static inline uint32_t bits_next(struct bits_iter *it)
{
    while (!it->left) {
        if (++it->w >= it->words) return UINT32_MAX;
        it->left = it->b[it->w];
    }
    uint32_t i = (uint32_t)(it->w * 64) + (uint32_t)__builtin_ctzll(it->left);
    it->left &= it->left - 1;
    return i;
}

#endif
