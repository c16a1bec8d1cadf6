/* Opening an epoch as if its file came from an enemy: first that LMDB may touch it (pages.c), then META, then that every record
 * is there with the length that META says. Vectors and links are not read; walks check what they follow (graph.h). */
#include "ann/epoch.h"

#include "ann/ann.h"
#include "ann/pages.h"
#include "base/bits.h"
#include "base/kernel.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <xxhash.h>

static int damaged(const struct ann *a, struct errmsg *e, const char *what)
{
    return errmsg_set(e, ERR_FORMAT, "%s is damaged: %s; build the index again", a->path, what);
}

int epoch_record(const struct ann *a, const char *tag, uint32_t number, uint32_t rows, size_t row_bytes, void **out,
                 struct errmsg *e)
{
    uint8_t name[8];
    record_key(name, tag, number);
    MDB_val key = {sizeof name, name}, value;
    int rc = mdb_get(a->txn, a->dbi, &key, &value);
    if (rc && rc != MDB_NOTFOUND) return errmsg_set(e, rc, "cannot read %s: %s", a->path, err_str(rc));
    struct record r;
    if (rc || value.mv_size < RECORD_MIN || (uintptr_t)value.mv_data % 16) return damaged(a, e, "a record is missing");
    memcpy(&r, value.mv_data, sizeof r);
    if (memcmp(r.tag, tag, 4) != 0 || r.number != number || r.rows != rows || r.row_bytes != row_bytes ||
        value.mv_size != record_bytes(rows, row_bytes))
        return damaged(a, e, "a record has the wrong length");
    *out = (char *)value.mv_data + RECORD_HEADER;
    return 0;
}

/* ---- META ---- */

static bool meta_possible(const struct meta *m)
{
    if (m->dim < 8 || m->dim > ANN_MAX_DIM || m->n > ANN_MAX_DOCUMENTS || m->n_have > m->n) return false;
    if (!(m->clip > 0 && m->clip < 1e6f)) return false;
    if (m->entry == NONE) return m->n_upper == 0 && m->n_upper_rows == 0;
    if (m->M < 2 || m->M > ANN_MAX_M || m->entry >= m->n_upper || m->n_upper > m->n) return false;
    return m->n_upper_rows >= m->n_upper && m->n_upper_rows / MAX_LEVEL <= m->n_upper;
}

static int read_meta(struct ann *a, struct errmsg *e)
{
    void *row;
    int rc = epoch_record(a, "META", 0, 1, sizeof a->meta, &row, e);
    if (rc) return rc;
    memcpy(&a->meta, row, sizeof a->meta);
    if (memcmp(a->meta.magic, FORMAT_MAGIC, sizeof a->meta.magic) != 0)
        return errmsg_set(e, ERR_FORMAT, "%s is not a vector graph", a->path);
    if (a->meta.version > FORMAT_VERSION)
        return errmsg_set(e, ERR_MISMATCH, "%s was written by a newer souk (format %u, this one reads up to %d)", a->path,
                          a->meta.version, FORMAT_VERSION);
    if (((struct record *)row - 1)->xxh3 != XXH3_64bits(row, sizeof a->meta) || !meta_possible(&a->meta))
        return damaged(a, e, "its first record is wrong");
    return 0;
}

/* ---- the other records ---- */

static int read_segments(struct ann *a, const char *tag, unsigned shift, size_t row_bytes, void **bases, struct errmsg *e)
{
    uint32_t n = a->meta.n;
    for (uint32_t s = 0; s < segments(n, shift); s++) {
        int rc = epoch_record(a, tag, s, segment_rows(n, shift, s), row_bytes, &bases[s], e);
        if (rc) return rc;
    }
    return 0;
}

static int read_upper(struct ann *a, struct errmsg *e)
{
    const struct meta *m = &a->meta;
    void *ids, *links;
    int rc = epoch_record(a, "UPID", 0, m->n_upper + 1, sizeof(struct upper), &ids, e);
    if (!rc) rc = epoch_record(a, "UPLK", 0, m->n_upper_rows, (size_t)m->M * 4, &links, e);
    if (rc) return rc;
    a->g.upper = ids;
    a->g.upper_link = links;
    const struct upper *u = ids;
    for (uint32_t i = 0; i < m->n_upper; i++)
        if (u[i].id >= m->n || u[i].first >= u[i + 1].first || u[i + 1].first - u[i].first > MAX_LEVEL)
            return damaged(a, e, "its upper levels are out of order");
    if (u[0].first != 0 || u[m->n_upper].first != m->n_upper_rows) return damaged(a, e, "its upper levels are out of order");
    return 0;
}

static int read_records(struct ann *a, struct errmsg *e)
{
    const struct meta *m = &a->meta;
    uint32_t wide = segments(m->n, SEGMENT_SHIFT), fine = segments(m->n, VECTOR_SHIFT);
    a->bases = xcalloc(2 * (size_t)wide + fine + 1, sizeof *a->bases);
    void **code = a->bases, **link = code + wide, **vector = link + wide, *have;
    a->g = (struct graph){.n = m->n, .stride = code_bytes(m->dim), .M = m->M, .n_upper = m->n_upper, .entry = m->entry};
    a->dim = m->dim;
    a->n_have = m->n_have;
    a->unit = 127 / m->clip;
    int rc = epoch_record(a, "HAVE", 0, (uint32_t)bits_words(m->n), 8, &have, e);
    if (!rc) rc = read_segments(a, "CODE", SEGMENT_SHIFT, a->g.stride, code, e);
    if (!rc) rc = read_segments(a, "VECT", VECTOR_SHIFT, (size_t)m->dim * 2, vector, e);
    if (!rc && m->entry != NONE) rc = read_segments(a, "LINK", SEGMENT_SHIFT, (size_t)m->M * 8, link, e);
    if (!rc && m->entry != NONE) rc = read_upper(a, e);
    if (rc) return rc;
    a->have = have;
    a->g.code = (int8_t **)code;
    a->g.link = (uint32_t **)link;
    a->vector = (const uint16_t **)vector;
    if (m->n & 63 && a->have[m->n >> 6] >> (m->n & 63)) return damaged(a, e, "its bit set is too long");
    return 0;
}

/* ---- opening and closing ---- */

static int open_env(struct ann *a, struct errmsg *e)
{
    struct stat st;
    int rc = pages_check(a->path, e);
    if (rc) return rc;
    rc = stat(a->path, &st) ? errno : mdb_env_create(&a->env);
    if (!rc) rc = mdb_env_set_mapsize(a->env, (size_t)st.st_size);
    if (!rc) rc = mdb_env_open(a->env, a->path, MDB_NOSUBDIR | MDB_RDONLY | MDB_NOTLS | MDB_NOLOCK, 0);
    if (!rc) rc = mdb_txn_begin(a->env, NULL, MDB_RDONLY, &a->txn);
    if (!rc) rc = mdb_dbi_open(a->txn, NULL, 0, &a->dbi);
    return rc ? errmsg_set(e, rc, "cannot open %s: %s", a->path, err_str(rc)) : 0;
}

int ann_open(struct ann **out, const char *path, struct errmsg *e)
{
    struct ann *a = xcalloc(1, sizeof *a);
    a->path = xstrdup(path);
    int rc = open_env(a, e);
    if (!rc) rc = read_meta(a, e);
    if (!rc) rc = read_records(a, e);
    if (rc)
        ann_close(a);
    else
        *out = a;
    return rc;
}

void ann_close(struct ann *a)
{
    if (!a) return;
    if (a->txn) mdb_txn_abort(a->txn);
    if (a->env) mdb_env_close(a->env);
    free(a->bases);
    free(a->path);
    free(a);
}

static void warm(const void *p, size_t bytes)
{
    uintptr_t from = (uintptr_t)p & ~(uintptr_t)4095;
    madvise((void *)from, (uintptr_t)p + bytes - from, MADV_WILLNEED);
}

void ann_warm(const struct ann *a)
{
    for (uint32_t s = 0; s < segments(a->g.n, SEGMENT_SHIFT); s++) {
        size_t rows = segment_rows(a->g.n, SEGMENT_SHIFT, s);
        warm(a->g.code[s], rows * a->g.stride);
        if (a->g.entry != NONE) warm(a->g.link[s], rows * a->g.M * 8);
    }
}

/* ---- what it holds ---- */

uint32_t ann_size(const struct ann *a)
{
    return a->g.n;
}
uint32_t ann_count(const struct ann *a)
{
    return a->n_have;
}
uint32_t ann_dim(const struct ann *a)
{
    return a->dim;
}
bool ann_has_graph(const struct ann *a)
{
    return a->g.entry != NONE;
}
bool ann_has(const struct ann *a, uint32_t id)
{
    return id < a->g.n && bits_get(a->have, id);
}
const uint16_t *ann_vector_f16(const struct ann *a, uint32_t id)
{
    return ann_has(a, id) ? epoch_vector(a, id) : NULL;
}
bool ann_vector(const struct ann *a, uint32_t id, float *out)
{
    const uint16_t *v = ann_vector_f16(a, id);
    if (v) kernels()->from_f16(v, out, a->dim);
    return v;
}
