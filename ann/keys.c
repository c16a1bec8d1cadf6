/* Sorting, selecting and merging of candidate keys. Batches are small (a few dozen) and pools are short (tens to a thousand):
 * insertion sort below 24 keys, Hoare's quicksort and quickselect above. */
#include "ann/keys.h"

#include <string.h>

enum { SMALL = 24 };

static void insertion_sort(uint64_t *k, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        uint64_t x = k[i];
        uint32_t j = i;
        for (; j && k[j - 1] < x; j--) k[j] = k[j - 1];
        k[j] = x;
    }
}

static uint64_t median(uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t hi = a > b ? a : b, lo = a > b ? b : a;
    return c > hi ? hi : c < lo ? lo : c;
}

/* Hoare's partition, greatest first: everything in k[0..returned) is >= everything behind; both sides are not empty. n >= 2. */
static uint32_t partition(uint64_t *k, uint32_t n)
{
    uint64_t pivot = median(k[0], k[n / 2], k[n - 1]);
    for (uint32_t i = 0, j = n - 1;; i++, j--) {
        while (k[i] > pivot) i++;
        while (k[j] < pivot) j--;
        if (i >= j) return i ? i : 1;
        uint64_t t = k[i];
        k[i] = k[j];
        k[j] = t;
    }
}

void keys_sort(uint64_t *k, uint32_t n)
{
    while (n > SMALL) {
        uint32_t left = partition(k, n);
        keys_sort(k + left, n - left);
        n = left;
    }
    insertion_sort(k, n);
}

void keys_select(uint64_t *k, uint32_t n, uint32_t best)
{
    while (n > SMALL) {
        uint32_t left = partition(k, n);
        if (best <= left)
            n = left;
        else {
            k += left;
            n -= left;
            best -= left;
        }
    }
    insertion_sort(k, n);
}

/* First position of the sorted k[0..n) whose key is less than x. */
static uint32_t position(const uint64_t *k, uint32_t n, uint64_t x)
{
    uint32_t at = 0;
    while (n) {
        uint32_t half = n / 2;
        if (k[at + half] >= x) {
            at += half + 1;
            n -= half + 1;
        } else
            n = half;
    }
    return at;
}

/* From the worst fresh key to the best: what lies behind its place moves right by as many as come before it, itself included.
 * So every key of the pool is moved at most once, in blocks, instead of once for each insertion. */
uint32_t keys_merge(uint64_t *pool, uint32_t *n, uint32_t cap, const uint64_t *fresh, uint32_t m)
{
    uint32_t end = *n, at = *n;
    for (uint32_t j = m; j-- > 0; end = at) {
        at = position(pool, end, fresh[j]);
        uint32_t to = at + j + 1, count = end - at;
        if (to + count > cap) count = to < cap ? cap - to : 0;
        if (count) memmove(pool + to, pool + at, count * sizeof *pool);
        if (at + j < cap) pool[at + j] = fresh[j];
    }
    *n = *n + m < cap ? *n + m : cap;
    return at;
}
