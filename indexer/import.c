#include "indexer/import.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/pool.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum {
    BATCH_LINES = 4096,
    BATCH_BYTES = 16 << 20,
    BATCH_US = 3000000, /* a slow source is committed at least this often */
};

struct item {
    const char *line, *source;
    size_t n;
    uint64_t number;
    struct prepared p;
    struct errmsg e;
    int rc;
    enum outcome outcome;
    bool repeated;
    char *id; /* kept for the result: the product may be gone by then */
};

struct batch {
    struct arena arena;
    struct item *items;    /* BATCH_LINES; their memory is kept from batch to batch */
    size_t n, bytes, made; /* items below made have been initialized */
    uint64_t begun_us;
};

/* What a worker thread needs. */
struct bench {
    struct preparer *preparer;
    struct snapshot *now, *reuse; /* the index itself; an older one; either may be NULL */
};

struct import {
    struct import_options o;
    struct index *ix;
    struct writer *writer;
    struct pool *pool;
    struct bench *benches;
    struct batch batches[2], *filling, *committing;
    /* the committer thread takes `committing` and sets it to NULL when it is done */
    pthread_t committer;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool started, closing;
    int rc; /* of the committer; sticky */
    struct errmsg e;
    /* ids seen: open addressing over 64-bit hashes, 0 is free */
    uint64_t *seen;
    size_t n_seen, cap_seen;
    uint64_t done, refused, products;
};

/* ---- ids seen ---- */

static bool seen_add(struct import *im, uint64_t h)
{
    h += !h;
    if (im->n_seen * 2 >= im->cap_seen) {
        uint64_t *old = im->seen;
        size_t n = im->cap_seen;
        im->cap_seen = n ? n * 2 : 4096;
        im->seen = xcalloc(im->cap_seen, sizeof *im->seen);
        im->n_seen = 0;
        for (size_t i = 0; i < n; i++)
            if (old[i]) seen_add(im, old[i]);
        free(old);
    }
    size_t i = h & (im->cap_seen - 1);
    while (im->seen[i] && im->seen[i] != h) i = (i + 1) & (im->cap_seen - 1);
    if (im->seen[i]) return false;
    im->seen[i] = h;
    im->n_seen++;
    return true;
}

/* ---- preparing, on the pool ---- */

static void prepare_item(void *arg, size_t i, unsigned worker)
{
    struct import *im = arg;
    struct item *it = &im->filling->items[i];
    struct bench *b = &im->benches[worker];
    if (it->rc) return;
    it->rc = prepare_line(&it->p, it->line, it->n, &it->e);
    bool heavy = !it->rc && !im->o.update && !im->o.dry_run && !it->p.product.deleted;
    if (heavy && !(b->now && snapshot_has(b->now, it->p.product.id, it->p.product.id_n, &it->p.head)))
        prepare_body(b->preparer, &it->p, b->reuse);
}

static int begin_snapshots(struct import *im, struct errmsg *e)
{
    int rc = 0;
    for (unsigned i = 0; !rc && i < pool_size(im->pool); i++) {
        if (im->benches[i].now) rc = snapshot_begin(im->benches[i].now, e);
        if (!rc && im->benches[i].reuse) rc = snapshot_begin(im->benches[i].reuse, e);
    }
    return rc;
}

static void end_snapshots(struct import *im)
{
    for (unsigned i = 0; i < pool_size(im->pool); i++) {
        if (im->benches[i].now) snapshot_end(im->benches[i].now);
        if (im->benches[i].reuse) snapshot_end(im->benches[i].reuse);
    }
}

/* ---- committing, on a thread of its own ---- */

static int put_item(struct import *im, struct item *it, struct errmsg *e)
{
    if (it->rc) return 0;
    it->id = xmemdup(it->p.product.id, it->p.product.id_n + 1);
    it->repeated = !seen_add(im, XXH3_64bits(it->id, it->p.product.id_n)) && !im->o.update;
    im->products++;
    if (im->o.dry_run) return 0;
    struct errmsg why = {0};
    int rc = im->o.update ? writer_update(im->writer, &it->p, &it->outcome, &why)
                          : writer_put(im->writer, &it->p, &it->outcome, &why);
    if (rc == ERR_INPUT || rc == ERR_TOO_BIG) { /* the merged product is wrong: this line's fault */
        it->rc = rc;
        it->e = why;
        return 0;
    }
    return rc ? errmsg_set(e, rc, "%s", errmsg_text(&why, rc)) : 0;
}

static int commit_batch(struct import *im, struct batch *b, struct errmsg *e)
{
    int rc = im->o.dry_run ? 0 : writer_begin(im->writer, e);
    for (size_t i = 0; !rc && i < b->n; i++) rc = put_item(im, &b->items[i], e);
    if (rc) {
        if (!im->o.dry_run) writer_abort(im->writer);
        return rc;
    }
    return im->o.dry_run ? 0 : writer_commit(im->writer, e);
}

static void report(struct import *im, struct batch *b)
{
    for (size_t i = 0; i < b->n; i++) {
        struct item *it = &b->items[i];
        struct import_result r = {
            it->source, it->number, it->id, it->rc, it->outcome, it->repeated, it->rc ? errmsg_text(&it->e, it->rc) : NULL};
        if (it->rc) im->refused++;
        if (im->o.result) im->o.result(im->o.arg, &r);
    }
    im->done += b->n;
    if (im->o.committed) im->o.committed(im->o.arg, im->done);
}

static void batch_clear(struct batch *b)
{
    for (size_t i = 0; i < b->n; i++) {
        prepared_clear(&b->items[i].p);
        free(b->items[i].id);
        b->items[i].id = NULL;
    }
    arena_clear(&b->arena);
    b->n = b->bytes = 0;
}

static void *committer(void *arg)
{
    struct import *im = arg;
    pthread_mutex_lock(&im->lock);
    for (;;) {
        while (!im->committing && !im->closing) pthread_cond_wait(&im->changed, &im->lock);
        if (!im->committing) break;
        struct batch *b = im->committing;
        int rc = im->rc;
        pthread_mutex_unlock(&im->lock);
        if (!rc) rc = commit_batch(im, b, &im->e);
        if (!rc) report(im, b);
        batch_clear(b);
        pthread_mutex_lock(&im->lock);
        im->rc = rc;
        im->committing = NULL;
        pthread_cond_broadcast(&im->changed);
    }
    pthread_mutex_unlock(&im->lock);
    return NULL;
}

static int wait_committed(struct import *im, struct errmsg *e)
{
    pthread_mutex_lock(&im->lock);
    while (im->committing) pthread_cond_wait(&im->changed, &im->lock);
    int rc = im->rc;
    pthread_mutex_unlock(&im->lock);
    return rc ? errmsg_set(e, rc, "%s", errmsg_text(&im->e, rc)) : 0;
}

/* Prepares the batch that is full and hands it to the committer. */
static int flush(struct import *im, struct errmsg *e)
{
    struct batch *b = im->filling;
    int rc = b->n ? begin_snapshots(im, e) : 0;
    if (!b->n) return 0;
    if (!rc) pool_for(im->pool, b->n, prepare_item, im);
    end_snapshots(im);
    if (!rc) rc = wait_committed(im, e);
    if (rc) {
        batch_clear(b);
        return rc;
    }
    pthread_mutex_lock(&im->lock);
    im->committing = b;
    pthread_cond_broadcast(&im->changed);
    pthread_mutex_unlock(&im->lock);
    im->filling = b == &im->batches[0] ? &im->batches[1] : &im->batches[0];
    return 0;
}

/* ---- life ---- */

static int make_benches(struct import *im, const struct embedder *model, struct errmsg *e)
{
    int rc = 0;
    im->benches = xcalloc(pool_size(im->pool), sizeof *im->benches);
    for (unsigned i = 0; !rc && i < pool_size(im->pool); i++) {
        im->benches[i].preparer = preparer_new(model);
        if (im->ix && !im->o.update) rc = snapshot_new(&im->benches[i].now, im->ix, e);
        if (!rc && im->o.reuse) rc = snapshot_new(&im->benches[i].reuse, im->o.reuse, e);
    }
    return rc;
}

int import_new(struct import **out, struct index *ix, const struct embedder *model, const struct import_options *o,
               struct errmsg *e)
{
    struct import *im = xcalloc(1, sizeof *im);
    *out = NULL;
    im->o = *o;
    im->ix = ix;
    pthread_mutex_init(&im->lock, NULL);
    pthread_cond_init(&im->changed, NULL);
    im->filling = &im->batches[0];
    for (int k = 0; k < 2; k++) im->batches[k].items = xcalloc(BATCH_LINES, sizeof(struct item));
    im->pool = pool_new(o->threads, 64);
    int rc = ix ? writer_new(&im->writer, ix, model, e) : 0;
    if (!rc) rc = make_benches(im, model, e);
    if (!rc && o->prune && im->writer) writer_mark_all(im->writer);
    if (!rc && pthread_create(&im->committer, NULL, committer, im) == 0) im->started = true;
    if (rc || !im->started) {
        import_free(im);
        return rc ? rc : errmsg_set(e, ERR_BUSY, "cannot start a thread");
    }
    *out = im;
    return 0;
}

void import_free(struct import *im)
{
    if (!im) return;
    if (im->started) {
        pthread_mutex_lock(&im->lock);
        im->closing = true;
        pthread_cond_broadcast(&im->changed);
        pthread_mutex_unlock(&im->lock);
        pthread_join(im->committer, NULL);
    }
    for (unsigned i = 0; im->benches && i < pool_size(im->pool); i++) {
        preparer_free(im->benches[i].preparer);
        snapshot_free(im->benches[i].now);
        snapshot_free(im->benches[i].reuse);
    }
    for (int k = 0; k < 2; k++) {
        batch_clear(&im->batches[k]);
        for (size_t i = 0; i < im->batches[k].made; i++) prepared_release(&im->batches[k].items[i].p);
        arena_release(&im->batches[k].arena);
        free(im->batches[k].items);
    }
    pool_free(im->pool);
    writer_free(im->writer);
    free(im->benches);
    free(im->seen);
    pthread_mutex_destroy(&im->lock);
    pthread_cond_destroy(&im->changed);
    free(im);
}

struct writer *import_writer(struct import *im)
{
    return im->writer;
}

static struct item *next_item(struct import *im, const char *source, uint64_t number)
{
    struct batch *b = im->filling;
    if (!b->n) b->begun_us = clock_us();
    if (b->n == b->made) prepared_init(&b->items[b->made++].p);
    struct item *it = &b->items[b->n++];
    it->source = source;
    it->number = number;
    it->line = "";
    it->n = 0;
    it->rc = 0;
    it->e.text[0] = 0;
    it->outcome = UNCHANGED;
    it->repeated = false;
    return it;
}

static int flush_if_full(struct import *im, struct errmsg *e)
{
    struct batch *b = im->filling;
    bool full = b->n == BATCH_LINES || b->bytes >= BATCH_BYTES || clock_us() - b->begun_us > BATCH_US;
    return full ? flush(im, e) : 0;
}

int import_line(struct import *im, const char *source, uint64_t number, const char *line, size_t n, struct errmsg *e)
{
    struct item *it = next_item(im, source, number);
    it->line = arena_strn(&im->filling->arena, line, n);
    it->n = n;
    im->filling->bytes += n;
    return flush_if_full(im, e);
}

int import_refuse(struct import *im, const char *source, uint64_t number, int rc, const char *message, struct errmsg *e)
{
    struct item *it = next_item(im, source, number);
    it->rc = errmsg_set(&it->e, rc, "%s", message);
    return flush_if_full(im, e);
}

int import_finish(struct import *im, struct errmsg *e)
{
    int rc = flush(im, e);
    return rc ? rc : wait_committed(im, e);
}

int import_prune(struct import *im, uint32_t *deleted, struct errmsg *e)
{
    *deleted = 0;
    if (im->refused)
        return errmsg_set(e, ERR_INPUT,
                          "nothing was pruned: %llu lines were refused, and what they name cannot be told from what is gone",
                          (unsigned long long)im->refused);
    if (!im->products)
        return errmsg_set(e, ERR_INPUT, "nothing was pruned: the catalogue holds no product, which would delete the whole index");
    int rc = writer_begin(im->writer, e);
    if (rc) return rc;
    if ((rc = writer_prune(im->writer, deleted, e)) == 0) return writer_commit(im->writer, e);
    writer_abort(im->writer);
    return rc;
}
