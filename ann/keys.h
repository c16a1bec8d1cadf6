/* Private to ann/: a candidate as one 64-bit number, score above and node below, so that comparing, sorting and moving
 * candidates are single instructions. Greater is better. */
#ifndef SOUK_ANN_KEYS_H
#define SOUK_ANN_KEYS_H

#include <stdint.h>

#define KEY_EXPANDED 0x80000000u /* in the node part: its links were followed. Node numbers stay below it */

static inline uint64_t key_make(int32_t score, uint32_t node)
{
    return (uint64_t)((uint32_t)score ^ 0x80000000u) << 32 | node;
}
static inline int32_t key_score(uint64_t key)
{
    return (int32_t)((uint32_t)(key >> 32) ^ 0x80000000u);
}
static inline uint32_t key_node(uint64_t key)
{
    return (uint32_t)key & ~KEY_EXPANDED;
}

/* Sorts, greatest first. */
void keys_sort(uint64_t *k, uint32_t n);

/* Moves the `best` greatest of n keys (best <= n) to the front, in no order. */
void keys_select(uint64_t *k, uint32_t n, uint32_t best);

/* Merges m sorted fresh keys into the sorted pool of *n keys, of which at most cap are kept (room for cap). Returns the position
 * of the best fresh key. */
uint32_t keys_merge(uint64_t *pool, uint32_t *n, uint32_t cap, const uint64_t *fresh, uint32_t m);

#endif
