/* Building an epoch: vectors go from the source straight into the file, a segment at a time; only codes and links stay in
 * memory. The graph is made from them and written last, META at the very end. */
#include "ann/builder.h"

#include "ann/quant.h"
#include "base/bits.h"
#include "base/kernel.h"
#include "base/mem.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { SAMPLE = 20000, SAMPLE_TASKS = 64, BLOCK = 64 };

/* Zeroed memory in pages as large as the machine has: walks hop all over it. */
static void *big_alloc(size_t bytes)
{
    void *p = xaligned((size_t)2 << 20, bytes);
    madvise(p, bytes, MADV_HUGEPAGE);
    return p;
}

/* ---- the scale ---- */

struct sampling {
    struct builder *b;
    pthread_mutex_t lock;
    struct quant_sample sum;
};

static void sample_some(void *arg, size_t task, unsigned worker)
{
    struct sampling *t = arg;
    (void)worker;
    uint32_t n = t->b->g.n, step = n / SAMPLE + 1;
    uint16_t *row = xmalloc(t->b->p.dim * sizeof *row);
    struct quant_sample *s = xcalloc(1, sizeof *s);
    for (uint64_t id = task * step; id < n; id += (uint64_t)SAMPLE_TASKS * step)
        if (t->b->source(t->b->arg, (uint32_t)id, row)) quant_add(s, row, t->b->p.dim);
    pthread_mutex_lock(&t->lock);
    for (uint32_t i = 0; i < 0x7C00; i++) t->sum.count[i] += s->count[i];
    t->sum.total += s->total;
    pthread_mutex_unlock(&t->lock);
    free(s);
    free(row);
}

static void learn_clip(struct builder *b)
{
    struct sampling *t = xcalloc(1, sizeof *t);
    t->b = b;
    pthread_mutex_init(&t->lock, NULL);
    pool_for(b->pool, SAMPLE_TASKS, sample_some, t);
    pthread_mutex_destroy(&t->lock);
    b->clip = quant_clip(&t->sum);
    free(t);
}

/* ---- vectors and codes ---- */

struct filling {
    struct builder *b;
    uint16_t *rows;
    uint32_t first, n;
};

static void fill_row(struct builder *b, uint32_t id, uint16_t *row, float *wide)
{
    uint32_t dim = b->p.dim;
    if (!b->source(b->arg, id, row)) {
        memset(row, 0, dim * sizeof *row);
        return;
    }
    bits_set(b->have, id);
    kernels()->from_f16(row, wide, dim);
    quant_row(wide, 127 / b->clip, dim, graph_code(&b->g, id));
    const uint16_t *old = b->prev ? ann_vector_f16(b->prev, id) : NULL;
    if (old && !memcmp(old, row, dim * sizeof *row)) bits_set(b->kept, id);
}

/* A block is a word of the bit sets: no two threads write to the same one. */
static void fill_block(void *arg, size_t block, unsigned worker)
{
    struct filling *f = arg;
    uint32_t i = (uint32_t)block * BLOCK, end = f->n - i < BLOCK ? f->n : i + BLOCK;
    float *wide = xmalloc(f->b->p.dim * sizeof *wide);
    (void)worker;
    for (; i < end; i++) fill_row(f->b, f->first + i, f->rows + (size_t)i * f->b->p.dim, wide);
    free(wide);
}

static int write_vectors(struct builder *b, struct errmsg *e)
{
    for (uint32_t s = 0; s < segments(b->g.n, VECTOR_SHIFT); s++) {
        uint32_t rows = segment_rows(b->g.n, VECTOR_SHIFT, s);
        void *to;
        int rc = sink_reserve(&b->w, "VECT", s, rows, b->p.dim * 2, &to, e);
        if (rc) return rc;
        struct filling f = {b, to, s << VECTOR_SHIFT, rows};
        pool_for(b->pool, (rows + BLOCK - 1) / BLOCK, fill_block, &f);
        rc = sink_commit(&b->w, e);
        if (rc) return rc;
        if (b->progress && !b->progress(b->progress_arg, 0, b->g.n)) return errmsg_set(e, ERR_STOPPED, "stopped");
    }
    b->n_have = bits_count(b->have, b->g.n);
    return 0;
}

/* ---- the graph ---- */

static void make_graph(struct builder *b)
{
    struct graph *g = &b->g;
    size_t room = (size_t)2 * g->M, bytes = g->n * room * sizeof *b->links;
    b->links = big_alloc(bytes);
    memset(b->links, 0xFF, bytes);
    for (uint32_t s = 0; s < segments(g->n, SEGMENT_SHIFT); s++) g->link[s] = b->links + ((size_t)s << SEGMENT_SHIFT) * room;
    g->locks = xcalloc(g->n, 1);
    levels_layout(b);
    merge_links(b);
    insert_all(b);
    if (!b->stop) connect_all(b);
}

static int write_segments(struct builder *b, const char *tag, void *const *bases, size_t row_bytes, struct errmsg *e)
{
    int rc = 0;
    for (uint32_t s = 0; !rc && s < segments(b->g.n, SEGMENT_SHIFT); s++)
        rc = sink_put(&b->w, tag, s, segment_rows(b->g.n, SEGMENT_SHIFT, s), row_bytes, bases[s], e);
    return rc;
}

static int write_graph(struct builder *b, struct errmsg *e)
{
    const struct graph *g = &b->g;
    int rc = write_segments(b, "LINK", (void *const *)g->link, (size_t)g->M * 8, e);
    if (!rc) rc = sink_put(&b->w, "UPID", 0, g->n_upper + 1, sizeof *g->upper, g->upper, e);
    if (!rc) rc = sink_put(&b->w, "UPLK", 0, g->upper[g->n_upper].first, (size_t)g->M * 4, g->upper_link, e);
    return rc;
}

static int write_meta(struct builder *b, struct errmsg *e)
{
    const struct graph *g = &b->g;
    struct meta m = {
        .magic = FORMAT_MAGIC,
        .version = FORMAT_VERSION,
        .dim = b->p.dim,
        .M = g->M,
        .n = g->n,
        .n_have = b->n_have,
        .n_upper = g->n_upper,
        .n_upper_rows = g->n_upper ? g->upper[g->n_upper].first : 0,
        .entry = g->entry,
        .clip = b->clip,
        .ef_construction = b->p.ef_construction,
        .seed = b->p.seed,
    };
    return sink_put(&b->w, "META", 0, 1, sizeof m, &m, e);
}

/* ---- the whole ---- */

static void defaults(struct builder *b)
{
    struct ann_params *p = &b->p;
    if (!p->M) p->M = 16;
    if (!p->ef_construction) p->ef_construction = 200;
    const struct ann *prev = b->prev;
    if (prev && (prev->g.entry == NONE || prev->dim != p->dim || prev->g.M != p->M)) b->prev = NULL;
    if (b->prev) p->seed = b->prev->meta.seed;
}

static int check_params(const struct ann_params *p, uint32_t n, struct errmsg *e)
{
    if (p->dim < 8 || p->dim > ANN_MAX_DIM || p->M > ANN_MAX_M || p->M == 1 || p->ef_construction > 65536)
        return errmsg_set(e, ERR_INPUT, "a graph of dim %u, M %u, ef_construction %u is not possible", p->dim, p->M,
                          p->ef_construction);
    if (n > ANN_MAX_DOCUMENTS) return errmsg_set(e, ERR_TOO_BIG, "a graph holds at most %u documents", ANN_MAX_DOCUMENTS);
    return 0;
}

static void begin(struct builder *b, uint32_t n)
{
    struct graph *g = &b->g;
    *g = (struct graph){.n = n, .stride = code_bytes(b->p.dim), .M = b->p.M, .entry = NONE};
    uint32_t count = segments(n, SEGMENT_SHIFT);
    g->code = xcalloc(count + 1, sizeof *g->code);
    g->link = xcalloc(count + 1, sizeof *g->link);
    b->codes = big_alloc((size_t)n * g->stride);
    memset(b->codes, 0, (size_t)n * g->stride);
    for (uint32_t s = 0; s < count; s++) g->code[s] = b->codes + ((size_t)s << SEGMENT_SHIFT) * g->stride;
    b->have = xcalloc(bits_words(n), 8);
    b->kept = xcalloc(bits_words(n), 8);
    b->pool = pool_new(b->p.threads, 64);
    b->scratch = xcalloc(pool_size(b->pool), sizeof *b->scratch);
    for (unsigned i = 0; i < pool_size(b->pool); i++) b->scratch[i] = ann_scratch_new();
    pthread_mutex_init(&b->lock, NULL);
}

static void end(struct builder *b)
{
    for (unsigned i = 0; i < pool_size(b->pool); i++) ann_scratch_free(b->scratch[i]);
    pool_free(b->pool);
    pthread_mutex_destroy(&b->lock);
    free(b->scratch);
    free(b->have);
    free(b->kept);
    free(b->codes);
    free(b->links);
    free((void *)b->g.locks);
    free(b->g.upper);
    free(b->g.upper_link);
    free(b->g.code);
    free(b->g.link);
}

/* What all records take, at most, with the pages that LMDB needs around them. */
static size_t file_bytes(const struct builder *b)
{
    size_t row = b->p.dim * 2 + b->g.stride + (size_t)b->g.M * 8 + 1 + 8 + (size_t)b->g.M * 4;
    return b->g.n * row + (size_t)segments(b->g.n, VECTOR_SHIFT) * 65536;
}

static int build(struct builder *b, struct errmsg *e)
{
    learn_clip(b);
    int rc = write_vectors(b, e);
    if (rc) return rc;
    if (b->n_have >= ANN_GRAPH_MIN) make_graph(b);
    if (b->stop) return errmsg_set(e, ERR_STOPPED, "stopped");
    rc = write_segments(b, "CODE", (void *const *)b->g.code, b->g.stride, e);
    if (!rc && b->g.entry != NONE) rc = write_graph(b, e);
    if (!rc) rc = sink_put(&b->w, "HAVE", 0, (uint32_t)bits_words(b->g.n), 8, b->have, e);
    return rc ? rc : write_meta(b, e);
}

int ann_build(const char *path, const struct ann_params *p, uint32_t n, ann_source source, void *arg, const struct ann *prev,
              bool (*progress)(void *, uint32_t, uint32_t), void *arg2, struct errmsg *e)
{
    struct builder b = {.p = *p, .source = source, .arg = arg, .prev = prev, .progress = progress, .progress_arg = arg2};
    int rc = check_params(p, n, e);
    if (rc) return rc;
    defaults(&b);
    begin(&b, n);
    rc = sink_open(&b.w, path, file_bytes(&b), e);
    if (!rc) rc = build(&b, e);
    rc = sink_close(&b.w, rc, e);
    end(&b);
    return rc;
}
