/* The writing half of columns.h: collects the changed blocks of a transaction as dense arrays, gives new values their
 * ordinals, and writes blocks back in the smaller of their two forms. */
#include "base/mem.h"
#include "base/utf8.h"
#include "indexer/columns.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

struct dirty_block {
    uint32_t block;
    uint8_t *dense;
};

struct field {
    char *name;
    uint64_t hash; /* of the name */
    struct field_entry entry;
    bool changed;
    struct dirty_block *blocks;
    size_t n_blocks, cap_blocks;
};

/* Ordinals given or looked up before, by hash of field and value: open addressing, a power of two, grown at half full. */
struct known {
    XXH128_hash_t hash;
    uint32_t ordinal;
};

struct column_writer {
    const struct store *store;
    MDB_txn *txn;
    struct field *fields;
    size_t n_fields, cap_fields;
    uint16_t by_name[2 * FIELDS_MAX]; /* number of a field + 1, by hash: open addressing */
    struct known *known;
    size_t n_known, cap_known;
    struct buf json;
    unsigned *cut;
    int rc; /* sticky, for the visitors */
};

struct column_writer *column_writer_new(const struct store *s)
{
    struct column_writer *w = xcalloc(1, sizeof *w);
    w->store = s;
    w->json = (struct buf)BUF_INIT(64 << 20);
    return w;
}

void column_writer_forget(struct column_writer *w)
{
    for (size_t i = 0; i < w->n_fields; i++) {
        for (size_t b = 0; b < w->fields[i].n_blocks; b++) free(w->fields[i].blocks[b].dense);
        free(w->fields[i].blocks);
        free(w->fields[i].name);
    }
    w->n_fields = 0;
    memset(w->by_name, 0, sizeof w->by_name);
    w->n_known = 0;
    if (w->known) memset(w->known, 0, w->cap_known * sizeof *w->known);
}

void column_writer_free(struct column_writer *w)
{
    if (!w) return;
    column_writer_forget(w);
    free(w->fields);
    free(w->known);
    buf_release(&w->json);
    free(w);
}

/* Where the field of this name is, or would be, in by_name. */
static uint16_t *name_slot(struct column_writer *w, const char *name, size_t n, uint64_t hash)
{
    size_t i = hash % (2 * FIELDS_MAX);
    for (; w->by_name[i]; i = (i + 1) % (2 * FIELDS_MAX)) {
        const struct field *f = &w->fields[w->by_name[i] - 1];
        if (f->hash == hash && !strncmp(f->name, name, n) && !f->name[n]) break;
    }
    return &w->by_name[i];
}

static struct field *add_field(struct column_writer *w, const char *name, size_t n)
{
    xgrow(&w->fields, &w->cap_fields, w->n_fields + 1, sizeof *w->fields);
    struct field *f = &w->fields[w->n_fields];
    *f = (struct field){.name = xmalloc(n + 1), .hash = XXH3_64bits(name, n)};
    memcpy(f->name, name, n);
    f->name[n] = 0;
    *name_slot(w, name, n, f->hash) = (uint16_t)++w->n_fields;
    return f;
}

int column_writer_begin(struct column_writer *w, MDB_txn *txn)
{
    MDB_cursor *cur;
    MDB_val k, v;
    w->txn = txn;
    w->rc = 0;
    if (w->n_fields) return 0; /* what was read before is still so: there is one writer */
    int rc = mdb_cursor_open(txn, w->store->fields, &cur);
    if (rc) return rc;
    while (!(rc = mdb_cursor_get(cur, &k, &v, MDB_NEXT)))
        if (v.mv_size == sizeof(struct field_entry) && w->n_fields < FIELDS_MAX)
            memcpy(&add_field(w, k.mv_data, k.mv_size)->entry, v.mv_data, v.mv_size);
    mdb_cursor_close(cur);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static struct field *field_of(struct column_writer *w, const char *name)
{
    size_t n = strlen(name);
    uint16_t known = *name_slot(w, name, n, XXH3_64bits(name, n));
    if (known) return &w->fields[known - 1];
    if (w->n_fields == FIELDS_MAX) return NULL;
    struct field *f = add_field(w, name, n);
    f->entry = (struct field_entry){.id = (uint16_t)w->n_fields, .kind = (uint8_t)column_kind_of(name)};
    f->changed = true;
    return f;
}

/* ---- ordinals ---- */

static struct known *known_slot(struct column_writer *w, XXH128_hash_t h)
{
    size_t i = h.low64 & (w->cap_known - 1);
    while (w->known[i].ordinal && !XXH128_isEqual(w->known[i].hash, h)) i = (i + 1) & (w->cap_known - 1);
    return &w->known[i];
}

static void known_grow(struct column_writer *w)
{
    struct known *old = w->known;
    size_t n = w->cap_known;
    w->cap_known = n ? n * 2 : 1024;
    w->known = xcalloc(w->cap_known, sizeof *w->known);
    for (size_t i = 0; i < n; i++)
        if (old[i].ordinal) *known_slot(w, old[i].hash) = old[i];
    free(old);
}

/* Looks the value in w->json up in the dictionary, or adds it. */
static int ordinal_in_store(struct column_writer *w, struct field *f, XXH128_hash_t h, uint32_t *ordinal)
{
    struct {
        uint8_t field[2];
        XXH128_canonical_t hash;
    } rkey = {.field = {(uint8_t)(f->entry.id >> 8), (uint8_t)f->entry.id}};
    XXH128_canonicalFromHash(&rkey.hash, h);
    MDB_val k = val(&rkey, 18), v;
    int rc = mdb_get(w->txn, w->store->rdict, &k, &v);
    if (!rc) {
        memcpy(ordinal, v.mv_data, 4);
        return 0;
    }
    if (rc != MDB_NOTFOUND) return rc;
    *ordinal = ++f->entry.n_ordinals;
    f->changed = true;
    v = val(ordinal, 4);
    if ((rc = mdb_put(w->txn, w->store->rdict, &k, &v, 0)) != 0) return rc;
    uint8_t dkey[6];
    column_key(dkey, f->entry.id, *ordinal);
    k = val(dkey, 6);
    v = val(w->json.data, w->json.n);
    return mdb_put(w->txn, w->store->dict, &k, &v, 0);
}

static void write_scalar(struct column_writer *w, struct json_writer *out, const json_t *v)
{
    if (!json_is_string(v)) {
        json_value(out, v);
        return;
    }
    size_t n = json_string_length(v), kept = utf8_floor(json_string_value(v), n, FACET_MAX);
    if (kept < n) ++*w->cut;
    json_strn(out, json_string_value(v), kept);
}

/* The value as JSON text in w->json: equal values have equal text. */
static void canonical(struct column_writer *w, const json_t *v)
{
    struct json_writer out = {.out = &w->json};
    buf_clear(&w->json);
    if (!json_is_array(v)) {
        write_scalar(w, &out, v);
        return;
    }
    json_begin(&out, '[');
    for (size_t i = 0; i < json_array_size(v); i++) write_scalar(w, &out, json_array_get(v, i));
    json_end(&out, ']');
}

static int ordinal_of(struct column_writer *w, struct field *f, const json_t *v, uint32_t *ordinal)
{
    canonical(w, v);
    XXH128_hash_t h = XXH3_128bits_withSeed(w->json.data, w->json.n, f->entry.id);
    if (w->n_known * 2 >= w->cap_known) known_grow(w);
    struct known *slot = known_slot(w, h);
    if (!slot->ordinal) {
        int rc = ordinal_in_store(w, f, h, ordinal);
        if (rc) return rc;
        *slot = (struct known){h, *ordinal};
        w->n_known++;
    }
    *ordinal = slot->ordinal;
    return 0;
}

/* ---- blocks ---- */

/* The dense form of a block, read from the store at the first change of this transaction. */
static uint8_t *dense_block(struct column_writer *w, struct field *f, uint32_t block)
{
    for (size_t i = f->n_blocks; i-- > 0;)
        if (f->blocks[i].block == block) return f->blocks[i].dense;
    size_t width = column_width(f->entry.kind);
    uint8_t key[6], *dense = xmalloc(BLOCK_DOCS * width);
    struct column c = {.field = f->entry, .n_blocks = 1, .blocks = &(struct column_block){0}};
    column_key(key, f->entry.id, block);
    MDB_val k = val(key, 6), v;
    if (mdb_get(w->txn, w->store->cols, &k, &v) == 0) *c.blocks = (struct column_block){v.mv_data, (uint32_t)v.mv_size};
    const void *from = width == 4 ? (const void *)column_ordinals(&c, 0, (uint32_t *)dense)
                                  : column_numbers(&c, 0, (double *)dense);
    if (from != dense) memcpy(dense, from, BLOCK_DOCS * width);
    xgrow(&f->blocks, &f->cap_blocks, f->n_blocks + 1, sizeof *f->blocks);
    f->blocks[f->n_blocks++] = (struct dirty_block){block, dense};
    return dense;
}

static void set_value(struct column_writer *w, struct field *f, uint32_t doc, const void *value)
{
    size_t width = column_width(f->entry.kind);
    memcpy(dense_block(w, f, doc / BLOCK_DOCS) + (doc % BLOCK_DOCS) * width, value, width);
}

struct visit {
    struct column_writer *w;
    uint32_t doc;
    bool clear;
};

static void visit_value(void *arg, const char *name, const json_t *value)
{
    struct visit *v = arg;
    struct column_writer *w = v->w;
    struct field *f = w->rc ? NULL : field_of(w, name);
    if (!f) return;
    double number = v->clear ? NAN : json_number_value(value);
    uint32_t ordinal = 0;
    if (f->entry.kind == COLUMN_ORDINAL && !v->clear) w->rc = ordinal_of(w, f, value, &ordinal);
    if (!w->rc) set_value(w, f, v->doc, f->entry.kind == COLUMN_NUMBER ? (void *)&number : (void *)&ordinal);
}

int column_writer_set(struct column_writer *w, uint32_t doc, const json_t *old, const json_t *product, unsigned *cut)
{
    struct visit v = {w, doc, true};
    w->cut = cut;
    if (old) product_values(old, visit_value, &v);
    v.clear = false;
    product_values(product, visit_value, &v);
    return w->rc;
}

/* ---- flush ---- */

static bool is_none(const uint8_t *p, enum column_kind kind)
{
    double d;
    uint32_t u;
    if (kind == COLUMN_NUMBER) {
        memcpy(&d, p, 8);
        return isnan(d);
    }
    memcpy(&u, p, 4);
    return u == 0;
}

static int put_block(struct column_writer *w, const struct field *f, const struct dirty_block *b)
{
    size_t width = column_width(f->entry.kind), step = 2 + width, n = 0;
    uint8_t key[6], sparse[SPARSE_MAX * 10];
    bool fits = true;
    for (uint32_t i = 0; i < BLOCK_DOCS && fits; i++) {
        const uint8_t *p = b->dense + i * width;
        if (is_none(p, f->entry.kind)) continue;
        if ((fits = n < SPARSE_MAX)) {
            memcpy(sparse + n * step, &(uint16_t){(uint16_t)i}, 2);
            memcpy(sparse + n++ * step + 2, p, width);
        }
    }
    column_key(key, f->entry.id, b->block);
    MDB_val k = val(key, 6), v = fits ? val(sparse, n * step) : val(b->dense, BLOCK_DOCS * width);
    return mdb_put(w->txn, w->store->cols, &k, &v, 0);
}

static int put_field(struct column_writer *w, struct field *f)
{
    MDB_val k = val(f->name, strlen(f->name)), v = val(&f->entry, sizeof f->entry);
    int rc = f->changed ? mdb_put(w->txn, w->store->fields, &k, &v, 0) : 0;
    for (size_t i = 0; !rc && i < f->n_blocks; i++) rc = put_block(w, f, &f->blocks[i]);
    for (size_t i = 0; i < f->n_blocks; i++) free(f->blocks[i].dense);
    f->n_blocks = 0;
    f->changed = false;
    return rc;
}

int column_writer_flush(struct column_writer *w)
{
    int rc = w->rc;
    for (size_t i = 0; !rc && i < w->n_fields; i++) rc = put_field(w, &w->fields[i]);
    return rc;
}
