/* Indexes shared by threads: opened once, followed through rebuilds, refused with a reason. */
#include "query/engine.h"

#include "tests/test_query.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

enum { WORKERS = 4 };

struct house {
    struct shop shop; /* its index is closed again: the engine opens it */
    struct engine *engine;
};

static const char toy[] = "tests/corpus/gguf/static-i8.gguf";

static void close_index(struct shop *s)
{
    searcher_free(s->searcher);
    index_close(s->ix);
    s->searcher = NULL;
    s->ix = NULL;
}

static void open_house(struct house *h)
{
    struct errmsg e = {0};
    shop_open(&h->shop, "{\"id\":\"a\",\"title\":\"first edition\"}\n");
    close_index(&h->shop);
    cr_assert_eq(engine_open(&h->engine, h->shop.data, toy, WORKERS, &e), 0, "%s", e.text);
}

static void close_house(struct house *h)
{
    engine_close(h->engine);
    shop_close(&h->shop);
}

/* How many products a worker sees. */
static uint32_t count(struct house *h, unsigned worker)
{
    struct searcher *s;
    struct errmsg e = {0};
    struct search_request q = SEARCH_REQUEST_INIT;
    struct search_result r;
    cr_assert_eq(engine_borrow(h->engine, "products", worker, &s, &e), 0, "%s", e.text);
    cr_assert_eq(search_begin(s, &q, &r, &e), 0, "%s", e.text);
    search_end(s);
    engine_return(h->engine, worker);
    return r.total;
}

static int write_index(struct house *h, unsigned flags, const char *lines)
{
    struct import_options o = {.threads = 1};
    struct index *ix;
    struct import *im;
    int rc = index_open(&ix, h->shop.data, "products", flags, NULL);
    if (rc) return rc;
    rc = import_new(&im, ix, h->shop.model, &o, NULL);
    if (!rc) rc = import_line(im, "test", 1, lines, strlen(lines), NULL);
    if (!rc) rc = import_finish(im, NULL);
    if (!rc) import_free(im);
    if (!rc && flags & INDEX_REBUILD) rc = index_publish(ix, NULL);
    index_close(ix);
    return rc;
}

static void wait_for_child(pid_t pid)
{
    int status;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert_eq(status, 0);
}

/* In a process of its own, as souk index would: LMDB must not be opened twice in one. */
static void in_a_child(struct house *h, unsigned flags, const char *lines)
{
    pid_t pid = fork();
    if (!pid) _exit(write_index(h, flags, lines) != 0);
    wait_for_child(pid);
}

Test(engine, opens_an_index_when_it_is_asked_for)
{
    struct house h;
    open_house(&h);
    for (unsigned i = 0; i < WORKERS; i++) cr_expect_eq(count(&h, i), 1);
    cr_expect_str_eq(engine_data(h.engine), h.shop.data);
    cr_expect_str_eq(embed_model_id(engine_model(h.engine)), embed_model_id(h.shop.model));
    close_house(&h);
}

Test(engine, says_which_index_is_not_there)
{
    static const char *const names[] = {"nothing", "", "..", ".", "a/b", "../products", "products/", "PRODUCTS\n", "-"};
    struct house h;
    open_house(&h);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct searcher *s;
        struct errmsg e = {0};
        int rc = engine_borrow(h.engine, names[i], 0, &s, &e);
        cr_expect(rc == ERR_NOT_FOUND || rc == ERR_INPUT, "\"%s\": %d", names[i], rc);
        cr_expect(e.text[0], "\"%s\"", names[i]);
    }
    cr_expect_eq(count(&h, 0), 1, "and goes on");
    close_house(&h);
}

Test(engine, sees_what_another_process_commits)
{
    struct house h;
    open_house(&h);
    cr_expect_eq(count(&h, 0), 1);
    in_a_child(&h, 0, "{\"id\":\"b\",\"title\":\"second edition\"}");
    for (unsigned i = 0; i < WORKERS; i++) cr_expect_eq(count(&h, i), 2);
    close_house(&h);
}

Test(engine, follows_a_rebuild)
{
    struct house h;
    open_house(&h);
    cr_expect_eq(count(&h, 0), 1);
    struct searcher *old;
    cr_assert_eq(engine_borrow(h.engine, "products", 1, &old, NULL), 0);
    for (int round = 0; round < 3; round++) {
        in_a_child(&h, INDEX_REBUILD, "{\"id\":\"c\",\"title\":\"third edition\"}");
        usleep(250000);
        struct searcher *s;
        cr_assert_eq(engine_borrow(h.engine, "products", 0, &s, NULL), 0);
        cr_assert_eq(snapshot_begin(searcher_snapshot(s), NULL), 0);
        cr_expect_neq(snapshot_find(searcher_snapshot(s), "c", 1), UINT32_MAX);
        cr_expect_eq(snapshot_find(searcher_snapshot(s), "a", 1), UINT32_MAX);
        snapshot_end(searcher_snapshot(s));
        engine_return(h.engine, 0);
    }
    cr_assert_eq(snapshot_begin(searcher_snapshot(old), NULL), 0);
    cr_expect_neq(snapshot_find(searcher_snapshot(old), "a", 1), UINT32_MAX, "a request that runs keeps what it has");
    snapshot_end(searcher_snapshot(old));
    engine_return(h.engine, 1);
    close_house(&h);
}

Test(engine, looks_at_once_before_a_write)
{
    struct house h;
    open_house(&h);
    cr_expect_eq(count(&h, 0), 1);
    usleep(250000);
    cr_expect_eq(count(&h, 0), 1, "looked at just now");
    in_a_child(&h, INDEX_REBUILD, "{\"id\":\"c\",\"title\":\"third edition\"}");
    engine_look_anew(h.engine, "products");
    engine_look_anew(h.engine, "nothing");
    struct searcher *s;
    cr_assert_eq(engine_borrow(h.engine, "products", 0, &s, NULL), 0);
    cr_expect(!index_stale(engine_index(h.engine, 0)));
    engine_return(h.engine, 0);
    close_house(&h);
}

/* ---- many at once ---- */

struct visitor {
    struct house *house;
    unsigned worker;
    atomic_bool *stop;
    unsigned long searches, wrong;
};

static void *visit(void *arg)
{
    struct visitor *v = arg;
    while (!atomic_load(v->stop)) {
        struct searcher *s;
        struct search_request q = SEARCH_REQUEST_INIT;
        struct search_result r;
        q.q = "edition";
        q.q_n = 7;
        q.mode = MODE_LEXICAL;
        if (engine_borrow(v->house->engine, "products", v->worker, &s, NULL)) {
            v->wrong++;
            continue;
        }
        if (search_begin(s, &q, &r, NULL) || r.total < 1 || r.total > 2) v->wrong++;
        search_end(s);
        engine_return(v->house->engine, v->worker);
        v->searches++;
    }
    return NULL;
}

Test(engine, threads_never_see_less_than_an_index_while_it_is_rebuilt)
{
    struct house h;
    pthread_t threads[WORKERS];
    struct visitor v[WORKERS];
    atomic_bool stop = false;
    open_house(&h);
    pid_t writer = fork(); /* before there are threads: one of them may hold the allocator's lock, for ever in the child */
    if (!writer) {
        int rc = 0;
        for (int round = 0; round < 6 && !rc; round++) {
            usleep(150000);
            rc = write_index(&h, round % 2 ? 0 : INDEX_REBUILD, "{\"id\":\"x\",\"title\":\"another edition\"}");
        }
        _exit(rc != 0);
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        v[i] = (struct visitor){&h, i, &stop, 0, 0};
        pthread_create(&threads[i], NULL, visit, &v[i]);
    }
    wait_for_child(writer);
    usleep(150000);
    atomic_store(&stop, true);
    for (unsigned i = 0; i < WORKERS; i++) {
        pthread_join(threads[i], NULL);
        cr_expect_eq(v[i].wrong, 0, "%lu of %lu", v[i].wrong, v[i].searches);
        cr_expect_gt(v[i].searches, 10);
    }
    close_house(&h);
}

/* ---- refusals ---- */

Test(engine, an_index_of_another_model_is_refused_by_name)
{
    struct house h;
    struct errmsg e = {0};
    struct searcher *s;
    open_house(&h);
    engine_close(h.engine);
    h.engine = NULL;
    if (!strcmp(shop_model(), toy)) cr_skip_test("there is only one model");
    cr_assert_eq(engine_open(&h.engine, h.shop.data, shop_model(), WORKERS, &e), 0, "%s", e.text);
    cr_expect_eq(engine_borrow(h.engine, "products", 0, &s, &e), ERR_MISMATCH);
    cr_expect(strstr(e.text, "\"products\" was made with the model"), "%s", e.text);
    close_house(&h);
}

Test(engine, no_model_no_engine)
{
    struct engine *en = NULL;
    struct errmsg e = {0};
    cr_expect_neq(engine_open(&en, "/tmp", "/nowhere/model.gguf", 1, &e), 0);
    cr_expect(strstr(e.text, "/nowhere/model.gguf"), "%s", e.text);
}
