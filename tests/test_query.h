/* For the tests of query/: a shop, that is, a small index in a temporary folder with all that is needed to ask it. A test makes
 * its own, since Criterion runs each in a process of its own and LMDB does not live across a fork. */
#ifndef SOUK_TEST_QUERY_H
#define SOUK_TEST_QUERY_H

#include "base/bits.h"
#include "indexer/import.h"
#include "indexer/input.h"
#include "query/query.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct shop {
    char data[40];
    struct embedder *model;
    struct index *ix;
    struct searcher *searcher;
    struct arena arena; /* for requests and whatever a test keeps */
};

/* The shipped model where it can be found, else a toy: what is tested here holds for any. */
static inline const char *shop_model(void)
{
    static char path[4096];
    const char *const places[] = {"embed/models/souk-static.gguf", "tests/corpus/gguf/static-i8.gguf"};
    if (embed_default_path(path, sizeof path, NULL) == 0) return path;
    return access(places[0], R_OK) == 0 ? places[0] : places[1];
}

static inline void shop_make(struct shop *s, const char *model)
{
    struct errmsg e = {0};
    *s = (struct shop){.data = "/tmp/souk-test-XXXXXX"};
    cr_assert(mkdtemp(s->data) != NULL);
    cr_assert_eq(embed_open(&s->model, model, &e), 0, "%s", e.text);
    cr_assert_eq(index_open(&s->ix, s->data, "products", INDEX_CREATE, &e), 0, "%s", e.text);
}

static inline int shop_remove(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st, (void)type, (void)where;
    return remove(path);
}

static inline void shop_close(struct shop *s)
{
    searcher_free(s->searcher);
    index_close(s->ix);
    embed_close(s->model);
    arena_release(&s->arena);
    nftw(s->data, shop_remove, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- products in ---- */

static inline void shop_result(void *arg, const struct import_result *r)
{
    (void)arg;
    cr_assert_eq(r->rc, 0, "line %llu: %s", (unsigned long long)r->line, r->message);
}

/* Takes every line of a JSONL text; all must be good. */
static inline void shop_import(struct shop *s, const char *lines, bool update)
{
    struct import_options o = {.update = update, .threads = 1, .result = shop_result};
    struct import *im;
    struct errmsg e = {0};
    int rc = import_new(&im, s->ix, s->model, &o, &e);
    for (uint64_t number = 1; !rc && *lines; number++) {
        size_t n = strcspn(lines, "\n");
        if (n) rc = import_line(im, "test", number, lines, n, &e);
        lines += n + (lines[n] == '\n');
    }
    if (!rc) rc = import_finish(im, &e);
    cr_assert_eq(rc, 0, "%s", errmsg_text(&e, rc));
    import_free(im);
}

static inline void shop_open(struct shop *s, const char *lines)
{
    shop_make(s, "tests/corpus/gguf/static-i8.gguf");
    shop_import(s, lines, false);
    cr_assert_eq(searcher_new(&s->searcher, s->ix, s->model, NULL), 0);
}

static inline char *shop_read(struct shop *s, const char *path)
{
    FILE *f = fopen(path, "rb");
    cr_assert(f, "%s: tests run in the root of the repository", path);
    fseek(f, 0, SEEK_END);
    size_t n = (size_t)ftell(f);
    rewind(f);
    char *text = arena_zero(&s->arena, n + 1);
    cr_assert_eq(fread(text, 1, n, f), n);
    fclose(f);
    return text;
}

/* The first 320 lines of the sample catalogue: a search of everything still fits into one page. */
enum { SAMPLE = 320 };

static inline char *shop_sample(struct shop *s)
{
    char *text = shop_read(s, "bench/sample/products.jsonl"), *end = text;
    for (int i = 0; i < SAMPLE; i++) end = strchr(end, '\n') + 1;
    *end = 0;
    return text;
}

/* That sample, with the shipped model. */
static inline void shop_open_sample(struct shop *s)
{
    shop_make(s, shop_model());
    shop_import(s, shop_sample(s), false);
    cr_assert_eq(searcher_new(&s->searcher, s->ix, s->model, NULL), 0);
}

/* ---- questions ---- */

static inline struct snapshot *shop_begin(struct shop *s)
{
    struct snapshot *snap = searcher_snapshot(s->searcher);
    cr_assert_eq(snapshot_begin(snap, NULL), 0);
    return snap;
}

/* A request from JSON with single quotes for double ones; printf-like. */
static inline struct search_request shop_request(struct shop *s, const char *json)
{
    struct search_request q = SEARCH_REQUEST_INIT;
    struct errmsg e = {0};
    const char *field;
    char *text = arena_strn(&s->arena, json, strlen(json));
    for (char *p = text; *p; p++)
        if (*p == '\'') *p = '"';
    json_t *body = json_loads(text, 0, NULL);
    cr_assert(body, "%s", text);
    cr_assert_eq(request_from_json(&q, body, &s->arena, &field, &e), 0, "%s", e.text);
    json_decref(body);
    return q;
}

static inline struct search_result shop_search(struct shop *s, const struct search_request *q)
{
    struct search_result r;
    struct errmsg e = {0};
    int rc = search_begin(s->searcher, q, &r, &e);
    cr_assert_eq(rc, 0, "%.*s: %s", (int)q->q_n, q->q, e.text);
    return r;
}

/* The product of a document; json_decref it. Between search_begin and search_end. */
static inline json_t *shop_product(struct shop *s, uint32_t doc)
{
    const char *text;
    size_t n;
    cr_assert(snapshot_product(searcher_snapshot(s->searcher), doc, &text, &n));
    json_t *p = json_loadb(text, n, 0, NULL);
    cr_assert(p);
    return p;
}

static inline const char *shop_id(struct shop *s, uint32_t doc)
{
    json_t *p = shop_product(s, doc);
    const char *id = json_string_value(json_object_get(p, "id")), *copy = arena_strn(&s->arena, id, strlen(id));
    json_decref(p);
    return copy;
}

/* The ids of the hits in order, separated by blanks. Ends the search. */
static inline const char *shop_ids(struct shop *s, const char *json)
{
    struct search_request q = shop_request(s, json);
    struct search_result r = shop_search(s, &q);
    char *ids = arena_printf(&s->arena, "%s", "");
    for (uint32_t i = 0; i < r.n_hits; i++) ids = arena_printf(&s->arena, "%s%s%s", ids, i ? " " : "", shop_id(s, r.hits[i].doc));
    search_end(s->searcher);
    return ids;
}

/* ---- chance ---- */

/* The next of a fixed sequence of numbers below n (splitmix64). */
static inline uint32_t draw(uint64_t *state, uint32_t n)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ (z >> 31)) % n);
}

#endif
