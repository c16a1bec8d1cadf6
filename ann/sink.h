/* Private to ann/: writes the file of an epoch, record by record, beside its final place.
 *
 *     rc = sink_open(&w, path, bytes, e);
 *     if (!rc && !(rc = sink_reserve(&w, "CODE", 0, rows, row_bytes, &p, e))) { fill p; rc = sink_commit(&w, e); }
 *     rc = sink_close(&w, rc, e);          0: synced and renamed; else: removed
 *
 * A reserved record lies in LMDB's memory until it is committed: fill it in place, from as many threads as you like. */
#ifndef SOUK_ANN_SINK_H
#define SOUK_ANN_SINK_H

#include "ann/format.h"
#include "base/err.h"

#include <lmdb.h>
#include <stddef.h>
#include <stdint.h>

struct sink {
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;
    const char *path;
    char *beside;
    struct record *open; /* the reserved record */
};

int sink_open(struct sink *w, const char *path, size_t bytes, struct errmsg *e); /* bytes: of all records, at most */
int sink_reserve(struct sink *w, const char *tag, uint32_t number, uint32_t rows, size_t row_bytes, void **out, struct errmsg *e);
int sink_commit(struct sink *w, struct errmsg *e);
int sink_put(struct sink *w, const char *tag, uint32_t number, uint32_t rows, size_t row_bytes, const void *from,
             struct errmsg *e); /* reserve, copy, commit */
int sink_close(struct sink *w, int rc, struct errmsg *e);

#endif
