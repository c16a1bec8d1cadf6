#include "indexer/writer.h"

#include "base/bits.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "indexer/columns.h"
#include "indexer/segment.h"
#include "indexer/vectors.h"
#include "indexer/writer_state.h"

#include <stdlib.h>
#include <string.h>

/* ---- life ---- */

static void new_manifest(struct manifest *m, const struct embedder *model)
{
    *m = (struct manifest){.dim = embed_dim(model), .created_s = clock_wall_s()};
    snprintf(m->model_id, sizeof m->model_id, "%s", embed_model_id(model));
    snprintf(m->model_name, sizeof m->model_name, "%s", embed_name(model));
    snprintf(m->lang_version, sizeof m->lang_version, "%s", lang_version());
}

/* Reads the manifest, or writes the first one of a new index. */
static int first_manifest(struct writer *w, struct errmsg *e)
{
    const struct store *s = &w->ix->store;
    MDB_txn *txn;
    MDB_val k = val("manifest", 8), v;
    int rc = mdb_txn_begin(s->env, NULL, 0, &txn);
    if (rc) return store_error(s, rc, e);
    rc = mdb_get(txn, s->meta, &k, &v);
    if (rc == MDB_NOTFOUND && w->model) {
        new_manifest(&w->m, w->model);
        rc = manifest_put(s, txn, &w->m);
    } else if (!rc) {
        rc = manifest_get(s, txn, &w->m, e);
    }
    if (!rc) rc = dead_load(w, txn, e);
    if (rc) {
        mdb_txn_abort(txn);
        return store_error(s, rc, e);
    }
    return store_error(s, store_commit(s, txn), e);
}

static int check_model(const struct writer *w, struct errmsg *e)
{
    if (!w->model) return 0;
    if (!strcmp(w->m.model_id, embed_model_id(w->model)) && w->m.dim == embed_dim(w->model)) return 0;
    return errmsg_set(e, ERR_MISMATCH,
                      "index \"%s\" was made with the model %s (%.8s), not %s (%.8s); use that one, or --rebuild", w->ix->name,
                      w->m.model_name, w->m.model_id, embed_name(w->model), embed_model_id(w->model));
}

int writer_new(struct writer **out, struct index *ix, const struct embedder *model, struct errmsg *e)
{
    *out = NULL;
    struct writer *w = xcalloc(1, sizeof *w);
    w->ix = ix;
    w->model = model;
    w->vectors = (struct buf)BUF_INIT((size_t)1 << 36);
    w->segment = segment_builder_new();
    w->columns = column_writer_new(&ix->store);
    w->preparer = model ? preparer_new(model) : NULL;
    int rc = index_lock(ix, e);
    w->locked = !rc;
    if (!rc) rc = first_manifest(w, e);
    if (!rc) rc = check_model(w, e);
    if (!rc && ix->unnamed) rc = index_publish(ix, e);
    if (rc) {
        writer_free(w);
        return rc;
    }
    *out = w;
    return 0;
}

void writer_free(struct writer *w)
{
    if (!w) return;
    writer_abort(w);
    if (w->locked) index_unlock(w->ix);
    if (w->dead) roaring_bitmap_free(w->dead);
    segment_builder_free(w->segment);
    column_writer_free(w->columns);
    preparer_free(w->preparer);
    buf_release(&w->vectors);
    free(w->marks);
    free(w);
}

unsigned writer_cut_values(const struct writer *w)
{
    return w->cut;
}
const struct manifest *writer_manifest(const struct writer *w)
{
    return &w->m;
}

/* ---- transactions ---- */

int writer_begin(struct writer *w, struct errmsg *e)
{
    int rc = mdb_txn_begin(w->ix->store.env, NULL, 0, &w->txn);
    if (!rc) rc = column_writer_begin(w->columns, w->txn);
    w->batch = w->m;
    w->batch_dead = false;
    return store_error(&w->ix->store, rc, e);
}

/* After a transaction that came to nothing: what the writer remembers is as before the batch. */
static void forget_batch(struct writer *w)
{
    struct buf forget = BUF_INIT(UINT32_MAX);
    w->m = w->batch;
    segment_builder_finish(w->segment, &forget);
    buf_release(&forget);
    buf_clear(&w->vectors);
    column_writer_forget(w->columns);
    if (w->batch_dead) { /* read the committed set again */
        MDB_txn *txn;
        if (mdb_txn_begin(w->ix->store.env, NULL, MDB_RDONLY, &txn) == 0) {
            dead_load(w, txn, NULL);
            mdb_txn_abort(txn);
        }
    }
}

void writer_abort(struct writer *w)
{
    if (!w->txn) return;
    mdb_txn_abort(w->txn);
    w->txn = NULL;
    forget_batch(w);
}

static int put_segment(struct writer *w)
{
    struct buf bytes = BUF_INIT(UINT32_MAX);
    uint32_t number = w->m.next_segment;
    if (segment_builder_empty(w->segment)) return 0;
    segment_builder_finish(w->segment, &bytes);
    MDB_val k = val(&number, 4), v = val(bytes.data, bytes.n);
    int rc = bytes.failed ? ERR_TOO_BIG : mdb_put(w->txn, w->ix->store.lex, &k, &v, 0);
    w->m.next_segment++;
    buf_release(&bytes);
    return rc;
}

static int put_vectors(struct writer *w)
{
    size_t row = (size_t)w->m.dim * 2;
    uint32_t n = (uint32_t)(w->vectors.n / row);
    int rc = n ? vectors_append(&w->ix->store, w->txn, w->m.next_doc - n, n, w->m.dim, (const uint16_t *)w->vectors.data) : 0;
    buf_clear(&w->vectors);
    return rc;
}

int writer_commit(struct writer *w, struct errmsg *e)
{
    const struct store *s = &w->ix->store;
    int rc = put_segment(w);
    if (!rc) rc = put_vectors(w);
    if (!rc) rc = column_writer_flush(w->columns);
    if (!rc && w->batch_dead) rc = dead_save(w);
    if (!rc) rc = manifest_put(s, w->txn, &w->m);
    if (!rc) {
        rc = store_commit(s, w->txn);
        w->txn = NULL;
        if (rc) forget_batch(w);
    } else {
        writer_abort(w);
    }
    return store_error(s, rc, e);
}

/* ---- one product ---- */

struct found {
    uint32_t doc; /* UINT32_MAX: none */
    struct doc_head head;
    const char *json; /* in the map, until the next write */
    size_t json_n;
};

static int find(struct writer *w, const char *id, size_t n, struct found *f)
{
    MDB_val k = val(id, n), v;
    *f = (struct found){.doc = UINT32_MAX};
    if (!n || n > ID_MAX) return 0; /* no product has such an id */
    int rc = mdb_get(w->txn, w->ix->store.ids, &k, &v);
    if (rc) return rc == MDB_NOTFOUND ? 0 : rc;
    uint32_t doc;
    memcpy(&doc, v.mv_data, 4);
    k = val(&doc, 4);
    if ((rc = mdb_get(w->txn, w->ix->store.docs, &k, &v)) != 0) return rc;
    if (v.mv_size < sizeof f->head) return MDB_CORRUPTED;
    f->doc = doc;
    memcpy(&f->head, v.mv_data, sizeof f->head);
    f->json = (const char *)v.mv_data + sizeof f->head;
    f->json_n = v.mv_size - sizeof f->head;
    return 0;
}

static void mark(struct writer *w, uint32_t doc)
{
    if (!w->marking) return;
    size_t had = w->cap_marks;
    xgrow(&w->marks, &w->cap_marks, bits_words(doc + 1), 8);
    if (w->cap_marks > had) memset(w->marks + had, 0, (w->cap_marks - had) * 8);
    bits_set(w->marks, doc);
}

static int put_doc(struct writer *w, uint32_t doc, const struct prepared *p)
{
    MDB_val k = val(&doc, 4), v = {sizeof p->head + p->json.n, NULL};
    int rc = mdb_put(w->txn, w->ix->store.docs, &k, &v, MDB_RESERVE);
    if (rc) return rc;
    memcpy(v.mv_data, &p->head, sizeof p->head);
    memcpy((char *)v.mv_data + sizeof p->head, p->json.data, p->json.n);
    return 0;
}

/* The product that a document number held before, parsed; NULL when it cannot be. */
static json_t *old_product(const struct found *f)
{
    return f->doc == UINT32_MAX ? NULL : json_loadb(f->json, f->json_n, 0, NULL);
}

static int kill_doc(struct writer *w, uint32_t doc)
{
    MDB_val k = val(&doc, 4);
    roaring_bitmap_add(w->dead, doc);
    w->batch_dead = true;
    w->m.n_live--;
    return mdb_del(w->txn, w->ix->store.docs, &k, NULL);
}

struct keys {
    struct writer *w;
    uint32_t doc;
    int rc;
};

static void put_key(void *arg, const char *field, const char *s, size_t n)
{
    struct keys *t = arg;
    char key[IDENTIFIER_MAX];
    (void)field;
    size_t len = t->rc ? 0 : identifier_normalize(s, n, key);
    if (!len) return;
    MDB_val k = val(key, len), v = val(&t->doc, 4);
    t->rc = mdb_put(t->w->txn, t->w->ix->store.keys, &k, &v, MDB_NODUPDATA);
    if (t->rc == MDB_KEYEXIST) t->rc = 0;
}

/* A new number, in every lane. */
static int insert(struct writer *w, struct prepared *p, struct errmsg *e)
{
    if (w->m.next_doc >= ANN_MAX_DOCUMENTS)
        return errmsg_set(e, ERR_UNSUPPORTED,
                          "index \"%s\": all %u product numbers are used up, by replaced and deleted products too; --rebuild "
                          "gives new ones",
                          w->ix->name, ANN_MAX_DOCUMENTS);
    uint32_t doc = w->m.next_doc++;
    MDB_val k = val(p->product.id, p->product.id_n), v = val(&doc, 4);
    if (!p->has_body) prepare_body(w->preparer, p, NULL);
    struct keys keys = {w, doc, 0};
    int rc = mdb_put(w->txn, w->ix->store.ids, &k, &v, 0);
    if (!rc) rc = put_doc(w, doc, p);
    if (!rc) rc = column_writer_set(w->columns, doc, NULL, p->product.json, &w->cut);
    if (rc) return rc;
    product_identifiers(p->product.json, put_key, &keys);
    segment_builder_add(w->segment, doc, p->terms.data, p->terms.n);
    buf_add(&w->vectors, p->vector, (size_t)w->m.dim * 2);
    w->m.languages |= p->languages;
    w->m.n_live++;
    mark(w, doc);
    return keys.rc;
}

/* Same text: only columns and the stored product change, the number stays. */
static int overwrite(struct writer *w, const struct found *old, const struct prepared *p)
{
    json_t *before = old_product(old);
    int rc = column_writer_set(w->columns, old->doc, before, p->product.json, &w->cut);
    if (!rc) rc = put_doc(w, old->doc, p);
    json_decref(before);
    mark(w, old->doc);
    return rc;
}

static int replace(struct writer *w, const struct found *old, struct prepared *p, struct errmsg *e)
{
    int rc = kill_doc(w, old->doc);
    return rc ? rc : insert(w, p, e);
}

int writer_put(struct writer *w, struct prepared *p, enum outcome *outcome, struct errmsg *e)
{
    struct found old;
    if (p->product.deleted) return writer_delete(w, p->product.id, p->product.id_n, outcome, e);
    int rc = find(w, p->product.id, p->product.id_n, &old);
    if (rc) return store_error(&w->ix->store, rc, e);
    if (old.doc == UINT32_MAX) {
        *outcome = ADDED;
        rc = insert(w, p, e);
    } else if (!memcmp(old.head.all, p->head.all, sizeof old.head.all)) {
        *outcome = UNCHANGED;
        mark(w, old.doc);
    } else if (!memcmp(old.head.text, p->head.text, sizeof old.head.text)) {
        *outcome = UPDATED;
        rc = overwrite(w, &old, p);
    } else {
        *outcome = REPLACED;
        rc = replace(w, &old, p, e);
    }
    return store_error(&w->ix->store, rc, e);
}

int writer_update(struct writer *w, struct prepared *p, enum outcome *outcome, struct errmsg *e)
{
    struct found old;
    if (p->product.deleted) return writer_delete(w, p->product.id, p->product.id_n, outcome, e);
    int rc = find(w, p->product.id, p->product.id_n, &old);
    if (rc) return store_error(&w->ix->store, rc, e);
    *outcome = ABSENT;
    if (old.doc == UINT32_MAX) return 0;
    json_t *before = old_product(&old);
    if (!before) return store_error(&w->ix->store, MDB_CORRUPTED, e);
    json_t *merged = product_merge(before, p->product.json);
    json_decref(before);
    rc = prepare_json(p, merged, e);
    return rc ? rc : writer_put(w, p, outcome, e);
}

int writer_delete(struct writer *w, const char *id, size_t n, enum outcome *outcome, struct errmsg *e)
{
    struct found old;
    MDB_val k = val(id, n);
    int rc = find(w, id, n, &old);
    *outcome = !rc && old.doc != UINT32_MAX ? DELETED : ABSENT;
    if (*outcome == DELETED) {
        rc = kill_doc(w, old.doc);
        if (!rc) rc = mdb_del(w->txn, w->ix->store.ids, &k, NULL);
    }
    return store_error(&w->ix->store, rc, e);
}

/* ---- prune ---- */

void writer_mark_all(struct writer *w)
{
    w->marking = true;
    if (w->marks) memset(w->marks, 0, w->cap_marks * 8);
}

int writer_prune(struct writer *w, uint32_t *deleted, struct errmsg *e)
{
    MDB_cursor *cur = NULL;
    MDB_val k, v;
    *deleted = 0;
    int rc = mdb_cursor_open(w->txn, w->ix->store.ids, &cur);
    while (!rc && !(rc = mdb_cursor_get(cur, &k, &v, MDB_NEXT))) {
        uint32_t doc;
        memcpy(&doc, v.mv_data, 4);
        if (doc / 64 < w->cap_marks && bits_get(w->marks, doc)) continue;
        if ((rc = kill_doc(w, doc)) == 0) rc = mdb_cursor_del(cur, 0);
        ++*deleted;
    }
    mdb_cursor_close(cur);
    return store_error(&w->ix->store, rc == MDB_NOTFOUND ? 0 : rc, e);
}
