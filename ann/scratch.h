/* Private to ann/: what one thread needs to walk and to rank. Every array grows to the largest wish and stays. */
#ifndef SOUK_ANN_SCRATCH_H
#define SOUK_ANN_SCRATCH_H

#include <stddef.h>
#include <stdint.h>

struct ann_scratch {
    /* the query */
    int8_t *code;
    size_t code_cap;

    /* the walk */
    uint64_t *seen;  /* a bit for each node of the level walked */
    uint64_t *pool;  /* candidates of the walk, best first */
    uint64_t *found; /* under a filter: the allowed ones among them */
    uint32_t n_pool, n_found;
    size_t seen_cap, pool_cap, found_cap;

    /* one step of it: nodes expanded together, their unseen neighbours, scores, those good enough */
    uint32_t *nodes;
    const int8_t **rows;
    int32_t *scores;
    uint64_t *fresh;
    size_t nodes_cap, rows_cap, scores_cap, fresh_cap;

    /* ranking */
    uint64_t *scan; /* candidates of a scan */
    uint64_t *rank; /* candidates being rescored */
    size_t scan_cap, rank_cap;
};

/* Room for a pool of ef and batches of `batch` nodes; found: also for the filtered pool. */
void scratch_room(struct ann_scratch *s, uint32_t ef, uint32_t batch, uint32_t found);

/* Room for `words` of s->seen, all zero. */
void scratch_seen(struct ann_scratch *s, size_t words);

/* Room for n keys to collect, and to rank. */
uint64_t *scratch_scan(struct ann_scratch *s, size_t n);
uint64_t *scratch_rank(struct ann_scratch *s, size_t n);

/* Room for a code row of `bytes`, 64-byte aligned, zeroed. */
int8_t *scratch_code(struct ann_scratch *s, size_t bytes);

#endif
