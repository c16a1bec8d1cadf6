/* bench_ann N DIM [SEED [GRAPH]]: builds a graph of N synthetic vectors and prints what it answers, how well and how fast.
 *
 * The vectors are made to be about as hard as sentence embeddings: 200 themes, 10,000 clusters of uneven size, in each a
 * subspace of 24 directions of its theme, noise in all directions, a spectrum that falls off, a random rotation; unit length.
 * Queries are drawn alike. Truth is the exact scan of the half-float vectors. Speeds are per second of one thread's CPU time,
 * the best of three rounds: on a shared machine wall time measures the neighbours. */
#include "ann/ann.h"
#include "base/bits.h"
#include "base/clock.h"
#include "base/cpu.h"
#include "base/kernel.h"
#include "base/mem.h"
#include "base/pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { THEMES = 200, CLUSTERS = 10000, DICTIONARY = 64, DIRECTIONS = 24, QUERIES = 1000, WIDE_QUERIES = 200, K_MAX = 1000 };

/* ---- random numbers ---- */

struct rng {
    uint64_t s;
};

static uint64_t next(struct rng *r)
{
    uint64_t x = r->s += 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}
static float uniform(struct rng *r)
{
    return (float)(next(r) >> 40) * 0x1p-24f;
}
/* The sum of eight 16-bit numbers, centred and scaled to variance 1: normal enough, and cheap. */
static float normal(struct rng *r)
{
    uint64_t a = next(r), b = next(r);
    int32_t s = 0;
    for (int i = 0; i < 64; i += 16) s += (int32_t)(a >> i & 0xFFFF) + (int32_t)(b >> i & 0xFFFF);
    return (float)(s - 4 * 65535) / 53509.0f;
}

/* ---- the world that vectors are drawn from ---- */

struct world {
    uint32_t dim;
    float *spread;     /* (dim): the spectrum, total variance 1 */
    float *rotation;   /* (dim, dim) */
    float *directions; /* (THEMES, DICTIONARY, dim) */
    float *centre;     /* (CLUSTERS, dim) */
    float *size;       /* (CLUSTERS) */
    float *upto;       /* (CLUSTERS): running sum of weights */
    uint32_t *theme;   /* (CLUSTERS) */
};

static void scale_to_unit(float *x, uint32_t dim)
{
    float f = 1 / sqrtf(kernels()->dot_f32(x, x, dim));
    for (uint32_t i = 0; i < dim; i++) x[i] *= f;
}

/* Rows of normal numbers, each made orthogonal to those before it (Gram and Schmidt, twice for precision). */
static float *random_rotation(struct rng *r, uint32_t dim)
{
    float *m = xmalloc((size_t)dim * dim * sizeof *m);
    for (uint32_t i = 0; i < dim; i++) {
        float *row = m + (size_t)i * dim;
        for (uint32_t j = 0; j < dim; j++) row[j] = normal(r);
        for (uint32_t k = 0; k < 2 * i; k++) {
            const float *other = m + (size_t)(k % i) * dim;
            float d = kernels()->dot_f32(row, other, dim);
            for (uint32_t j = 0; j < dim; j++) row[j] -= d * other[j];
        }
        scale_to_unit(row, dim);
    }
    return m;
}

static void make_clusters(struct world *w, struct rng *r)
{
    uint32_t dim = w->dim;
    float *theme = xmalloc((size_t)THEMES * dim * sizeof *theme), sum = 0;
    for (uint32_t i = 0; i < THEMES * dim; i++) theme[i] = .5f * normal(r) * w->spread[i % dim];
    float *mean = xmalloc(dim * sizeof *mean);
    for (uint32_t i = 0; i < dim; i++) mean[i] = .6f * normal(r) * w->spread[i];
    for (uint32_t c = 0; c < CLUSTERS; c++) {
        uint32_t t = w->theme[c] = (uint32_t)(next(r) % THEMES);
        float *x = w->centre + (size_t)c * dim;
        for (uint32_t i = 0; i < dim; i++) x[i] = mean[i] + theme[t * dim + i] + .5f * normal(r) * w->spread[i];
        w->size[c] = .42f * expf(.35f * normal(r));
        w->upto[c] = sum += powf((float)c + 10, -.8f);
    }
    free(theme);
    free(mean);
}

static void make_world(struct world *w, uint32_t dim, struct rng *r)
{
    *w = (struct world){.dim = dim};
    w->spread = xmalloc(dim * sizeof *w->spread);
    float total = 0;
    for (uint32_t i = 0; i < dim; i++) total += powf((float)i + 1, -.7f);
    for (uint32_t i = 0; i < dim; i++) w->spread[i] = sqrtf(powf((float)i + 1, -.7f) / total);
    w->rotation = random_rotation(r, dim);
    w->directions = xmalloc((size_t)THEMES * DICTIONARY * dim * sizeof *w->directions);
    for (uint32_t d = 0; d < THEMES * DICTIONARY; d++) {
        float *x = w->directions + (size_t)d * dim;
        for (uint32_t i = 0; i < dim; i++) x[i] = normal(r) * sqrtf(w->spread[i]);
        scale_to_unit(x, dim);
    }
    w->centre = xmalloc((size_t)CLUSTERS * dim * sizeof *w->centre);
    w->size = xmalloc(CLUSTERS * sizeof *w->size);
    w->upto = xmalloc(CLUSTERS * sizeof *w->upto);
    w->theme = xmalloc(CLUSTERS * sizeof *w->theme);
    make_clusters(w, r);
}

static void free_world(struct world *w)
{
    free(w->spread);
    free(w->rotation);
    free(w->directions);
    free(w->centre);
    free(w->size);
    free(w->upto);
    free(w->theme);
}

static uint32_t draw_cluster(const struct world *w, struct rng *r)
{
    float u = uniform(r) * w->upto[CLUSTERS - 1];
    uint32_t lo = 0, hi = CLUSTERS - 1;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (w->upto[mid] < u)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static void draw(const struct world *w, struct rng *r, float *out)
{
    uint32_t dim = w->dim, c = draw_cluster(w, r);
    struct rng own = {c}; /* which directions, of the theme's, the cluster has */
    float *x = xmalloc(dim * sizeof *x), size = w->size[c];
    for (uint32_t i = 0; i < dim; i++) x[i] = w->centre[(size_t)c * dim + i] + 1.1f * size * normal(r) * w->spread[i];
    for (uint32_t d = 0; d < DIRECTIONS; d++) {
        const float *v = w->directions + ((size_t)w->theme[c] * DICTIONARY + next(&own) % DICTIONARY) * dim;
        float f = .33f * size * normal(r) * powf((float)d + 1, -.3f);
        for (uint32_t i = 0; i < dim; i++) x[i] += f * v[i];
    }
    for (uint32_t i = 0; i < dim; i++) out[i] = kernels()->dot_f32(x, w->rotation + (size_t)i * dim, dim);
    scale_to_unit(out, dim);
    free(x);
}

/* ---- data set: vectors, queries, truth ---- */

struct data {
    uint32_t dim, n;
    uint64_t seed;
    struct world world;
    uint16_t *rows;   /* (n, dim) */
    float *queries;   /* (QUERIES, dim) */
    uint64_t *filter; /* what truth was made under, or NULL */
    uint32_t n_filter;
    uint32_t *truth; /* (QUERIES, K_MAX) */
};

static void make_block(void *arg, size_t block, unsigned worker)
{
    struct data *d = arg;
    (void)worker;
    struct rng r = {d->seed * 1000003 + (block << 32)};
    float *x = xmalloc(d->dim * sizeof *x);
    for (size_t i = block * 1000; i < d->n && i < block * 1000 + 1000; i++) {
        draw(&d->world, &r, x);
        kernels()->to_f16(x, d->rows + i * d->dim, d->dim);
    }
    free(x);
}

static void make_data(struct data *d, struct pool *pool)
{
    struct rng r = {d->seed};
    make_world(&d->world, d->dim, &r);
    d->rows = xmalloc((size_t)d->n * d->dim * sizeof *d->rows);
    pool_for(pool, (d->n + 999) / 1000, make_block, d);
    d->queries = xmalloc((size_t)QUERIES * d->dim * sizeof *d->queries);
    for (uint32_t i = 0; i < QUERIES; i++) draw(&d->world, &r, d->queries + (size_t)i * d->dim);
    d->truth = xmalloc((size_t)QUERIES * K_MAX * sizeof *d->truth);
    free_world(&d->world);
}

static void truth_of(void *arg, size_t i, unsigned worker)
{
    struct data *d = arg;
    (void)worker;
    uint64_t *keys = xmalloc(ANN_TOP_ROOM(K_MAX) * sizeof *keys);
    struct ann_hit *hits = xmalloc(K_MAX * sizeof *hits);
    struct ann_top top;
    ann_top_init(&top, keys, K_MAX, -INFINITY);
    ann_scan_f16(d->queries + i * d->dim, d->dim, d->rows, d->n, 0, d->filter, &top);
    uint32_t n = ann_top_take(&top, hits);
    for (uint32_t j = 0; j < K_MAX; j++) d->truth[i * K_MAX + j] = j < n ? hits[j].id : UINT32_MAX;
    free(keys);
    free(hits);
}

static bool source(void *arg, uint32_t id, uint16_t *out)
{
    const struct data *d = arg;
    memcpy(out, d->rows + (size_t)id * d->dim, d->dim * sizeof *out);
    return true;
}

/* ---- measuring ---- */

static double cpu_s(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static uint32_t right(const struct ann_hit *hits, uint32_t n, const uint32_t *truth, uint32_t k, uint64_t *marks)
{
    uint32_t c = 0;
    for (uint32_t i = 0; i < k; i++)
        if (truth[i] != UINT32_MAX) bits_set(marks, truth[i]);
    for (uint32_t i = 0; i < n; i++) c += bits_get(marks, hits[i].id);
    for (uint32_t i = 0; i < k; i++)
        if (truth[i] != UINT32_MAX) bits_del(marks, truth[i]);
    return c;
}

/* One line of the table. */
static void measure(const struct data *d, const struct ann *a, const char *what, uint32_t k, uint32_t ef, bool exact)
{
    uint32_t queries = k > 10 ? WIDE_QUERIES : QUERIES, possible = d->filter && d->n_filter < k ? d->n_filter : k;
    struct ann_scratch *s = ann_scratch_new();
    struct ann_hit *hits = xmalloc(k * sizeof *hits);
    uint64_t *marks = xcalloc(bits_words(d->n), 8), hit = 0;
    double best = 1e9;
    for (int round = 0; round < 4; round++) {
        double from = cpu_s(CLOCK_THREAD_CPUTIME_ID);
        for (uint32_t i = 0; i < queries; i++) {
            const float *q = d->queries + (size_t)i * d->dim;
            uint32_t n = exact ? ann_search_exact(a, s, q, k, d->filter, d->n_filter, hits)
                               : ann_search(a, s, q, k, ef, d->filter, d->n_filter, ANN_NO_FLOOR, hits);
            if (!round) hit += right(hits, n, d->truth + (size_t)i * K_MAX, k, marks);
        }
        double took = cpu_s(CLOCK_THREAD_CPUTIME_ID) - from;
        if (round && took < best) best = took;
    }
    printf("%-12s %5u %6u %8.4f %9.1f %9.0f\n", what, k, ef, (double)hit / ((double)possible * queries), best / queries * 1e6,
           queries / best);
    fflush(stdout);
    ann_scratch_free(s);
    free(hits);
    free(marks);
}

/* The score that a share of all documents reaches against the first query. */
static float limit_of(const float *score, uint32_t n, uint32_t share)
{
    uint64_t *keys = xmalloc(ANN_TOP_ROOM(share) * sizeof *keys);
    struct ann_hit *hits = xmalloc(share * sizeof *hits);
    struct ann_top top;
    ann_top_init(&top, keys, share, -INFINITY);
    for (uint32_t i = 0; i < n; i++) ann_top_add(&top, i, score[i]);
    float limit = hits[ann_top_take(&top, hits) - 1].score;
    free(keys);
    free(hits);
    return limit;
}

/* Lets a share of the documents through: scattered, or (near) those nearest to the first query, like a category. */
static void set_filter(struct data *d, struct pool *pool, double share, bool near)
{
    if (!d->filter) d->filter = xmalloc(bits_words(d->n) * 8);
    memset(d->filter, 0, bits_words(d->n) * 8);
    struct rng r = {d->seed + 77};
    float *score = xmalloc(d->n * sizeof *score);
    for (uint32_t i = 0; i < d->n; i++)
        score[i] = near ? kernels()->dot_f16(d->queries, d->rows + (size_t)i * d->dim, d->dim) : uniform(&r);
    float limit = limit_of(score, d->n, (uint32_t)(share * d->n));
    for (uint32_t i = 0; i < d->n; i++)
        if (score[i] >= limit) bits_set(d->filter, i);
    d->n_filter = bits_count(d->filter, d->n);
    free(score);
    pool_for(pool, QUERIES, truth_of, d);
}

static int measure_build(struct data *d, const char *path, unsigned threads, struct errmsg *e)
{
    struct ann_params p = {.dim = d->dim, .threads = threads, .seed = d->seed};
    uint64_t from = clock_us();
    double cpu = cpu_s(CLOCK_PROCESS_CPUTIME_ID);
    int rc = ann_build(path, &p, d->n, source, d, NULL, NULL, NULL, e);
    if (rc) return rc;
    struct stat st = {0};
    stat(path, &st);
    printf("build: %.2f s wall, %.2f s CPU, %u threads; file %.1f MB, %.0f bytes a document\n", (double)(clock_us() - from) / 1e6,
           cpu_s(CLOCK_PROCESS_CPUTIME_ID) - cpu, threads ? threads : cpu_count(), (double)st.st_size / 1e6,
           (double)st.st_size / d->n);
    return 0;
}

static void measure_all(struct data *d, struct pool *pool, const struct ann *a)
{
    static const uint32_t efs[] = {16, 24, 32, 48, 64, 96, 128, 192, 256}, wide[] = {1000, 1200, 1500, 2000};
    static const double shares[] = {.01, .1, .5};
    pool_for(pool, QUERIES, truth_of, d);
    printf("what             k     ef   recall        us queries/s\n");
    for (size_t i = 0; i < sizeof efs / sizeof efs[0]; i++) measure(d, a, "walk", 10, efs[i], false);
    measure(d, a, "default", 10, 0, false);
    measure(d, a, "exact", 10, 0, true);
    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++) measure(d, a, "walk", 1000, wide[i], false);
    measure(d, a, "default", 1000, 0, false);
    measure(d, a, "exact", 1000, 0, true);
    for (size_t i = 0; i < 2 * sizeof shares / sizeof shares[0]; i++) {
        char what[32];
        snprintf(what, sizeof what, "%s %.0f%%", i & 1 ? "near" : "filter", shares[i / 2] * 100);
        set_filter(d, pool, shares[i / 2], i & 1);
        measure(d, a, what, 10, 0, false);
        measure(d, a, what, 1000, 0, false);
    }
}

static int run(struct data *d, struct pool *pool, const char *path, struct errmsg *e)
{
    struct ann *a;
    int rc = access(path, R_OK) ? measure_build(d, path, 0, e) : 0;
    uint64_t from = clock_us();
    if (!rc) rc = ann_open(&a, path, e);
    if (rc) return rc;
    printf("open: %.2f ms\n", (double)(clock_us() - from) / 1e3);
    rc = ann_check(a, e);
    if (!rc) measure_all(d, pool, a);
    ann_close(a);
    return rc;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: bench_ann N DIM [SEED [GRAPH]]   GRAPH: a file to build once and then use again\n");
        return 2;
    }
    struct data d = {
        .n = (uint32_t)atol(argv[1]), .dim = (uint32_t)atol(argv[2]), .seed = argc > 3 ? (uint64_t)atol(argv[3]) : 1};
    char own[64];
    snprintf(own, sizeof own, "/tmp/bench_ann.%d.mdb", (int)getpid());
    struct pool *pool = pool_new(0, 64);
    struct errmsg e = {0};
    printf("%u vectors of %u, seed %llu, %s\n", d.n, d.dim, (unsigned long long)d.seed, kernels()->level);
    make_data(&d, pool);
    int rc = run(&d, pool, argc > 4 ? argv[4] : own, &e);
    if (rc) fprintf(stderr, "bench_ann: %s\n", errmsg_text(&e, rc));
    unlink(own);
    pool_free(pool);
    free(d.rows);
    free(d.queries);
    free(d.filter);
    free(d.truth);
    return rc ? 1 : 0;
}
