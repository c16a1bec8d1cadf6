#include "indexer/snapshot.h"

#include "base/bits.h"
#include "base/kernel.h"
#include "base/mem.h"
#include "indexer/vectors.h"

#include <roaring/roaring.h>
#include <stdlib.h>

struct field_view {
    char *name;
    struct field_entry entry;
    struct column column; /* blocks is NULL until asked for */
    bool loaded;
};

struct snapshot {
    struct index *ix;
    MDB_txn *txn;
    size_t txn_id; /* the state that everything below was read from; 0: none */
    struct manifest m;
    uint64_t *live;
    size_t cap_live;
    struct segment *segments;
    size_t n_segments, cap_segments;
    struct vector_chunk *chunks;
    size_t n_chunks, cap_chunks;
    struct field_view *fields;
    size_t n_fields, cap_fields;
    struct graph *graph;
    struct ann_scratch *ann;
    uint64_t *top_keys;
    size_t cap_top;
};

int snapshot_new(struct snapshot **out, struct index *ix, struct errmsg *e)
{
    struct snapshot *s = xcalloc(1, sizeof *s);
    int rc = mdb_txn_begin(ix->store.env, NULL, MDB_RDONLY, &s->txn);
    if (rc) {
        free(s);
        return store_error(&ix->store, rc, e);
    }
    mdb_txn_reset(s->txn);
    s->ix = ix;
    s->ann = ann_scratch_new();
    *out = s;
    return 0;
}

static void drop_fields(struct snapshot *s)
{
    for (size_t i = 0; i < s->n_fields; i++) {
        column_release(&s->fields[i].column);
        free(s->fields[i].name);
    }
    s->n_fields = 0;
}

static void drop_graph(struct snapshot *s)
{
    if (s->graph) graph_put(s->ix, s->graph);
    s->graph = NULL;
}

void snapshot_free(struct snapshot *s)
{
    if (!s) return;
    drop_fields(s);
    drop_graph(s);
    mdb_txn_abort(s->txn);
    ann_scratch_free(s->ann);
    free(s->live);
    free(s->segments);
    free(s->chunks);
    free(s->fields);
    free(s->top_keys);
    free(s);
}

/* ---- reading a new state ---- */

static int load_live(struct snapshot *s, struct errmsg *e)
{
    uint32_t n = s->m.next_doc;
    xgrow(&s->live, &s->cap_live, bits_words(n) + 1, 8);
    bits_fill(s->live, n);
    MDB_val k = val("dead", 4), v;
    int rc = mdb_get(s->txn, s->ix->store.meta, &k, &v);
    if (rc == MDB_NOTFOUND) return 0;
    if (rc) return rc;
    roaring_bitmap_t *dead = roaring_bitmap_portable_deserialize_safe(v.mv_data, v.mv_size);
    if (!dead) return errmsg_set(e, ERR_FORMAT, "%s: the set of dead documents is damaged", s->ix->store.path);
    roaring_uint32_iterator_t it;
    roaring_init_iterator(dead, &it);
    for (; it.has_value && it.current_value < n; roaring_advance_uint32_iterator(&it)) bits_del(s->live, it.current_value);
    roaring_bitmap_free(dead);
    return 0;
}

static int load_segments(struct snapshot *s, struct errmsg *e)
{
    MDB_cursor *cur = NULL;
    MDB_val k, v;
    int rc = mdb_cursor_open(s->txn, s->ix->store.lex, &cur);
    s->n_segments = 0;
    while (!rc && !(rc = mdb_cursor_get(cur, &k, &v, MDB_NEXT))) {
        xgrow(&s->segments, &s->cap_segments, s->n_segments + 1, sizeof *s->segments);
        if (!segment_open(&s->segments[s->n_segments++], v.mv_data, v.mv_size))
            rc = errmsg_set(e, ERR_FORMAT, "%s: a posting segment is damaged", s->ix->store.path);
    }
    mdb_cursor_close(cur);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static int load_chunks(struct snapshot *s, struct errmsg *e)
{
    MDB_cursor *cur = NULL;
    MDB_val k, v;
    int rc = mdb_cursor_open(s->txn, s->ix->store.vecs, &cur);
    s->n_chunks = 0;
    while (!rc && !(rc = mdb_cursor_get(cur, &k, &v, MDB_NEXT))) {
        xgrow(&s->chunks, &s->cap_chunks, s->n_chunks + 1, sizeof *s->chunks);
        struct vector_chunk *c = &s->chunks[s->n_chunks++];
        if (!vector_chunk_open(c, k, v, s->m.dim) || c->first > s->m.next_doc || c->n > s->m.next_doc - c->first)
            rc = errmsg_set(e, ERR_FORMAT, "%s: the vectors outside the graph are damaged", s->ix->store.path);
    }
    mdb_cursor_close(cur);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static int load_fields(struct snapshot *s)
{
    MDB_cursor *cur = NULL;
    MDB_val k, v;
    int rc = mdb_cursor_open(s->txn, s->ix->store.fields, &cur);
    drop_fields(s);
    while (!rc && !(rc = mdb_cursor_get(cur, &k, &v, MDB_NEXT))) {
        if (v.mv_size != sizeof(struct field_entry)) continue;
        xgrow(&s->fields, &s->cap_fields, s->n_fields + 1, sizeof *s->fields);
        struct field_view *f = &s->fields[s->n_fields++];
        *f = (struct field_view){.name = xmalloc(k.mv_size + 1)};
        memcpy(f->name, k.mv_data, k.mv_size);
        f->name[k.mv_size] = 0;
        memcpy(&f->entry, v.mv_data, v.mv_size);
    }
    mdb_cursor_close(cur);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

/* Searches write as far as the largest number in the graph, into memory that is sized by the manifest: they must agree. */
static int load_graph(struct snapshot *s, struct errmsg *e)
{
    if (s->graph && s->graph->epoch != s->m.graph_epoch) drop_graph(s);
    int rc = s->graph || !s->m.graph_epoch ? 0 : graph_get(s->ix, s->m.graph_epoch, &s->graph, e);
    if (rc || !s->graph) return rc;
    if (ann_dim(s->graph->ann) == s->m.dim && ann_size(s->graph->ann) == s->m.graph_docs) return 0;
    drop_graph(s);
    return errmsg_set(e, ERR_FORMAT, "%s: the graph does not belong to this store", s->ix->gen_dir);
}

static int load(struct snapshot *s, struct errmsg *e)
{
    int rc = manifest_get(&s->ix->store, s->txn, &s->m, e);
    if (!rc) rc = load_live(s, e);
    if (!rc) rc = load_segments(s, e);
    if (!rc) rc = load_chunks(s, e);
    if (!rc) rc = load_fields(s);
    if (!rc) rc = load_graph(s, e);
    return rc;
}

/* True when what was read before is still what the transaction sees. Its number alone does not tell: LMDB 0.9 registers a
 * reader as number N and then copies the roots of the tree from one of two places in turn, so a thread that sleeps in between
 * through two commits is number N and sees N + 2. The manifest counts commits too. */
static bool is_unchanged(const struct snapshot *s)
{
    MDB_val k = val("manifest", 8), v;
    struct manifest m;
    if (mdb_txn_id(s->txn) != s->txn_id || mdb_get(s->txn, s->ix->store.meta, &k, &v) || v.mv_size != sizeof m) return false;
    memcpy(&m, v.mv_data, sizeof m);
    return m.commits == s->m.commits;
}

int snapshot_begin(struct snapshot *s, struct errmsg *e)
{
    enum { TRIES = 3 }; /* a merge may unlink the epoch that we were about to open: then there is a newer state */
    int rc = 0;
    for (int i = 0; i < TRIES; i++) {
        if ((rc = mdb_txn_renew(s->txn)) != 0) break;
        if (is_unchanged(s)) return 0;
        struct errmsg why = {0};
        s->txn_id = 0;
        if ((rc = load(s, i + 1 < TRIES ? &why : e)) == 0) {
            s->txn_id = mdb_txn_id(s->txn);
            return 0;
        }
        mdb_txn_reset(s->txn);
    }
    return store_error(&s->ix->store, rc, e);
}

void snapshot_end(struct snapshot *s)
{
    mdb_txn_reset(s->txn);
}

const struct manifest *snapshot_manifest(const struct snapshot *s)
{
    return &s->m;
}
uint32_t snapshot_docs(const struct snapshot *s)
{
    return s->m.next_doc;
}
const uint64_t *snapshot_live(const struct snapshot *s)
{
    return s->live;
}

/* ---- documents ---- */

uint32_t snapshot_find(struct snapshot *s, const char *id, size_t n)
{
    MDB_val k = val(id, n), v;
    uint32_t doc;
    if (!n || n > ID_MAX || mdb_get(s->txn, s->ix->store.ids, &k, &v) || v.mv_size != 4) return UINT32_MAX;
    memcpy(&doc, v.mv_data, 4);
    return doc < s->m.next_doc ? doc : UINT32_MAX;
}

static bool stored(struct snapshot *s, uint32_t doc, MDB_val *v)
{
    MDB_val k = val(&doc, 4);
    return mdb_get(s->txn, s->ix->store.docs, &k, v) == 0 && v->mv_size >= sizeof(struct doc_head);
}

bool snapshot_product(struct snapshot *s, uint32_t doc, const char **json, size_t *n)
{
    MDB_val v;
    if (!stored(s, doc, &v)) return false;
    *json = (const char *)v.mv_data + sizeof(struct doc_head);
    *n = v.mv_size - sizeof(struct doc_head);
    return true;
}

bool snapshot_head(struct snapshot *s, uint32_t doc, struct doc_head *head)
{
    MDB_val v;
    if (!stored(s, doc, &v)) return false;
    memcpy(head, v.mv_data, sizeof *head);
    return true;
}

bool snapshot_has(struct snapshot *s, const char *id, size_t n, const struct doc_head *head)
{
    struct doc_head old;
    uint32_t doc = snapshot_find(s, id, n);
    return doc != UINT32_MAX && snapshot_head(s, doc, &old) && !memcmp(old.text, head->text, sizeof old.text);
}

size_t snapshot_identifier(struct snapshot *s, const char *key, size_t n, uint32_t *docs, size_t max)
{
    MDB_cursor *cur;
    MDB_val k = val(key, n), v;
    size_t found = 0;
    if (!n || mdb_cursor_open(s->txn, s->ix->store.keys, &cur)) return 0;
    for (int rc = mdb_cursor_get(cur, &k, &v, MDB_SET); !rc && found < max; rc = mdb_cursor_get(cur, &k, &v, MDB_NEXT_DUP)) {
        uint32_t doc;
        memcpy(&doc, v.mv_data, 4);
        if (doc < s->m.next_doc && bits_get(s->live, doc)) docs[found++] = doc;
    }
    mdb_cursor_close(cur);
    return found;
}

const struct segment *snapshot_segments(const struct snapshot *s, size_t *n)
{
    *n = s->n_segments;
    return s->segments;
}

/* ---- columns ---- */

size_t snapshot_fields(const struct snapshot *s)
{
    return s->n_fields;
}
const char *snapshot_field_name(const struct snapshot *s, size_t i)
{
    return s->fields[i].name;
}

static int field_by_name(const void *name, const void *field)
{
    return strcmp(name, ((const struct field_view *)field)->name);
}

const struct column *snapshot_column(struct snapshot *s, const char *name)
{
    struct field_view *f = s->n_fields ? bsearch(name, s->fields, s->n_fields, sizeof *s->fields, field_by_name) : NULL;
    if (!f) return NULL;
    if (!f->loaded && column_load(&s->ix->store, s->txn, &f->entry, s->m.next_doc, &f->column)) return NULL;
    f->loaded = true;
    return &f->column;
}

int snapshot_dict(struct snapshot *s, const char *name, const struct column *c, const struct dict **d)
{
    return dict_acquire(s->ix, s->txn, name, &c->field, d);
}

/* ---- vectors ---- */

uint32_t snapshot_delta_rows(const struct snapshot *s)
{
    uint32_t n = 0;
    for (size_t i = 0; i < s->n_chunks; i++) n += s->chunks[i].n;
    return n;
}

/* Brute force over the delta, merged with the n hits of the graph. */
static uint32_t add_delta(struct snapshot *s, const float *q, uint32_t k, const uint64_t *ok, struct ann_hit *hits, uint32_t n)
{
    struct ann_top top;
    xgrow(&s->top_keys, &s->cap_top, ANN_TOP_ROOM(k), sizeof *s->top_keys);
    ann_top_init(&top, s->top_keys, k, -INFINITY);
    for (uint32_t i = 0; i < n; i++) ann_top_add(&top, hits[i].id, hits[i].score);
    for (size_t i = 0; i < s->n_chunks; i++)
        ann_scan_f16(q, s->m.dim, s->chunks[i].rows, s->chunks[i].n, s->chunks[i].first, ok, &top);
    return ann_top_take(&top, hits);
}

uint32_t snapshot_nearest(struct snapshot *s, const float *q, uint32_t k, const uint64_t *ok, uint32_t n_ok,
                          struct ann_floor floor, struct ann_hit *hits)
{
    uint32_t n = 0;
    if (n_ok == s->m.next_doc) ok = NULL; /* everything passes: walks without a filter are shorter */
    if (s->graph) n = ann_search(s->graph->ann, s->ann, q, k, 0, ok, s->n_chunks ? UINT32_MAX : n_ok, floor, hits);
    if (s->n_chunks) n = add_delta(s, q, k, ok, hits, n);
    float least = n && floor.share * hits[0].score > floor.score ? floor.share * hits[0].score : floor.score;
    while (n && (floor.score > -1 || floor.share > 0) && hits[n - 1].score < least) n--;
    return n;
}

static bool is_zero(const uint16_t *row, uint32_t dim)
{
    for (uint32_t i = 0; i < dim; i++)
        if (row[i] & 0x7FFF) return false;
    return true;
}

const uint16_t *snapshot_vector_f16(struct snapshot *s, uint32_t doc)
{
    if (doc < s->m.graph_docs) return s->graph ? ann_vector_f16(s->graph->ann, doc) : NULL;
    size_t lo = 0, hi = s->n_chunks;
    while (lo < hi) { /* the last chunk that begins at or before doc */
        size_t mid = (lo + hi) / 2;
        if (s->chunks[mid].first <= doc)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (!lo || doc - s->chunks[lo - 1].first >= s->chunks[lo - 1].n) return NULL;
    const uint16_t *row = s->chunks[lo - 1].rows + (size_t)(doc - s->chunks[lo - 1].first) * s->m.dim;
    return is_zero(row, s->m.dim) ? NULL : row;
}

float snapshot_similarity(struct snapshot *s, const float *q, uint32_t doc)
{
    const uint16_t *row = snapshot_vector_f16(s, doc);
    return row ? kernels()->dot_f16(q, row, s->m.dim) : -1;
}

bool snapshot_vector(struct snapshot *s, uint32_t doc, float *out)
{
    const uint16_t *row = snapshot_vector_f16(s, doc);
    if (row) kernels()->from_f16(row, out, s->m.dim);
    return row != NULL;
}
