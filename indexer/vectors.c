#include "indexer/vectors.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

bool vector_chunk_open(struct vector_chunk *c, MDB_val key, MDB_val value, uint32_t dim)
{
    uint32_t head[2];
    if (key.mv_size != 4 || value.mv_size < CHUNK_HEAD) return false;
    memcpy(&c->first, key.mv_data, 4);
    memcpy(head, value.mv_data, 8);
    c->n = head[0];
    c->rows = (const uint16_t *)((const char *)value.mv_data + CHUNK_HEAD);
    return head[1] == dim && value.mv_size == CHUNK_HEAD + (uint64_t)c->n * dim * 2;
}

/* Finds the last chunk if it is small and ends where `first` begins. */
static bool growable(MDB_cursor *cur, uint32_t first, uint32_t dim, struct vector_chunk *c)
{
    MDB_val k, v;
    return mdb_cursor_get(cur, &k, &v, MDB_LAST) == 0 && vector_chunk_open(c, k, v, dim) && c->n < CHUNK_SMALL &&
           c->first + c->n == first;
}

int vectors_append(const struct store *s, MDB_txn *txn, uint32_t first, uint32_t n, uint32_t dim, const uint16_t *rows)
{
    MDB_cursor *cur;
    struct vector_chunk old = {0};
    size_t row = (size_t)dim * 2;
    int rc = mdb_cursor_open(txn, s->vecs, &cur);
    if (rc) return rc;
    if (!growable(cur, first, dim, &old)) old = (struct vector_chunk){.first = first};
    mdb_cursor_close(cur);
    uint16_t *kept = xmemdup(old.rows, old.n * row); /* the put may move the page it lies on */
    uint32_t head[4] = {old.n + n, dim, 0, 0};
    MDB_val k = val(&old.first, 4), v = {CHUNK_HEAD + head[0] * row, NULL};
    if ((rc = mdb_put(txn, s->vecs, &k, &v, MDB_RESERVE)) == 0) {
        memcpy(v.mv_data, head, CHUNK_HEAD);
        memcpy((char *)v.mv_data + CHUNK_HEAD, kept, old.n * row);
        memcpy((char *)v.mv_data + CHUNK_HEAD + old.n * row, rows, n * row);
    }
    free(kept);
    return rc;
}

int vectors_clear(const struct store *s, MDB_txn *txn)
{
    return mdb_drop(txn, s->vecs, 0);
}
