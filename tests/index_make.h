/* What the tests of indexer/ share: a temporary folder, a tiny model, an index, products as JSON text.
 *
 *     Test(writer, adds_a_product)
 *     {
 *         struct made m;
 *         make_index(&m);
 *         put(&m, "{'id':'1','title':'red shoes'}");         ' stands for "
 *         ...
 *         unmake_index(&m);
 *     }
 *
 * LMDB environments must not be opened before a fork, so everything happens inside the test. */
#ifndef SOUK_TESTS_INDEX_MAKE_H
#define SOUK_TESTS_INDEX_MAKE_H

#include "base/bits.h"
#include "base/mem.h"
#include "embed/embed.h"
#include "indexer/snapshot.h"
#include "indexer/writer.h"
#include "tests/gguf_make.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct made {
    char data[64];
    struct buf file; /* of the model */
    struct embedder *model;
    struct index *ix;
    struct writer *w;
};

#define OK(call, e)                                                                                                              \
    do {                                                                                                                         \
        int ok_rc = (call);                                                                                                      \
        cr_assert_eq(ok_rc, 0, "%s: %d, %s", #call, ok_rc, errmsg_text(e, ok_rc));                                               \
    } while (0)

static inline void make_folder(char path[64])
{
    snprintf(path, 64, "/tmp/souk-test-XXXXXX");
    cr_assert_not_null(mkdtemp(path));
}
static inline int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}
static inline void remove_folder(const char *path)
{
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* A static model of WIDE numbers over the tiny vocabulary of gguf_make.h; another name makes it another model. */
enum { WIDE = 32 };
static inline struct embedder *make_model(struct buf *file, const char *name)
{
    struct gguf_make g = GGUF_MAKE_INIT;
    struct gguf *open;
    struct embedder *model;
    struct errmsg e = {0};
    static int8_t rows[TINY_N][WIDE];
    static float scale[TINY_N];
    for (int t = 0; t < TINY_N; t++) {
        scale[t] = t >= TINY_RED ? 1 : 0;
        for (int i = 0; i < WIDE; i++) rows[t][i] = (int8_t)((t * 37 + i * 11 + t * i * 5) % 41 - 20);
    }
    make_str(&g, "general.architecture", "static");
    make_str(&g, "general.name", name);
    make_u32(&g, "static.embedding_length", WIDE);
    make_tiny_vocab(&g);
    make_tensor(&g, "token_embd.scale", TENSOR_F32, TINY_N, 1, scale, sizeof scale);
    make_tensor(&g, "token_embd.weight", TENSOR_I8, WIDE, TINY_N, rows, sizeof rows);
    *file = (struct buf)BUF_INIT(1 << 20);
    make_finish(&g, file);
    OK(gguf_open_memory(&open, file->data, file->n, name, &e), &e);
    OK(embed_open_gguf(&model, open, &e), &e);
    return model;
}

static inline void open_writer(struct made *m)
{
    struct errmsg e = {0};
    OK(index_open(&m->ix, m->data, "shop", INDEX_CREATE, &e), &e);
    OK(writer_new(&m->w, m->ix, m->model, &e), &e);
}
static inline void close_writer(struct made *m)
{
    writer_free(m->w);
    index_close(m->ix);
    m->w = NULL;
    m->ix = NULL;
}
static inline void make_index(struct made *m)
{
    *m = (struct made){0};
    make_folder(m->data);
    m->model = make_model(&m->file, "tiny");
    open_writer(m);
}
static inline void unmake_index(struct made *m)
{
    close_writer(m);
    embed_close(m->model);
    buf_release(&m->file);
    remove_folder(m->data);
}

/* JSON with ' for ", so that it reads well in C; malloc'ed. */
static inline char *quotes(const char *json)
{
    char *s = xstrdup(json);
    for (char *p = s; *p; p++)
        if (*p == '\'') *p = '"';
    return s;
}

static inline enum outcome
put_with(struct made *m, int (*how)(struct writer *, struct prepared *, enum outcome *, struct errmsg *), const char *json)
{
    struct prepared p;
    struct errmsg e = {0};
    enum outcome out = N_OUTCOMES;
    char *s = quotes(json);
    prepared_init(&p);
    OK(prepare_line(&p, s, strlen(s), &e), &e);
    OK(how(m->w, &p, &out, &e), &e);
    prepared_release(&p);
    free(s);
    return out;
}
/* In a transaction that the caller begun. */
static inline enum outcome put_in(struct made *m, const char *json)
{
    return put_with(m, writer_put, json);
}
static inline void begin_batch(struct made *m)
{
    struct errmsg e = {0};
    OK(writer_begin(m->w, &e), &e);
}
static inline void commit_batch(struct made *m)
{
    struct errmsg e = {0};
    OK(writer_commit(m->w, &e), &e);
}
/* In transactions of their own. */
static inline enum outcome put(struct made *m, const char *json)
{
    begin_batch(m);
    enum outcome out = put_in(m, json);
    commit_batch(m);
    return out;
}
static inline enum outcome update(struct made *m, const char *json)
{
    begin_batch(m);
    enum outcome out = put_with(m, writer_update, json);
    commit_batch(m);
    return out;
}
static inline enum outcome delete_id(struct made *m, const char *id)
{
    struct errmsg e = {0};
    enum outcome out = N_OUTCOMES;
    begin_batch(m);
    OK(writer_delete(m->w, id, strlen(id), &out, &e), &e);
    commit_batch(m);
    return out;
}
static inline void merge(struct made *m)
{
    struct errmsg e = {0};
    OK(writer_merge(m->w, true, NULL, NULL, &e), &e);
}

/* ---- looking ---- */

static inline struct snapshot *look(struct index *ix)
{
    struct snapshot *s;
    struct errmsg e = {0};
    OK(snapshot_new(&s, ix, &e), &e);
    OK(snapshot_begin(s, &e), &e);
    return s;
}
static inline uint32_t doc_of(struct snapshot *s, const char *id)
{
    return snapshot_find(s, id, strlen(id));
}
/* The stored product, "" when there is none; valid until the snapshot ends. */
static inline const char *product_of(struct snapshot *s, const char *id, struct buf *out)
{
    const char *json;
    size_t n;
    buf_clear(out);
    buf_str(out, "");
    if (snapshot_product(s, doc_of(s, id), &json, &n)) buf_add(out, json, n);
    return out->data;
}
/* Live documents with a term ("wred" is the word red), as bits of the first 64 documents. */
static inline uint64_t docs_with(struct snapshot *s, const char *term)
{
    size_t n;
    uint64_t bits = 0;
    const struct segment *seg = snapshot_segments(s, &n);
    for (size_t i = 0; i < n; i++) {
        uint32_t t = segment_find(&seg[i], term, strlen(term)), doc;
        uint8_t impact;
        if (t == UINT32_MAX) continue;
        struct postings p = segment_postings(&seg[i], t);
        while (postings_next(&p, &doc, &impact))
            if (doc < 64 && bits_get(snapshot_live(s), doc)) bits |= 1ull << doc;
    }
    return bits;
}

#endif
