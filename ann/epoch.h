/* Private to ann/: an open epoch. */
#ifndef SOUK_ANN_EPOCH_H
#define SOUK_ANN_EPOCH_H

#include "ann/format.h"
#include "ann/graph.h"
#include "base/err.h"

#include <lmdb.h>
#include <stdbool.h>

struct ann {
    /* what searches touch */
    struct graph g;
    uint32_t dim, n_have;
    float unit;              /* 127 / clip: floats to codes */
    const uint64_t *have;    /* bit set of documents with a vector */
    const uint16_t **vector; /* by segment of VECTOR_ROWS */

    /* where it comes from */
    struct meta meta;
    MDB_env *env;
    MDB_txn *txn; /* open as long as the epoch: nobody writes to the file */
    MDB_dbi dbi;
    char *path;
    void **bases; /* memory of g.code, g.link and vector */
};

/* The record with this key: its rows are as asked (all of them inside the file), or an error. */
int epoch_record(const struct ann *a, const char *tag, uint32_t number, uint32_t rows, size_t row_bytes, void **out,
                 struct errmsg *e);

static inline const uint16_t *epoch_vector(const struct ann *a, uint32_t id)
{
    return a->vector[id >> VECTOR_SHIFT] + (size_t)(id & (VECTOR_ROWS - 1)) * a->dim;
}
static inline uint32_t code_bytes(uint32_t dim)
{
    return (dim + 63) / 64 * 64;
}
/* Rows of segment s of n. */
static inline uint32_t segment_rows(uint32_t n, unsigned shift, uint32_t s)
{
    uint32_t left = n - (s << shift);
    return left < 1u << shift ? left : 1u << shift;
}

#endif
