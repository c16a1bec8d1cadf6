/* The writer: what each line does to every lane; nothing by halves; merges that keep all answers. */
#include "tests/index_make.h"

#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>

/* ---- one product ---- */

Test(writer, each_line_has_its_outcome)
{
    static const struct {
        const char *product;
        enum outcome want;
        uint32_t doc; /* where the product is afterwards */
    } rows[] = {
        {"{'id':'1','title':'red shoes','price':5}", ADDED, 0},
        {"{'id':'1','title':'red shoes','price':5}", UNCHANGED, 0},
        {"{'id':'1','title':'red shoes','price':6}", UPDATED, 0},
        {"{'id':'1','price':6,'title':'red shoes'}", UPDATED, 0}, /* another order of keys is stored as it came */
        {"{'id':'1','title':'red shoes','price':6,'url':'u'}", UPDATED, 0},
        {"{'id':'1','title':'blue shoes','price':6}", REPLACED, 1},
        {"{'id':'2','title':'blue shoes','price':6}", ADDED, 1},
        {"{'id':'1','title':'blue shoes','price':6,'sku':'X1'}", REPLACED, 3},
        {"{'id':'1','deleted':true}", DELETED, UINT32_MAX},
        {"{'id':'1','deleted':true}", ABSENT, UINT32_MAX},
        {"{'id':'1','title':'blue shoes','price':6}", ADDED, 4},
        {"{'id':'1','title':'blue shoes','price':6,'deleted':false}", UPDATED, 4},
    };
    struct made m;
    make_index(&m);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum outcome got = put(&m, rows[i].product);
        cr_assert_eq(got, rows[i].want, "row %zu, %s: %d", i, rows[i].product, got);
        struct snapshot *s = look(m.ix);
        cr_assert_eq(doc_of(s, "1"), rows[i].doc, "row %zu: document %u", i, doc_of(s, "1"));
        snapshot_free(s);
    }
    struct snapshot *s = look(m.ix);
    cr_assert_eq(snapshot_manifest(s)->n_live, 2);
    cr_assert_eq(bits_count(snapshot_live(s), snapshot_docs(s)), 2);
    snapshot_free(s);
    unmake_index(&m);
}

Test(writer, a_product_is_in_every_lane)
{
    struct made m;
    struct buf json = BUF_INIT(1 << 20);
    uint32_t docs[4];
    make_index(&m);
    put(&m,
        "{'id':'1','title':'red shoes','brand':'Acme','price':59.9,'gtin':'4006381333931','sku':['RS-1','RS 2'],'lang':'en'}");
    struct snapshot *s = look(m.ix);
    cr_assert_str_eq(product_of(s, "1", &json), "{\"id\":\"1\",\"title\":\"red shoes\",\"brand\":\"Acme\",\"price\":59.9,"
                                                "\"gtin\":\"4006381333931\",\"sku\":[\"RS-1\",\"RS 2\"],\"lang\":\"en\"}");
    cr_assert_eq(docs_with(s, "wred"), 1);
    cr_assert_eq(docs_with(s, "wshoe"), 1);
    cr_assert_eq(docs_with(s, "wacme"), 1);
    cr_assert_eq(snapshot_identifier(s, "4006381333931", 13, docs, 4), 1);
    cr_assert_eq(snapshot_identifier(s, "rs2", 3, docs, 4), 1);
    cr_assert_eq(snapshot_identifier(s, "rs3", 3, docs, 4), 0);
    cr_assert_eq(column_number(snapshot_column(s, "price"), 0), 59.9);
    cr_assert_eq(column_ordinal(snapshot_column(s, "brand"), 0), 1);
    float v[EMBED_MAX_DIM];
    cr_assert(snapshot_vector(s, 0, v));
    cr_assert_eq(snapshot_delta_rows(s), 1);
    cr_assert_eq(snapshot_manifest(s)->languages, 1u << stem_find("en", 2));
    snapshot_free(s);
    buf_release(&json);
    unmake_index(&m);
}

Test(writer, a_replaced_product_leaves_every_lane)
{
    struct made m;
    uint32_t docs[4];
    make_index(&m);
    put(&m, "{'id':'1','title':'red shoes','sku':'RS-1','brand':'Acme'}");
    put(&m, "{'id':'2','title':'red hat','sku':'RS-1'}");
    put(&m, "{'id':'1','title':'blue hat'}");
    struct snapshot *s = look(m.ix);
    cr_assert_eq(docs_with(s, "wred"), 1 << 1);
    cr_assert_eq(docs_with(s, "wblue"), 1 << 2);
    cr_assert_eq(snapshot_identifier(s, "rs1", 3, docs, 4), 1);
    cr_assert_eq(docs[0], 1);
    cr_assert_eq(column_ordinal(snapshot_column(s, "brand"), 2), 0);
    snapshot_free(s);
    delete_id(&m, "2");
    s = look(m.ix);
    cr_assert_eq(docs_with(s, "wred"), 0);
    cr_assert_eq(snapshot_identifier(s, "rs1", 3, docs, 4), 0);
    snapshot_free(s);
    unmake_index(&m);
}

Test(writer, the_same_id_twice_in_a_batch_the_last_wins)
{
    struct made m;
    struct buf json = BUF_INIT(1 << 20);
    make_index(&m);
    begin_batch(&m);
    cr_assert_eq(put_in(&m, "{'id':'1','title':'red'}"), ADDED);
    cr_assert_eq(put_in(&m, "{'id':'1','title':'blue'}"), REPLACED);
    cr_assert_eq(put_in(&m, "{'id':'1','title':'blue','price':2}"), UPDATED);
    cr_assert_eq(put_in(&m, "{'id':'2','title':'x'}"), ADDED);
    cr_assert_eq(put_in(&m, "{'id':'2','deleted':true}"), DELETED);
    commit_batch(&m);
    struct snapshot *s = look(m.ix);
    cr_assert_str_eq(product_of(s, "1", &json), "{\"id\":\"1\",\"title\":\"blue\",\"price\":2}");
    cr_assert_eq(snapshot_manifest(s)->n_live, 1);
    cr_assert(docs_with(s, "wred") == 0 && docs_with(s, "wblue") == 2 && docs_with(s, "wx") == 0);
    cr_assert_eq(column_number(snapshot_column(s, "price"), 1), 2);
    snapshot_free(s);
    buf_release(&json);
    unmake_index(&m);
}

/* ---- updates ---- */

Test(writer, an_update_changes_only_what_it_carries)
{
    static const struct {
        const char *update, *then;
        enum outcome want;
        uint32_t doc;
    } rows[] = {
        {"{'id':'1','price':7}", "{'id':'1','title':'red shoes','price':7,'attributes':{'a':1}}", UPDATED, 0},
        {"{'id':'1','price':7}", "{'id':'1','title':'red shoes','price':7,'attributes':{'a':1}}", UNCHANGED, 0},
        {"{'id':'1','availability':'in_stock'}",
         "{'id':'1','title':'red shoes','price':7,'attributes':{'a':1},'availability':'in_stock'}", UPDATED, 0},
        {"{'id':'1','availability':null,'price':null}", "{'id':'1','title':'red shoes','attributes':{'a':1}}", UPDATED, 0},
        {"{'id':'1','title':'blue shoes'}", "{'id':'1','title':'blue shoes','attributes':{'a':1}}", REPLACED, 1},
        {"{'id':'1','attributes':{'b':2}}", "{'id':'1','title':'blue shoes','attributes':{'a':1,'b':2}}", REPLACED, 2},
        {"{'id':'no','price':7}", "{'id':'1','title':'blue shoes','attributes':{'a':1,'b':2}}", ABSENT, 2},
        {"{'id':'1','deleted':true}", "", DELETED, UINT32_MAX},
    };
    struct made m;
    struct buf json = BUF_INIT(1 << 20);
    make_index(&m);
    put(&m, "{'id':'1','title':'red shoes','price':5,'attributes':{'a':1}}");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_assert_eq(update(&m, rows[i].update), rows[i].want, "%s", rows[i].update);
        struct snapshot *s = look(m.ix);
        char *then = quotes(rows[i].then);
        cr_assert_str_eq(product_of(s, "1", &json), then);
        cr_assert_eq(doc_of(s, "1"), rows[i].doc);
        snapshot_free(s);
        free(then);
    }
    buf_release(&json);
    unmake_index(&m);
}

Test(writer, a_price_change_touches_neither_words_nor_vectors)
{
    struct made m;
    size_t segments, after;
    make_index(&m);
    put(&m, "{'id':'1','title':'red shoes','price':5}");
    struct snapshot *s = look(m.ix);
    snapshot_segments(s, &segments);
    uint32_t rows = snapshot_delta_rows(s);
    snapshot_free(s);
    for (int i = 0; i < 20; i++) {
        char text[100];
        snprintf(text, sizeof text, "{'id':'1','price':%d}", 10 + i);
        cr_assert_eq(update(&m, text), UPDATED);
    }
    s = look(m.ix);
    snapshot_segments(s, &after);
    cr_assert(after == segments && snapshot_delta_rows(s) == rows && snapshot_docs(s) == 1);
    cr_assert_eq(column_number(snapshot_column(s, "price"), 0), 29);
    snapshot_free(s);
    unmake_index(&m);
}

/* ---- nothing by halves ---- */

static void expect_only_one(struct index *ix, uint32_t rows)
{
    struct buf json = BUF_INIT(1 << 20);
    struct snapshot *s = look(ix);
    cr_assert_str_eq(product_of(s, "1", &json), "{\"id\":\"1\",\"title\":\"red shoes\",\"price\":5}");
    cr_assert_eq(doc_of(s, "2"), UINT32_MAX);
    cr_assert(snapshot_manifest(s)->n_live == 1 && bits_count(snapshot_live(s), snapshot_docs(s)) == 1);
    cr_assert(docs_with(s, "wred") == 1 && docs_with(s, "wblue") == 0);
    cr_assert_null(snapshot_column(s, "brand"));
    cr_assert_eq(snapshot_delta_rows(s), rows);
    snapshot_free(s);
    buf_release(&json);
}

Test(writer, an_aborted_batch_leaves_nothing)
{
    struct made m;
    struct errmsg e = {0};
    enum outcome out;
    make_index(&m);
    put(&m, "{'id':'1','title':'red shoes','price':5}");
    for (int i = 0; i < 3; i++) {
        begin_batch(&m);
        put_in(&m, "{'id':'2','title':'blue hat','brand':'B'}");
        put_in(&m, "{'id':'1','title':'blue shoes','price':6}");
        OK(writer_delete(m.w, "2", 1, &out, &e), &e);
        writer_abort(m.w);
        expect_only_one(m.ix, 1);
    }
    writer_abort(m.w); /* outside a batch: nothing */
    begin_batch(&m);
    commit_batch(&m);
    expect_only_one(m.ix, 1);
    cr_assert_eq(put(&m, "{'id':'2','title':'red hat'}"), ADDED);
    struct snapshot *s = look(m.ix);
    cr_assert_eq(docs_with(s, "wred"), 3, "both are found: the numbers go on where they were");
    snapshot_free(s);
    unmake_index(&m);
}

Test(writer, a_commit_that_fails_leaves_nothing)
{
    struct made m;
    struct errmsg e = {0};
    struct rlimit old, small;
    struct buf large = BUF_INIT(8 << 20);
    make_index(&m);
    put(&m, "{'id':'1','title':'red shoes','price':5}");
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    small = old;
    small.rlim_cur = 400000;
    buf_str(&large, "{'id':'2','title':'blue hat','brand':'B','note':'");
    memset(buf_room(&large, 900000), 'x', 900000);
    buf_str(&large, "'}");
    begin_batch(&m);
    put_in(&m, large.data);
    put_in(&m, "{'id':'1','title':'blue shoes','price':6}");
    setrlimit(RLIMIT_FSIZE, &small);
    int rc = writer_commit(m.w, &e);
    setrlimit(RLIMIT_FSIZE, &old);
    cr_assert_neq(rc, 0);
    cr_assert_not_null(strstr(e.text, "what was committed before is safe"), "%s", e.text);
    expect_only_one(m.ix, 1);
    put(&m, "{'id':'3','title':'hat'}");
    delete_id(&m, "3"); /* writes the set of dead documents */
    expect_only_one(m.ix, 2);
    buf_release(&large);
    unmake_index(&m);
}

/* The index as it is when every number was given. */
static void use_up_numbers(struct made *m)
{
    struct manifest man;
    struct errmsg e = {0};
    MDB_txn *txn;
    close_writer(m);
    OK(index_open(&m->ix, m->data, "shop", 0, &e), &e);
    OK(mdb_txn_begin(m->ix->store.env, NULL, 0, &txn), NULL);
    OK(manifest_get(&m->ix->store, txn, &man, &e), &e);
    man.next_doc = ANN_MAX_DOCUMENTS;
    OK(manifest_put(&m->ix->store, txn, &man), NULL);
    OK(mdb_txn_commit(txn), NULL);
    OK(writer_new(&m->w, m->ix, m->model, &e), &e);
}

Test(writer, when_all_numbers_are_given_it_says_so)
{
    static const char *const lines[] = {"{\"id\":\"2\"}", "{\"id\":\"1\",\"title\":\"blue shoes\"}"};
    struct made m;
    make_index(&m);
    put(&m, "{'id':'1','title':'red shoes','price':5}");
    use_up_numbers(&m);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct prepared p;
        struct errmsg e = {0};
        enum outcome out;
        prepared_init(&p);
        OK(prepare_line(&p, lines[i], strlen(lines[i]), &e), &e);
        begin_batch(&m);
        cr_assert_eq(writer_put(m.w, &p, &out, &e), ERR_UNSUPPORTED, "no line's fault: the import ends");
        cr_assert_not_null(strstr(e.text, "--rebuild"), "%s", e.text);
        writer_abort(m.w);
        prepared_release(&p);
    }
    cr_assert_eq(put(&m, "{'id':'1','title':'red shoes','price':6}"), UPDATED, "needs no number");
    unmake_index(&m);
}

Test(writer, another_model_is_refused_by_name)
{
    struct made m;
    struct errmsg e = {0};
    struct buf file;
    struct writer *w;
    make_index(&m);
    writer_free(m.w);
    m.w = NULL;
    struct embedder *other = make_model(&file, "another one");
    cr_assert_eq(writer_new(&w, m.ix, other, &e), ERR_MISMATCH);
    cr_assert(strstr(e.text, "index \"shop\" was made with the model tiny (") && strstr(e.text, "use that one, or --rebuild"),
              "%s", e.text);
    cr_assert_null(w);
    e.text[0] = 0;
    OK(writer_new(&m.w, m.ix, m.model, &e), &e);
    put(&m, "{'id':'1'}");
    writer_free(m.w);
    OK(writer_new(&m.w, m.ix, NULL, &e), &e);
    cr_assert_eq(delete_id(&m, "1"), DELETED, "deleting needs no model");
    embed_close(other);
    buf_release(&file);
    unmake_index(&m);
}

Test(writer, an_id_that_no_product_can_have_is_absent)
{
    struct made m;
    char id[2000];
    make_index(&m);
    memset(id, 'x', sizeof id);
    id[sizeof id - 1] = 0;
    cr_assert_eq(delete_id(&m, id), ABSENT);
    cr_assert_eq(delete_id(&m, ""), ABSENT);
    unmake_index(&m);
}

/* ---- prune ---- */

Test(writer, pruning_deletes_what_was_not_named)
{
    struct made m;
    struct errmsg e = {0};
    char text[100];
    uint32_t deleted;
    make_index(&m);
    begin_batch(&m);
    for (int i = 0; i < 300; i++) {
        snprintf(text, sizeof text, "{'id':'%d','title':'red','price':1}", i);
        put_in(&m, text);
    }
    commit_batch(&m);
    writer_mark_all(m.w);
    begin_batch(&m);
    put_in(&m, "{'id':'7','title':'red','price':1}");
    put_in(&m, "{'id':'8','title':'red','price':2}");
    put_in(&m, "{'id':'9','title':'blue','price':1}");
    put_in(&m, "{'id':'new','title':'blue'}");
    put_in(&m, "{'id':'10','deleted':true}");
    OK(writer_prune(m.w, &deleted, &e), &e);
    commit_batch(&m);
    cr_assert_eq(deleted, 296);
    struct snapshot *s = look(m.ix);
    cr_assert_eq(snapshot_manifest(s)->n_live, 4);
    cr_assert_eq(bits_count(snapshot_live(s), snapshot_docs(s)), 4);
    cr_assert(doc_of(s, "7") == 7 && doc_of(s, "8") == 8 && doc_of(s, "9") == 300 && doc_of(s, "new") == 301);
    snapshot_free(s);
    unmake_index(&m);
}

/* ---- merges keep all answers ---- */

enum { PRODUCTS = 400 };

static void expect_same_answers(struct snapshot *a, struct snapshot *b, const struct embedder *model)
{
    static const char *const words[] = {"red", "shoes", "aa", "red shoes", "aa red", "shoes a"};
    struct embed_scratch *scratch = embed_scratch_new(model);
    cr_assert_eq(snapshot_docs(a), snapshot_docs(b));
    cr_assert(!memcmp(snapshot_live(a), snapshot_live(b), bits_words(snapshot_docs(a)) * 8));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct ann_hit x[20], y[20];
        float q[EMBED_MAX_DIM];
        cr_assert(embed_text(model, scratch, EMBED_QUERY, words[i], strlen(words[i]), q));
        uint32_t n = snapshot_nearest(a, q, 20, snapshot_live(a), snapshot_manifest(a)->n_live, ANN_NO_FLOOR, x);
        uint32_t k = snapshot_nearest(b, q, 20, snapshot_live(b), snapshot_manifest(b)->n_live, ANN_NO_FLOOR, y);
        cr_assert_eq(n, k, "%s: %u and %u", words[i], n, k);
        for (uint32_t j = 0; j < n; j++) {
            cr_assert(fabsf(x[j].score - y[j].score) < 2e-3f, "%s: hit %u scores %f and %f", words[i], j, (double)x[j].score,
                      (double)y[j].score);
            cr_assert(bits_get(snapshot_live(b), y[j].id), "a dead document was found");
        }
    }
    for (uint32_t doc = 0; doc < snapshot_docs(a); doc++) {
        const uint16_t *u = snapshot_vector_f16(a, doc), *v = snapshot_vector_f16(b, doc);
        if (bits_get(snapshot_live(a), doc)) cr_assert(!u == !v && (!u || !memcmp(u, v, WIDE * 2)), "the vector of %u", doc);
    }
    embed_scratch_free(scratch);
}

/* Every live document of every term, as text: what words find. */
static void dump_terms(struct snapshot *s, struct buf *out)
{
    static const char *const words[] = {"wred", "wshoes", "wa", "waa", "wd", "wno", "wn7", "wn123", "wshoe"};
    size_t n;
    const struct segment *seg = snapshot_segments(s, &n);
    buf_clear(out);
    for (size_t w = 0; w < sizeof words / sizeof *words; w++)
        for (size_t i = 0; i < n; i++) {
            uint32_t t = segment_find(&seg[i], words[w], strlen(words[w])), doc;
            uint8_t impact;
            if (t == UINT32_MAX) continue;
            for (struct postings p = segment_postings(&seg[i], t); postings_next(&p, &doc, &impact);)
                if (bits_get(snapshot_live(s), doc)) buf_printf(out, "%s %u %u\n", words[w], doc, impact);
        }
}

Test(writer, merging_keeps_all_answers)
{
    static const char *const words[] = {"red", "shoes", "a", "aa", "d", "no"};
    struct made m;
    struct buf before = BUF_INIT(8 << 20), after = BUF_INIT(8 << 20);
    char text[200];
    srand(21);
    make_index(&m);
    for (int round = 0; round < 6; round++) {
        for (int batch = 0; batch < 5; batch++) {
            begin_batch(&m);
            for (int i = 0; i < 20; i++) {
                int id = rand() % PRODUCTS;
                snprintf(text, sizeof text, "{'id':'%d','title':'%s %s %s n%d','price':%d}", id, words[rand() % 6],
                         words[rand() % 6], words[rand() % 6], id, rand() % 100);
                if (rand() % 5 == 0) snprintf(text, sizeof text, "{'id':'%d','deleted':true}", id);
                put_in(&m, text);
            }
            commit_batch(&m);
        }
        struct snapshot *old = look(m.ix);
        dump_terms(old, &before);
        merge(&m);
        struct snapshot *s = look(m.ix);
        size_t segments;
        snapshot_segments(s, &segments);
        cr_assert_eq(segments, 1);
        cr_assert_eq(snapshot_delta_rows(s), 0);
        cr_assert_eq(snapshot_manifest(s)->graph_docs, snapshot_docs(s));
        dump_terms(s, &after);
        cr_assert_str_eq(before.data, after.data);
        expect_same_answers(old, s, m.model);
        char *path = graph_path(m.ix, snapshot_manifest(s)->graph_epoch - 1);
        cr_assert_eq(access(path, F_OK), -1, "the epoch before is removed");
        free(path);
        snapshot_free(old);
        snapshot_free(s);
    }
    buf_release(&before);
    buf_release(&after);
    unmake_index(&m);
}

Test(writer, many_small_commits_leave_few_segments)
{
    struct made m;
    struct errmsg e = {0};
    char text[100];
    size_t n;
    make_index(&m);
    for (int i = 0; i < 60; i++) {
        snprintf(text, sizeof text, "{'id':'%d','title':'red n%d'}", i, i);
        put(&m, text);
        OK(writer_merge(m.w, false, NULL, NULL, &e), &e);
        struct snapshot *s = look(m.ix);
        snapshot_segments(s, &n);
        cr_assert_leq(n, 9);
        cr_assert_eq(docs_with(s, "wred"), i < 63 ? (1ull << (i + 1)) - 1 : ~0ull);
        snapshot_free(s);
    }
    unmake_index(&m);
}

static bool stop_at_once(void *arg, uint32_t done, uint32_t n)
{
    (void)arg, (void)done, (void)n;
    return false;
}

Test(writer, a_stopped_merge_leaves_the_index_as_it_was)
{
    struct made m;
    struct errmsg e = {0};
    make_index(&m);
    begin_batch(&m);
    for (int i = 0; i < 2500; i++) {
        char text[100];
        snprintf(text, sizeof text, "{'id':'%d','title':'red %s n%d'}", i, i % 2 ? "shoes" : "aa", i);
        put_in(&m, text);
    }
    commit_batch(&m);
    int rc = writer_merge(m.w, true, stop_at_once, NULL, &e);
    struct snapshot *s = look(m.ix);
    if (rc) {
        cr_assert_eq(rc, ERR_STOPPED, "%s", e.text);
        cr_assert_eq(snapshot_manifest(s)->graph_epoch, 0);
        cr_assert_eq(snapshot_delta_rows(s), 2500);
    }
    snapshot_free(s);
    merge(&m);
    s = look(m.ix);
    cr_assert(snapshot_manifest(s)->graph_epoch >= 1 && snapshot_delta_rows(s) == 0);
    snapshot_free(s);
    unmake_index(&m);
}

Test(writer, products_without_a_vector_are_merged_too)
{
    struct made m;
    make_index(&m);
    put(&m, "{'id':'1','title':'zzz'}");
    put(&m, "{'id':'2'}");
    merge(&m);
    put(&m, "{'id':'3','title':'red'}");
    merge(&m);
    struct snapshot *s = look(m.ix);
    cr_assert_eq(snapshot_vector_f16(s, 1), NULL);
    cr_assert_neq(snapshot_vector_f16(s, 2), NULL);
    cr_assert_eq(docs_with(s, "wzzz"), 1);
    snapshot_free(s);
    unmake_index(&m);
}
