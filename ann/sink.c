/* One transaction for each record keeps no more than one record in memory; the file is not synced before it is whole, and only a
 * whole file gets the name that readers look for. */
#include "ann/sink.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

static int failed(const struct sink *w, int rc, struct errmsg *e)
{
    return errmsg_set(e, rc, "cannot write %s: %s", w->beside, err_str(rc));
}

int sink_open(struct sink *w, const char *path, size_t bytes, struct errmsg *e)
{
    *w = (struct sink){.path = path, .beside = xasprintf("%s.tmp", path)};
    if (unlink(w->beside) != 0 && errno != ENOENT) return failed(w, errno, e);
    int rc = mdb_env_create(&w->env);
    if (!rc) rc = mdb_env_set_mapsize(w->env, bytes + ((size_t)64 << 20));
    if (!rc) rc = mdb_env_open(w->env, w->beside, MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOSYNC | MDB_NOTLS, 0644);
    return rc ? failed(w, rc, e) : 0;
}

int sink_reserve(struct sink *w, const char *tag, uint32_t number, uint32_t rows, size_t row_bytes, void **out, struct errmsg *e)
{
    uint8_t name[8];
    record_key(name, tag, number);
    MDB_val key = {sizeof name, name}, value = {record_bytes(rows, row_bytes), NULL};
    int rc = mdb_txn_begin(w->env, NULL, 0, &w->txn);
    if (!rc) rc = mdb_dbi_open(w->txn, NULL, 0, &w->dbi);
    if (!rc) rc = mdb_put(w->txn, w->dbi, &key, &value, MDB_RESERVE | MDB_NOOVERWRITE);
    if (rc) return failed(w, rc, e);
    w->open = value.mv_data;
    *w->open = (struct record){.number = number, .rows = rows, .row_bytes = (uint32_t)row_bytes};
    memcpy(w->open->tag, tag, 4);
    char *data = (char *)(w->open + 1);
    size_t used = rows * row_bytes;
    memset(data + used, 0, value.mv_size - RECORD_HEADER - used);
    *out = data;
    return 0;
}

int sink_commit(struct sink *w, struct errmsg *e)
{
    w->open->xxh3 = XXH3_64bits(w->open + 1, (size_t)w->open->rows * w->open->row_bytes);
    int rc = mdb_txn_commit(w->txn);
    w->txn = NULL;
    return rc ? failed(w, rc, e) : 0;
}

int sink_put(struct sink *w, const char *tag, uint32_t number, uint32_t rows, size_t row_bytes, const void *from,
             struct errmsg *e)
{
    void *to;
    int rc = sink_reserve(w, tag, number, rows, row_bytes, &to, e);
    if (rc) return rc;
    if (rows) memcpy(to, from, rows * row_bytes);
    return sink_commit(w, e);
}

/* A rename is durable when the folder is. */
static int sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? xmemdup(path, (size_t)(slash - path) + 2) : xstrdup(".");
    if (slash) folder[slash == path ? 1 : slash - path] = 0;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 || fsync(fd) != 0 ? errno : 0;
    if (fd >= 0) close(fd);
    free(folder);
    return rc;
}

int sink_close(struct sink *w, int rc, struct errmsg *e)
{
    if (w->txn) mdb_txn_abort(w->txn);
    if (!rc && (rc = mdb_env_sync(w->env, 1)) != 0) failed(w, rc, e);
    if (w->env) mdb_env_close(w->env);
    if (!rc && rename(w->beside, w->path) != 0) rc = failed(w, errno, e);
    if (rc)
        unlink(w->beside);
    else if ((rc = sync_folder(w->path)) != 0)
        failed(w, rc, e);
    free(w->beside);
    return rc;
}
