#include "indexer/store.h"

#include "base/clock.h"
#include "base/mem.h"
#include "lang/lang.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_DBS = 16, MAX_READERS = 1024 };
static const char magic[8] = "SOUKSTOR";

int store_error(const struct store *s, int rc, struct errmsg *e)
{
    switch (rc) {
    case 0: return 0;
    case ENOSPC: return errmsg_set(e, rc, "%s: the disk is full; what was committed before is safe", s->path);
    case EDQUOT: return errmsg_set(e, rc, "%s: the disk quota is used up; what was committed before is safe", s->path);
    case EFBIG:
        return errmsg_set(e, rc, "%s: the file would pass the size limit of this process; what was committed before is safe",
                          s->path);
    case EIO: /* what LMDB makes of a write that was cut short */
        return errmsg_set(
            e, rc, "%s: cannot be written to its end, the disk is full or failing; what was committed before is safe", s->path);
    case EACCES:
    case EROFS: return errmsg_set(e, rc, "%s: no permission to write here", s->path);
    case MDB_READERS_FULL: return errmsg_set(e, rc, "%s: too many readers at once (%d slots)", s->path, MAX_READERS);
    case MDB_MAP_FULL: return errmsg_set(e, rc, "%s: larger than the address space reserved for it", s->path);
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
        return errmsg_set(e, ERR_FORMAT, "%s: not a souk store, or damaged (%s)", s->path, mdb_strerror(rc));
    default: return errmsg_set(e, rc, "%s: %s", s->path, err_str(rc));
    }
}

/* LMDB has met a page that cannot be, and would go on to read wherever it points. */
static void on_damage(MDB_env *env, const char *what)
{
    const char *path = NULL;
    mdb_env_get_path(env, &path);
    fprintf(stderr, "souk: %s is damaged (%s); rebuild the index from the catalogue\n", path ? path : "the store", what);
    _exit(1);
}

static int open_env(struct store *s, unsigned flags, size_t map)
{
    int rc = mdb_env_create(&s->env);
    if (rc) return rc;
    mdb_env_set_assert(s->env, on_damage);
    mdb_env_set_maxdbs(s->env, MAX_DBS);
    mdb_env_set_maxreaders(s->env, MAX_READERS);
    mdb_env_set_mapsize(s->env, map);
    rc = mdb_env_open(s->env, s->path, flags | MDB_NOSUBDIR | MDB_NOTLS, 0644);
    if (rc) {
        mdb_env_close(s->env);
        s->env = NULL;
    }
    return rc;
}

/* Reserves as much address space as it gets, from 1 TiB down to 1 GiB. */
static int reserve_env(struct store *s, unsigned flags)
{
    int rc = ENOMEM;
    for (size_t map = (size_t)1 << 40; rc == ENOMEM && map >= (size_t)1 << 30; map /= 2) rc = open_env(s, flags, map);
    return rc;
}

/* ---- is the file whole? ---- */

/* How many of the pages from `have` on are free. */
static uint64_t count_free(const char *path, size_t map, uint64_t have)
{
    struct store s = {.path = (char *)path};
    MDB_txn *txn;
    MDB_cursor *cur;
    MDB_val k, v;
    uint64_t n = 0;
    if (open_env(&s, MDB_RDONLY | MDB_NOLOCK, map) || mdb_txn_begin(s.env, NULL, MDB_RDONLY, &txn)) return 0;
    if (mdb_cursor_open(txn, 0, &cur)) return 0; /* database 0: lists of free pages, each with its length in front */
    while (mdb_cursor_get(cur, &k, &v, MDB_NEXT) == 0) {
        const size_t *list = v.mv_data;
        for (size_t i = 1; i <= list[0]; i++) n += list[i] >= have;
    }
    return n;
}

/* A page that was taken and freed by one transaction is never written, so a file may end before the last page that LMDB
 * counts. Whether the missing ones are all free is found out by a child: what it follows may lie behind the end too, and then
 * it is the child that dies of SIGBUS. */
static bool only_free_missing(const struct store *s, size_t map, uint64_t have, uint64_t need)
{
    int status = 1;
    pid_t child = fork();
    if (child == 0) {
        signal(SIGBUS, SIG_DFL);
        signal(SIGSEGV, SIG_DFL);
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        _exit(count_free(s->path, map, have) == need - have ? 0 : 1);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return child > 0 && status == 0;
}

/* LMDB trusts its pages: to read one behind the end of the file would be SIGBUS. */
static int check_length(const struct store *s, struct errmsg *e)
{
    MDB_envinfo info;
    MDB_stat st;
    struct stat file;
    mdb_env_info(s->env, &info);
    mdb_env_stat(s->env, &st);
    if (stat(s->path, &file) != 0) return store_error(s, errno, e);
    uint64_t have = (uint64_t)file.st_size / st.ms_psize, need = (uint64_t)info.me_last_pgno + 1;
    if (have >= need || !info.me_last_txnid) return 0;
    if (only_free_missing(s, info.me_mapsize, have, need)) return 0;
    return errmsg_set(e, ERR_FORMAT, "%s: cut short, %llu bytes of %llu; restore it from a copy or index again", s->path,
                      (unsigned long long)file.st_size, (unsigned long long)need * st.ms_psize);
}

int store_commit(const struct store *s, MDB_txn *txn)
{
    MDB_envinfo info;
    MDB_stat st;
    struct stat file;
    int fd, rc = mdb_txn_commit(txn);
    if (rc) return rc;
    mdb_env_info(s->env, &info);
    mdb_env_stat(s->env, &st);
    off_t need = (off_t)(info.me_last_pgno + 1) * (off_t)st.ms_psize;
    if (mdb_env_get_fd(s->env, &fd) == 0 && fstat(fd, &file) == 0 && file.st_size < need && ftruncate(fd, need) != 0)
        return 0; /* only_free_missing will find that all is well */
    return 0;
}

static int open_databases(struct store *s, unsigned flags)
{
    const struct {
        const char *name;
        MDB_dbi *dbi;
        unsigned flags;
    } dbs[] = {
        {"meta", &s->meta, 0},
        {"ids", &s->ids, 0},
        {"docs", &s->docs, MDB_INTEGERKEY},
        {"keys", &s->keys, MDB_DUPSORT | MDB_DUPFIXED | MDB_INTEGERDUP},
        {"fields", &s->fields, 0},
        {"cols", &s->cols, 0},
        {"dict", &s->dict, 0},
        {"rdict", &s->rdict, 0},
        {"lex", &s->lex, MDB_INTEGERKEY},
        {"vecs", &s->vecs, MDB_INTEGERKEY},
    };
    MDB_txn *txn;
    int rc = mdb_txn_begin(s->env, NULL, flags & STORE_READ ? MDB_RDONLY : 0, &txn);
    if (rc) return rc;
    for (size_t i = 0; !rc && i < sizeof dbs / sizeof dbs[0]; i++)
        rc = mdb_dbi_open(txn, dbs[i].name, dbs[i].flags | (flags & STORE_CREATE ? MDB_CREATE : 0), dbs[i].dbi);
    if (rc) {
        mdb_txn_abort(txn);
        return rc == MDB_NOTFOUND || rc == MDB_INCOMPATIBLE ? MDB_INVALID : rc;
    }
    return mdb_txn_commit(txn);
}

int store_open(struct store *s, const char *dir, unsigned flags, struct errmsg *e)
{
    *s = (struct store){.path = xasprintf("%s/store.mdb", dir), .read_only = flags & STORE_READ};
    int rc = reserve_env(s, flags & STORE_READ ? MDB_RDONLY : 0);
    if ((rc == EROFS || rc == EACCES) && flags & STORE_READ) rc = reserve_env(s, MDB_RDONLY | MDB_NOLOCK);
    if (rc) goto out;
    int dead;
    mdb_reader_check(s->env, &dead); /* slots of killed readers */
    if ((rc = check_length(s, e)) != 0) goto out;
    rc = open_databases(s, flags);
out:
    if (rc) {
        rc = store_error(s, rc, e);
        store_close(s);
    }
    return rc;
}

void store_close(struct store *s)
{
    if (s->env) mdb_env_close(s->env);
    free(s->path);
    *s = (struct store){0};
}

int manifest_get(const struct store *s, MDB_txn *txn, struct manifest *m, struct errmsg *e)
{
    MDB_val k = val("manifest", 8), v;
    int rc = mdb_get(txn, s->meta, &k, &v);
    if (rc) return errmsg_set(e, ERR_FORMAT, "%s: not a souk store", s->path);
    memset(m, 0, sizeof *m);
    memcpy(m, v.mv_data, v.mv_size < sizeof *m ? v.mv_size : sizeof *m);
    if (memcmp(m->magic, magic, 8)) return errmsg_set(e, ERR_FORMAT, "%s: not a souk store", s->path);
    if (m->version > STORE_VERSION)
        return errmsg_set(e, ERR_FORMAT, "%s: written by a newer souk (store version %u, this one knows %d)", s->path, m->version,
                          STORE_VERSION);
    if (v.mv_size != sizeof *m || !m->dim || m->n_live > m->next_doc || m->graph_docs > m->next_doc)
        return errmsg_set(e, ERR_FORMAT, "%s: its manifest is damaged", s->path);
    m->model_id[sizeof m->model_id - 1] = m->model_name[sizeof m->model_name - 1] = m->lang_version[sizeof m->lang_version - 1] =
        0;
    return 0;
}

int manifest_put(const struct store *s, MDB_txn *txn, struct manifest *m)
{
    memcpy(m->magic, magic, 8);
    m->version = STORE_VERSION;
    m->updated_s = clock_wall_s();
    m->commits++;
    MDB_val k = val("manifest", 8), v = val(m, sizeof *m);
    return mdb_put(txn, s->meta, &k, &v, 0);
}
