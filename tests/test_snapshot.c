/* What a reader sees: a whole batch or nothing, in this process and in another. */
#include "tests/index_make.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

/* ---- a batch is seen whole ---- */

enum { FAMILY = 5 };

/* Products of one batch have the same number in their title and as their price, and there are FAMILY of them. */
static void write_family(struct made *m, int number)
{
    char text[200];
    begin_batch(m);
    for (int i = 0; i < FAMILY; i++) {
        snprintf(text, sizeof text, "{'id':'f%d','title':'red n%d','price':%d}", i, number, number);
        put_in(m, text);
    }
    commit_batch(m);
}

/* 0 when all lanes of the snapshot agree on one number; else a line number. */
static int disagreement(struct snapshot *s)
{
    double number = -1;
    if (snapshot_manifest(s)->n_live != bits_count(snapshot_live(s), snapshot_docs(s))) return __LINE__;
    if (!snapshot_manifest(s)->n_live) return 0;
    if (snapshot_manifest(s)->n_live != FAMILY) return __LINE__;
    for (int i = 0; i < FAMILY; i++) {
        char id[20], title[40];
        const char *json;
        size_t n, k;
        snprintf(id, sizeof id, "f%d", i);
        uint32_t doc = doc_of(s, id), seen = 0, other;
        uint8_t impact;
        if (doc == UINT32_MAX || !bits_get(snapshot_live(s), doc) || !snapshot_product(s, doc, &json, &n)) return __LINE__;
        double price = column_number(snapshot_column(s, "price"), doc);
        if (i && price != number) return __LINE__;
        number = price;
        snprintf(title, sizeof title, "\"red n%.0f\"", number);
        if (!memmem(json, n, title, strlen(title))) return __LINE__;
        if (!snapshot_vector_f16(s, doc)) return __LINE__;
        snprintf(title, sizeof title, "wn%.0f", number);
        const struct segment *seg = snapshot_segments(s, &k);
        for (size_t j = 0; j < k; j++) {
            uint32_t t = segment_find(&seg[j], title, strlen(title));
            if (t == UINT32_MAX) continue;
            for (struct postings p = segment_postings(&seg[j], t); postings_next(&p, &other, &impact);) seen += other == doc;
        }
        if (seen != 1) return __LINE__;
    }
    return 0;
}

struct reader {
    struct index *ix;
    atomic_bool stop;
    int wrong, rounds;
};
static void *read_on(void *arg)
{
    struct reader *r = arg;
    struct snapshot *s;
    if ((r->wrong = snapshot_new(&s, r->ix, NULL)) != 0) return NULL;
    for (; !r->stop && !r->wrong; r->rounds++) {
        if ((r->wrong = snapshot_begin(s, NULL)) != 0) break;
        r->wrong = disagreement(s);
        snapshot_end(s);
    }
    snapshot_free(s);
    return NULL;
}

Test(snapshot, threads_see_a_whole_batch_or_nothing_of_it)
{
    struct made m;
    struct reader r[2];
    pthread_t t[2];
    make_index(&m);
    for (int i = 0; i < 2; i++) {
        r[i] = (struct reader){.ix = m.ix};
        pthread_create(&t[i], NULL, read_on, &r[i]);
    }
    for (int i = 0; i < 200; i++) {
        write_family(&m, i);
        if (i % 20 == 19) merge(&m);
    }
    for (int i = 0; i < 2; i++) {
        r[i].stop = true;
        pthread_join(t[i], NULL);
        cr_assert_eq(r[i].wrong, 0, "line %d", r[i].wrong);
        cr_assert_gt(r[i].rounds, 1);
    }
    unmake_index(&m);
}

Test(snapshot, a_snapshot_stays_what_it_was)
{
    struct made m;
    struct buf json = BUF_INIT(1 << 20);
    make_index(&m);
    put(&m, "{'id':'1','title':'red','price':1}");
    struct snapshot *s = look(m.ix);
    put(&m, "{'id':'1','title':'red','price':2}");
    put(&m, "{'id':'2','title':'blue'}");
    merge(&m);
    delete_id(&m, "1");
    merge(&m);
    cr_assert_str_eq(product_of(s, "1", &json), "{\"id\":\"1\",\"title\":\"red\",\"price\":1}");
    cr_assert_eq(column_number(snapshot_column(s, "price"), 0), 1);
    cr_assert(docs_with(s, "wred") == 1 && docs_with(s, "wblue") == 0 && snapshot_manifest(s)->n_live == 1);
    snapshot_end(s);
    struct errmsg e = {0};
    OK(snapshot_begin(s, &e), &e);
    cr_assert_str_eq(product_of(s, "1", &json), "");
    cr_assert_eq(docs_with(s, "wblue"), 2);
    snapshot_free(s);
    buf_release(&json);
    unmake_index(&m);
}

Test(snapshot, another_process_follows)
{
    struct made m;
    int ask[2], tell[2], status;
    char c = 'x';
    make_index(&m);
    cr_assert(pipe(ask) == 0 && pipe(tell) == 0);
    close_writer(&m); /* nothing of LMDB may be open across a fork */
    pid_t child = fork();
    if (child == 0) {
        struct index *ix;
        struct snapshot *s;
        if (read(ask[0], &c, 1) != 1 || index_open(&ix, m.data, "shop", INDEX_READ, NULL) || snapshot_new(&s, ix, NULL)) _exit(1);
        for (int i = 0; i < 30; i++) {
            if (snapshot_begin(s, NULL) || disagreement(s)) _exit(2);
            if (column_number(snapshot_column(s, "price"), doc_of(s, "f0")) != i) _exit(3);
            snapshot_end(s);
            if (write(tell[1], &c, 1) != 1 || read(ask[0], &c, 1) != 1) _exit(4);
        }
        _exit(0);
    }
    open_writer(&m);
    for (int i = 0; i < 30; i++) {
        write_family(&m, i);
        if (i % 10 == 9) merge(&m);
        cr_assert(write(ask[1], &c, 1) == 1 && read(tell[0], &c, 1) == 1);
    }
    cr_assert_eq(write(ask[1], &c, 1), 1);
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the reader says %d", WEXITSTATUS(status));
    unmake_index(&m);
}

/* ---- edges ---- */

Test(snapshot, an_empty_index_has_empty_answers)
{
    struct made m;
    struct ann_hit hit;
    float q[EMBED_MAX_DIM] = {1};
    uint32_t doc;
    const char *json;
    size_t n;
    make_index(&m);
    struct snapshot *s = look(m.ix);
    cr_assert(snapshot_docs(s) == 0 && snapshot_fields(s) == 0 && snapshot_delta_rows(s) == 0);
    cr_assert_null(snapshot_column(s, "price"));
    snapshot_segments(s, &n);
    cr_assert_eq(n, 0);
    cr_assert_eq(snapshot_find(s, "1", 1), UINT32_MAX);
    cr_assert_eq(snapshot_find(s, "", 0), UINT32_MAX);
    cr_assert_eq(snapshot_identifier(s, "1", 1, &doc, 1), 0);
    cr_assert_eq(snapshot_identifier(s, "", 0, &doc, 1), 0);
    cr_assert_not(snapshot_product(s, 0, &json, &n));
    cr_assert_eq(snapshot_nearest(s, q, 1, snapshot_live(s), 0, ANN_NO_FLOOR, &hit), 0);
    snapshot_free(s);
    snapshot_free(NULL);
    merge(&m);
    s = look(m.ix);
    cr_assert_eq(snapshot_manifest(s)->graph_epoch, 0, "no graph of nothing");
    snapshot_free(s);
    unmake_index(&m);
}

Test(snapshot, ids_of_any_length_can_be_asked_for)
{
    struct made m;
    char id[3000];
    make_index(&m);
    put(&m, "{'id':'1'}");
    memset(id, '1', sizeof id);
    struct snapshot *s = look(m.ix);
    for (size_t n = 2; n < sizeof id; n += 100) cr_assert_eq(snapshot_find(s, id, n), UINT32_MAX);
    uint32_t doc;
    cr_assert_eq(snapshot_identifier(s, id, IDENTIFIER_MAX, &doc, 1), 0);
    snapshot_free(s);
    unmake_index(&m);
}

Test(snapshot, identifiers_give_at_most_what_was_asked_for)
{
    struct made m;
    char text[100];
    uint32_t docs[50];
    make_index(&m);
    begin_batch(&m);
    for (int i = 0; i < 50; i++) {
        snprintf(text, sizeof text, "{'id':'%d','mpn':'AB-1'}", i);
        put_in(&m, text);
    }
    commit_batch(&m);
    struct snapshot *s = look(m.ix);
    cr_assert_eq(snapshot_identifier(s, "ab1", 3, docs, 50), 50);
    for (uint32_t i = 0; i < 50; i++) cr_assert_eq(docs[i], i);
    cr_assert_eq(snapshot_identifier(s, "ab1", 3, docs, 7), 7);
    snapshot_free(s);
    unmake_index(&m);
}

Test(snapshot, the_nearest_are_found_in_graph_and_delta_alike)
{
    struct made m;
    struct ann_hit hits[8];
    float q[EMBED_MAX_DIM];
    make_index(&m);
    put(&m, "{'id':'graph','title':'red shoes'}");
    put(&m, "{'id':'gone','title':'red shoes'}");
    merge(&m);
    put(&m, "{'id':'delta','title':'red shoes'}");
    put(&m, "{'id':'other','title':'aa'}");
    delete_id(&m, "gone");
    struct embed_scratch *scratch = embed_scratch_new(m.model);
    cr_assert(embed_text(m.model, scratch, EMBED_QUERY, "red shoes", 9, q));
    struct snapshot *s = look(m.ix);
    uint32_t n = snapshot_nearest(s, q, 8, snapshot_live(s), 3, ANN_NO_FLOOR, hits);
    cr_assert_eq(n, 3, "%u hits, the first is %u with %f", n, hits[0].id, (double)hits[0].score);
    cr_assert(hits[0].id == doc_of(s, "graph") && hits[1].id == doc_of(s, "delta") && hits[2].id == doc_of(s, "other"));
    cr_assert(hits[0].score > 0.999f && hits[2].score < 0.99f);
    for (uint32_t i = 0; i < n; i++) cr_assert_float_eq(snapshot_similarity(s, q, hits[i].id), hits[i].score, 2e-3);
    uint64_t only[1] = {1ull << doc_of(s, "delta")};
    n = snapshot_nearest(s, q, 8, only, 1, ANN_NO_FLOOR, hits);
    cr_assert(n == 1 && hits[0].id == doc_of(s, "delta"));
    snapshot_free(s);
    embed_scratch_free(scratch);
    unmake_index(&m);
}

/* ---- a damaged store ---- */

static void damage(struct made *m, MDB_dbi dbi, MDB_val k, const void *bytes, size_t n)
{
    MDB_txn *txn;
    MDB_val v = val(bytes, n);
    OK(mdb_txn_begin(m->ix->store.env, NULL, 0, &txn), NULL);
    OK(mdb_put(txn, dbi, &k, &v, 0), NULL);
    OK(mdb_txn_commit(txn), NULL);
}

Test(snapshot, damage_is_said_and_not_followed)
{
    static const char noise[64] = "SOUKSEG1 this is no posting segment, no bitmap and no vector";
    struct made m;
    uint32_t zero = 0;
    for (int what = 0; what < 4; what++) {
        make_index(&m);
        put(&m, "{'id':'1','title':'red'}");
        if (what == 0) damage(&m, m.ix->store.lex, val(&zero, 4), noise, sizeof noise);
        if (what == 1) damage(&m, m.ix->store.meta, val("dead", 4), noise, sizeof noise);
        if (what == 2) damage(&m, m.ix->store.vecs, val(&zero, 4), noise, sizeof noise);
        if (what == 3) damage(&m, m.ix->store.meta, val("manifest", 8), noise, sizeof noise);
        struct snapshot *s;
        struct errmsg e = {0};
        OK(snapshot_new(&s, m.ix, &e), &e);
        int rc = snapshot_begin(s, &e);
        cr_assert_eq(rc, ERR_FORMAT, "part %d: %d", what, rc);
        cr_assert(strstr(e.text, "store.mdb"), "%s", e.text);
        snapshot_free(s);
        unmake_index(&m);
    }
}

Test(snapshot, a_missing_graph_is_said)
{
    struct made m;
    struct errmsg e = {0};
    struct index *ix;
    struct snapshot *s;
    make_index(&m);
    put(&m, "{'id':'1','title':'red'}");
    merge(&m);
    char *path = graph_path(m.ix, 1);
    cr_assert_eq(unlink(path), 0);
    OK(index_open(&ix, m.data, "shop", INDEX_READ, &e), &e);
    OK(snapshot_new(&s, ix, &e), &e);
    cr_assert_neq(snapshot_begin(s, &e), 0);
    cr_assert_not_null(strstr(e.text, "graph-001.mdb"), "%s", e.text);
    snapshot_free(s);
    index_close(ix);
    free(path);
    unmake_index(&m);
}

static bool same_everywhere(void *arg, uint32_t id, uint16_t *out)
{
    (void)id;
    memset(out, 0, *(uint32_t *)arg * sizeof *out);
    out[0] = 0x3C00; /* 1 */
    return true;
}

/* Opens the index as another process would, with a graph of n documents of dim numbers in the place of its own. */
static int begin_with_graph(struct made *m, uint32_t n, uint32_t dim, struct errmsg *e)
{
    struct ann_params p = {.dim = dim, .threads = 1};
    struct index *ix;
    struct snapshot *s;
    char *path = graph_path(m->ix, 1);
    OK(ann_build(path, &p, n, same_everywhere, &dim, NULL, NULL, NULL, e), e);
    OK(index_open(&ix, m->data, "shop", INDEX_READ, e), e);
    OK(snapshot_new(&s, ix, e), e);
    int rc = snapshot_begin(s, e);
    if (rc) cr_assert_eq(snapshot_begin(s, e), rc, "asked again, it is the same");
    snapshot_free(s);
    index_close(ix);
    free(path);
    return rc;
}

Test(snapshot, a_graph_of_another_size_is_refused)
{
    static const uint32_t wrong[][2] = {{2, WIDE}, {4, WIDE}, {5000, WIDE}, {3, 2 * WIDE}};
    struct made m;
    struct errmsg e = {0};
    make_index(&m);
    for (int i = 0; i < 3; i++) put(&m, (const char *[]){"{'id':'1'}", "{'id':'2'}", "{'id':'3'}"}[i]);
    delete_id(&m, "3"); /* its number counts all the same */
    merge(&m);
    put(&m, "{'id':'4','title':'in the delta'}");
    OK(begin_with_graph(&m, 3, WIDE, &e), &e);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        e.text[0] = 0;
        cr_assert_eq(begin_with_graph(&m, wrong[i][0], wrong[i][1], &e), ERR_FORMAT, "row %zu", i);
        cr_assert_not_null(strstr(e.text, "the graph does not belong to this store"), "%s", e.text);
    }
    unmake_index(&m);
}
