/* Vectors that are not in the graph yet: rows of half floats in the store, by brute force as good as a graph while they
 * are few (a merge moves them into the next epoch).
 *
 *   OFFSET  SIZE         DESCRIPTION
 *   0       4            n: documents first .. first + n - 1, where first is the key
 *   4       4            dim
 *   8       8            zero
 *   16      2 dim x n    unit vectors; a row of zeros is a document without one
 *
 * A commit appends one chunk; a chunk of fewer than CHUNK_SMALL rows is rewritten with the rows that follow it, so a
 * thousand single upserts do not leave a thousand chunks. */
#ifndef SOUK_VECTORS_H
#define SOUK_VECTORS_H

#include "indexer/store.h"

enum { CHUNK_HEAD = 16, CHUNK_SMALL = 256 };

struct vector_chunk {
    uint32_t first, n;
    const uint16_t *rows; /* in the map */
};

/* Reads the head of a value; false when it does not fit. */
bool vector_chunk_open(struct vector_chunk *c, MDB_val key, MDB_val value, uint32_t dim);

/* Appends n rows for documents first .. */
int vectors_append(const struct store *s, MDB_txn *txn, uint32_t first, uint32_t n, uint32_t dim, const uint16_t *rows);

/* Deletes every chunk: their rows are in the graph now. */
int vectors_clear(const struct store *s, MDB_txn *txn);

#endif
