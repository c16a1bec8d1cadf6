/* Columns against arrays of values: sparse and dense blocks, changes in place, aborted transactions. */
#include "tests/index_make.h"

#include <criterion/criterion.h>
#include <math.h>

struct table {
    char dir[64];
    struct store s;
    struct column_writer *w;
    MDB_txn *txn;
    unsigned cut;
};

static void begin_txn(struct table *t)
{
    OK(mdb_txn_begin(t->s.env, NULL, 0, &t->txn), NULL);
    OK(column_writer_begin(t->w, t->txn), NULL);
}
static void commit_txn(struct table *t)
{
    OK(column_writer_flush(t->w), NULL);
    OK(mdb_txn_commit(t->txn), NULL);
}
static void open_table(struct table *t)
{
    struct errmsg e = {0};
    *t = (struct table){0};
    make_folder(t->dir);
    OK(store_open(&t->s, t->dir, STORE_CREATE, &e), &e);
    t->w = column_writer_new(&t->s);
}
static void close_table(struct table *t)
{
    column_writer_free(t->w);
    store_close(&t->s);
    remove_folder(t->dir);
}

static json_t *json_of(const char *text)
{
    char *s = quotes(text);
    json_t *v = text ? json_loads(s, 0, NULL) : NULL;
    free(s);
    cr_assert_not_null(v, "%s", text);
    return v;
}
static void set(struct table *t, uint32_t doc, const char *old, const char *product)
{
    json_t *before = old ? json_of(old) : NULL, *p = json_of(product);
    OK(column_writer_set(t->w, doc, before, p, &t->cut), NULL);
    json_decref(before);
    json_decref(p);
}

/* The column of a field in a read transaction that the caller ends with done(). */
static MDB_txn *load(struct table *t, const char *name, uint32_t n_docs, struct column *c)
{
    MDB_txn *txn;
    struct field_entry f;
    MDB_val k = val(name, strlen(name)), v;
    OK(mdb_txn_begin(t->s.env, NULL, MDB_RDONLY, &txn), NULL);
    OK(mdb_get(txn, t->s.fields, &k, &v), NULL);
    cr_assert_eq(v.mv_size, sizeof f);
    memcpy(&f, v.mv_data, sizeof f);
    OK(column_load(&t->s, txn, &f, n_docs, c), NULL);
    return txn;
}
static void done(MDB_txn *txn, struct column *c)
{
    column_release(c);
    mdb_txn_abort(txn);
}

/* ---- numbers and ordinals against a model ---- */

enum { DOCS = 3 * BLOCK_DOCS + 100 };

static void expect_numbers(struct table *t, const double *model)
{
    struct column c;
    double *tmp = xmalloc(BLOCK_DOCS * sizeof *tmp);
    MDB_txn *txn = load(t, "price", DOCS, &c);
    cr_assert_eq(c.field.kind, COLUMN_NUMBER);
    cr_assert_eq(c.n_blocks, 4);
    for (uint32_t b = 0; b < c.n_blocks; b++) {
        const double *block = column_numbers(&c, b, tmp);
        for (uint32_t i = 0; i < BLOCK_DOCS && b * BLOCK_DOCS + i < DOCS; i++) {
            double want = model[b * BLOCK_DOCS + i], one = column_number(&c, b * BLOCK_DOCS + i);
            bool same = isnan(want) ? isnan(one) && isnan(block[i]) : one == want && block[i] == want;
            if (!same) cr_assert(false, "document %u: %f and %f, not %f", b * BLOCK_DOCS + i, one, block[i], want);
        }
    }
    cr_assert(isnan(column_number(&c, DOCS + BLOCK_DOCS)), "behind the end there is nothing");
    done(txn, &c);
    free(tmp);
}

Test(columns, numbers_survive_in_sparse_and_dense_blocks)
{
    static const uint32_t how_many[] = {0, 1, SPARSE_MAX, SPARSE_MAX + 1, BLOCK_DOCS, 3000, 100, 0, SPARSE_MAX + 1};
    struct table t;
    double *model = xmalloc(DOCS * sizeof *model);
    for (int i = 0; i < DOCS; i++) model[i] = NAN;
    open_table(&t);
    srand(9);
    begin_txn(&t);
    set(&t, 0, NULL, "{'price':1}");
    model[0] = 1;
    commit_txn(&t);
    for (size_t round = 0; round < sizeof how_many / sizeof *how_many; round++) {
        uint32_t block = (uint32_t)round % 3, from = block * BLOCK_DOCS;
        begin_txn(&t);
        for (uint32_t i = 0; i < BLOCK_DOCS; i++) { /* exactly how_many have a value afterwards */
            char text[80];
            bool want = i < how_many[round], has = !isnan(model[from + i]);
            if (!want && !has) continue;
            model[from + i] = want ? rand() % 10000 / 100.0 : NAN;
            snprintf(text, sizeof text, want ? "{'price':%.2f}" : "{}", model[from + i]);
            set(&t, from + i, has ? "{'price':0}" : NULL, text);
        }
        commit_txn(&t);
        expect_numbers(&t, model);
    }
    close_table(&t);
    free(model);
}

Test(columns, ordinals_are_shared_by_equal_values)
{
    struct table t;
    struct column c;
    open_table(&t);
    begin_txn(&t);
    set(&t, 0, NULL, "{'brand':'Acme','attributes':{'size':['S','M']}}");
    set(&t, 1, NULL, "{'brand':'Nord','attributes':{'size':['M','S']}}");
    set(&t, 2, NULL, "{'brand':'Acme','attributes':{'size':['S','M'],'price':5}}");
    set(&t, 5000, NULL, "{'brand':'Acme'}");
    commit_txn(&t);
    MDB_txn *txn = load(&t, "brand", 6000, &c);
    cr_assert_eq(c.field.kind, COLUMN_ORDINAL);
    cr_assert_eq(c.field.n_ordinals, 2);
    uint32_t acme = column_ordinal(&c, 0), tmp[BLOCK_DOCS];
    cr_assert(acme && column_ordinal(&c, 2) == acme && column_ordinal(&c, 5000) == acme && column_ordinal(&c, 1) != acme);
    cr_assert_eq(column_ordinal(&c, 3), 0);
    cr_assert_eq(column_ordinal(&c, 4999), 0);
    cr_assert_eq(column_ordinals(&c, 0, tmp)[2], acme);
    cr_assert_eq(column_ordinals(&c, 1, tmp)[5000 - BLOCK_DOCS], acme);
    done(txn, &c);
    txn = load(&t, "attributes.size", 6000, &c);
    cr_assert_eq(column_ordinal(&c, 0), column_ordinal(&c, 2), "equal arrays are one value");
    cr_assert_neq(column_ordinal(&c, 0), column_ordinal(&c, 1), "their order counts");
    done(txn, &c);
    txn = load(&t, "attributes.price", 10, &c);
    cr_assert_eq(c.field.kind, COLUMN_ORDINAL, "only the product's own price is a number column");
    done(txn, &c);
    close_table(&t);
}

Test(columns, a_value_keeps_its_ordinal_over_transactions_and_writers)
{
    struct table t;
    struct column c;
    open_table(&t);
    begin_txn(&t);
    set(&t, 0, NULL, "{'brand':'Acme'}");
    commit_txn(&t);
    column_writer_free(t.w);
    t.w = column_writer_new(&t.s);
    begin_txn(&t);
    set(&t, 1, NULL, "{'brand':'Nord','currency':'EUR'}");
    set(&t, 2, NULL, "{'brand':'Acme'}");
    commit_txn(&t);
    begin_txn(&t);
    set(&t, 0, "{'brand':'Acme'}", "{'brand':'Nord'}");
    set(&t, 2, "{'brand':'Acme'}", "{'currency':'EUR'}");
    commit_txn(&t);
    MDB_txn *txn = load(&t, "brand", 3, &c);
    cr_assert_eq(c.field.n_ordinals, 2);
    cr_assert_eq(column_ordinal(&c, 0), column_ordinal(&c, 1));
    cr_assert_eq(column_ordinal(&c, 2), 0, "what the new product lacks is cleared");
    done(txn, &c);
    txn = load(&t, "currency", 3, &c);
    cr_assert(column_ordinal(&c, 1) && column_ordinal(&c, 2) == column_ordinal(&c, 1));
    done(txn, &c);
    close_table(&t);
}

Test(columns, an_aborted_transaction_leaves_no_trace)
{
    struct table t;
    struct column c;
    open_table(&t);
    begin_txn(&t);
    set(&t, 0, NULL, "{'brand':'Acme','price':1}");
    commit_txn(&t);
    begin_txn(&t);
    set(&t, 0, "{'brand':'Acme','price':1}", "{'brand':'Gone','price':2,'color':'x'}");
    mdb_txn_abort(t.txn);
    column_writer_forget(t.w);
    begin_txn(&t);
    set(&t, 1, NULL, "{'brand':'Nord','size':'L'}");
    commit_txn(&t);
    MDB_txn *txn = load(&t, "brand", 2, &c);
    cr_assert_eq(c.field.n_ordinals, 2);
    cr_assert(column_ordinal(&c, 0) == 1 && column_ordinal(&c, 1) == 2);
    done(txn, &c);
    txn = load(&t, "price", 2, &c);
    cr_assert_eq(column_number(&c, 0), 1);
    done(txn, &c);
    txn = load(&t, "size", 2, &c);
    cr_assert_eq(column_ordinal(&c, 1), 1);
    cr_assert_eq(c.field.id, 3, "the number of the field that came and went is given again");
    done(txn, &c);
    close_table(&t);
}

Test(columns, long_facet_values_are_cut_between_characters_and_counted)
{
    struct table t;
    struct buf text = BUF_INIT(10000);
    MDB_txn *txn;
    MDB_val k, v;
    uint8_t key[6];
    open_table(&t);
    buf_str(&text, "{'brand':'");
    for (int i = 0; i < 200; i++) buf_str(&text, "é");
    buf_str(&text, "','x':['short','");
    for (int i = 0; i < 300; i++) buf_str(&text, "x");
    buf_str(&text, "']}");
    begin_txn(&t);
    set(&t, 0, NULL, text.data);
    commit_txn(&t);
    cr_assert_eq(t.cut, 2);
    column_key(key, 1, 1);
    OK(mdb_txn_begin(t.s.env, NULL, MDB_RDONLY, &txn), NULL);
    k = val(key, 6);
    OK(mdb_get(txn, t.s.dict, &k, &v), NULL);
    cr_assert_eq(v.mv_size, 2 + FACET_MAX);
    mdb_txn_abort(txn);
    buf_release(&text);
    close_table(&t);
}

Test(columns, damaged_blocks_are_no_values)
{
    struct table t;
    struct column c;
    uint8_t key[6];
    char bytes[100] = {0};
    open_table(&t);
    begin_txn(&t);
    set(&t, 0, NULL, "{'brand':'Acme'}");
    set(&t, 2 * BLOCK_DOCS, NULL, "{'brand':'Acme'}");
    OK(column_writer_flush(t.w), NULL);
    column_key(key, 1, 0);
    MDB_val k = val(key, 6), v = val(bytes, 7);
    OK(mdb_put(t.txn, t.s.cols, &k, &v, 0), NULL); /* no whole number of pairs */
    column_key(key, 1, 1);
    memset(bytes, 0xFF, sizeof bytes);
    v = val(bytes, 12);
    OK(mdb_put(t.txn, t.s.cols, &k, &v, 0), NULL); /* offset and ordinal far too large */
    column_key(key, 1, UINT32_MAX);
    OK(mdb_put(t.txn, t.s.cols, &k, &v, 0), NULL); /* a block far behind the last document */
    OK(mdb_txn_commit(t.txn), NULL);
    MDB_txn *txn = load(&t, "brand", 3 * BLOCK_DOCS, &c);
    uint32_t tmp[BLOCK_DOCS];
    for (uint32_t b = 0; b < 3; b++)
        for (uint32_t i = 0; i < BLOCK_DOCS; i++) {
            uint32_t want = b == 2 && i == 0;
            if (column_ordinals(&c, b, tmp)[i] != want || column_ordinal(&c, b * BLOCK_DOCS + i) != want)
                cr_assert(false, "block %u, document %u", b, i);
        }
    done(txn, &c);
    close_table(&t);
}
