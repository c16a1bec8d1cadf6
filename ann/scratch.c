#include "ann/scratch.h"

#include "ann/ann.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct ann_scratch *ann_scratch_new(void)
{
    return xcalloc(1, sizeof(struct ann_scratch));
}

void ann_scratch_free(struct ann_scratch *s)
{
    if (!s) return;
    free(s->code);
    free(s->seen);
    free(s->pool);
    free(s->found);
    free(s->nodes);
    free(s->rows);
    free(s->scores);
    free(s->fresh);
    free(s->scan);
    free(s->rank);
    free(s);
}

void scratch_room(struct ann_scratch *s, uint32_t ef, uint32_t batch, uint32_t found)
{
    xgrow(&s->pool, &s->pool_cap, ef, sizeof *s->pool);
    xgrow(&s->found, &s->found_cap, found, sizeof *s->found);
    xgrow(&s->nodes, &s->nodes_cap, batch, sizeof *s->nodes);
    xgrow(&s->rows, &s->rows_cap, batch, sizeof *s->rows);
    xgrow(&s->scores, &s->scores_cap, batch, sizeof *s->scores);
    xgrow(&s->fresh, &s->fresh_cap, batch, sizeof *s->fresh);
}

void scratch_seen(struct ann_scratch *s, size_t words)
{
    xgrow(&s->seen, &s->seen_cap, words, sizeof *s->seen);
    memset(s->seen, 0, words * sizeof *s->seen);
}

uint64_t *scratch_scan(struct ann_scratch *s, size_t n)
{
    xgrow(&s->scan, &s->scan_cap, n, sizeof *s->scan);
    return s->scan;
}

uint64_t *scratch_rank(struct ann_scratch *s, size_t n)
{
    xgrow(&s->rank, &s->rank_cap, n, sizeof *s->rank);
    return s->rank;
}

int8_t *scratch_code(struct ann_scratch *s, size_t bytes)
{
    if (bytes > s->code_cap) {
        free(s->code);
        s->code = xaligned(64, bytes);
        s->code_cap = bytes;
    }
    memset(s->code, 0, bytes);
    return s->code;
}
