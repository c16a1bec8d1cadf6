/* The vector graph: recall after building, merging and filtering, holes, tiny sizes, hostile files. */
#include "ann/ann.h"
#include "base/bits.h"
#include "base/kernel.h"
#include "base/mem.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIM = 48, N = 6000, BIG_N = 9000, K = 10 };

/* ---- vectors: 200 clusters with noise, made from the document number alone ---- */

static uint64_t mix(uint64_t x)
{
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}
static float noise(uint64_t a, uint64_t b)
{
    return (float)(int32_t)(mix(a * 1000003 + b) >> 32) * 0x1p-31f;
}
static void vector(uint64_t id, float *x, uint32_t dim)
{
    uint64_t cluster = mix(id) % 200;
    for (uint32_t i = 0; i < dim; i++) x[i] = noise(1u << 30 | cluster, i) + .8f * noise(id, i);
    float f = 1 / sqrtf(kernels()->dot_f32(x, x, dim));
    for (uint32_t i = 0; i < dim; i++) x[i] *= f;
}

struct made {
    uint32_t dim;
    uint32_t hole_every; /* 0: no holes */
    uint32_t M;          /* 0: the default */
    uint32_t copies;     /* documents with the same vector come in runs of this length; 0 and 1: none */
};

static bool source(void *arg, uint32_t id, uint16_t *out)
{
    const struct made *m = arg;
    float x[DIM];
    if (m->hole_every && id % m->hole_every == 0) return false;
    vector(m->copies ? id / m->copies : id, x, m->dim);
    kernels()->to_f16(x, out, m->dim);
    return true;
}

/* ---- building and asking ---- */

static char folder[64];

static void enter(void)
{
    strcpy(folder, "/tmp/test_ann.XXXXXX");
    cr_assert(mkdtemp(folder) && chdir(folder) == 0);
}
static void leave(void)
{
    const char *files[] = {"graph.mdb", "next.mdb", "again.mdb", "bad.mdb"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) unlink(files[i]);
    cr_assert(chdir("/") == 0 && rmdir(folder) == 0, "something was left behind in %s", folder);
}

static struct ann *open_checked(const char *path)
{
    struct errmsg e = {0};
    struct ann *a = NULL;
    int rc = ann_open(&a, path, &e);
    cr_assert(rc == 0, "%s", errmsg_text(&e, rc));
    rc = ann_check(a, &e);
    cr_assert(rc == 0, "%s", errmsg_text(&e, rc));
    return a;
}

static struct ann *build_on(const char *path, struct made *m, uint32_t n, unsigned threads, const struct ann *prev)
{
    struct errmsg e = {0};
    struct ann_params p = {.dim = m->dim, .M = m->M, .threads = threads, .seed = 7};
    int rc = ann_build(path, &p, n, source, m, prev, NULL, NULL, &e);
    cr_assert(rc == 0, "%s", errmsg_text(&e, rc));
    struct ann *a = open_checked(path);
    cr_assert(ann_size(a) == n && ann_dim(a) == m->dim);
    return a;
}
static struct ann *build(struct made *m, uint32_t n)
{
    return build_on("graph.mdb", m, n, 2, NULL);
}

/* The truth by the book: floats, one by one. */
static uint32_t truth(const struct ann *a, const float *q, uint32_t k, const uint64_t *ok, struct ann_hit *hits)
{
    uint64_t *keys = xmalloc(ANN_TOP_ROOM(k) * sizeof *keys);
    struct ann_top top;
    ann_top_init(&top, keys, k, -INFINITY);
    for (uint32_t id = 0; id < ann_size(a); id++)
        if (ann_has(a, id) && (!ok || bits_get(ok, id)))
            ann_top_add(&top, id, kernels()->dot_f16(q, ann_vector_f16(a, id), ann_dim(a)));
    uint32_t n = ann_top_take(&top, hits);
    free(keys);
    return n;
}

/* Share of the true k nearest that a search finds, over new vectors; what it returns is sorted, scored right and allowed. */
static double recall(const struct ann *a, uint32_t k, const uint64_t *ok)
{
    struct ann_scratch *s = ann_scratch_new();
    struct ann_hit *got = xmalloc(k * sizeof *got), *want = xmalloc(k * sizeof *want);
    float q[DIM], x[DIM];
    uint32_t hit = 0, total = 0;
    for (uint64_t i = 0; i < 50; i++) {
        vector(i + (1u << 20), q, ann_dim(a));
        uint32_t n = ann_search(a, s, q, k, 0, ok, UINT32_MAX, ANN_NO_FLOOR, got), m = truth(a, q, k, ok, want);
        cr_assert(n == m, "%u hits instead of %u", n, m);
        for (uint32_t j = 0; j < n; j++) {
            cr_assert(ann_vector(a, got[j].id, x) && (!ok || bits_get(ok, got[j].id)));
            float error = fabsf(got[j].score - kernels()->dot_f32(q, x, ann_dim(a)));
            cr_assert_lt(error, k <= 256 ? 1e-5f : .02f, "%g at place %u", error, j); /* of long lists only a part is rescored */
            cr_assert(!j || got[j - 1].score >= got[j].score);
            hit += got[j].score >= want[m - 1].score - 1e-6f; /* one of several equals is as good as another */
        }
        total += m;
    }
    ann_scratch_free(s);
    free(got);
    free(want);
    return total ? (double)hit / total : 1;
}

/* ---- recall ---- */

Test(ann, finds_the_nearest_after_a_build, .init = enter, .fini = leave)
{
    struct made m = {.dim = DIM};
    struct ann *a = build(&m, N);
    cr_assert(ann_has_graph(a) && ann_count(a) == N);
    cr_assert_geq(recall(a, K, NULL), .99);
    cr_assert_geq(recall(a, 1, NULL), .99);
    cr_assert_geq(recall(a, 1000, NULL), .97);
    cr_assert_geq(ann_recall(a, K, 100, 1), .99);
    ann_close(a);
}

Test(ann, dimensions_that_fill_no_vector_register, .init = enter, .fini = leave)
{
    struct made m = {.dim = 41};
    struct ann *a = build(&m, N);
    cr_assert_geq(recall(a, K, NULL), .98);
    ann_close(a);
}

Test(ann, holes_are_never_found, .init = enter, .fini = leave)
{
    struct made m = {.dim = DIM, .hole_every = 3};
    struct ann *a = build(&m, BIG_N);
    float x[DIM];
    cr_assert_eq(ann_count(a), BIG_N - BIG_N / 3);
    cr_assert(!ann_has(a, 0) && !ann_vector(a, 3, x) && !ann_vector_f16(a, 6) && ann_has(a, 1) && !ann_has(a, BIG_N));
    cr_assert_geq(recall(a, K, NULL), .99);
    ann_close(a);
}

Test(ann, copies_of_one_product_stay_connected, .init = enter, .fini = leave)
{
    struct made m = {.dim = DIM, .copies = 4};
    struct ann *a = build(&m, N); /* ann_check inside proves that each can be reached */
    cr_assert_geq(recall(a, K, NULL), .97);
    ann_close(a);
    /* More copies than ef fill the pool with one place: links still lead to all of them, but recall is not promised. */
    m.copies = 300;
    ann_close(build(&m, N));
    m.copies = N;
    ann_close(build(&m, N));
}

Test(ann, thin_graphs_of_copies_stay_connected, .init = enter, .fini = leave, .timeout = 120)
{
    static const uint32_t copies[] = {100, 250, 1000, N};
    for (size_t i = 0; i < sizeof copies / sizeof copies[0]; i++) {
        struct made m = {.dim = DIM, .M = 4, .copies = copies[i], .hole_every = 11};
        struct ann *a = build(&m, N);
        ann_close(build_on("next.mdb", &m, N + N / 3, 3, a));
        ann_close(a);
    }
}

Test(ann, tiny_sizes, .init = enter, .fini = leave)
{
    static const uint32_t sizes[] = {0, 1, 2, ANN_GRAPH_MIN - 1, ANN_GRAPH_MIN + 1};
    struct made m = {.dim = DIM};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct ann *a = build(&m, sizes[i]);
        cr_assert_eq(ann_has_graph(a), sizes[i] >= ANN_GRAPH_MIN);
        cr_assert_geq(recall(a, K, NULL), sizes[i] >= ANN_GRAPH_MIN ? .99 : .999);
        ann_close(a);
    }
    m.hole_every = 1;
    struct ann *a = build(&m, 100);
    cr_assert(ann_count(a) == 0 && recall(a, K, NULL) == 1 && ann_recall(a, K, 10, 1) == 1);
    ann_close(a);
}

/* ---- filters ---- */

static uint64_t *allow(const struct ann *a, uint32_t n, bool near)
{
    uint64_t *ok = xcalloc(bits_words(ann_size(a)), 8);
    if (near) { /* those nearest to one vector, as a category would be */
        struct ann_hit *hits = xmalloc(n * sizeof *hits);
        float q[DIM];
        vector(12345678, q, DIM);
        n = truth(a, q, n, NULL, hits);
        for (uint32_t i = 0; i < n; i++) bits_set(ok, hits[i].id);
        free(hits);
    } else
        for (uint32_t i = 0, set = 0; set < n; i++) {
            uint32_t id = (uint32_t)(mix(i) % ann_size(a));
            set += !bits_get(ok, id);
            bits_set(ok, id);
        }
    return ok;
}

Test(ann, filters_of_every_selectivity, .init = enter, .fini = leave, .timeout = 120)
{
    static const uint32_t allowed[] = {0, 1, 5, 60, 600, 3000, 12000, 17900};
    struct made m = {.dim = DIM};
    struct ann *a = build(&m, 18000);
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        for (int near = 0; near < 2; near++) {
            uint64_t *ok = allow(a, allowed[i], near);
            double r = recall(a, K, ok);
            cr_assert(r >= .98, "recall %.3f with %u allowed, near %d", r, allowed[i], near);
            free(ok);
        }
    ann_close(a);
}

Test(ann, a_filter_that_leads_astray_ends_in_a_scan, .init = enter, .fini = leave)
{
    struct made m = {.dim = DIM};
    struct ann *a = build(&m, 18000);
    struct ann_scratch *s = ann_scratch_new();
    struct ann_hit hits[K];
    float q[DIM], far[DIM];
    uint64_t *ok = allow(a, 9000, true);
    vector(12345678, q, DIM);
    for (int i = 0; i < DIM; i++) far[i] = -q[i]; /* all that is allowed lies on the other side */
    cr_assert_eq(ann_search(a, s, far, K, 16, ok, 9000, ANN_NO_FLOOR, hits), K);
    for (int i = 0; i < K; i++) cr_assert(bits_get(ok, hits[i].id));
    ann_scratch_free(s);
    free(ok);
    ann_close(a);
}

/* ---- merging ---- */

Test(ann, a_merge_adds_and_drops, .init = enter, .fini = leave)
{
    struct made before = {.dim = DIM}, after = {.dim = DIM, .hole_every = 7};
    struct ann *a = build(&before, N), *b = build_on("next.mdb", &after, BIG_N, 2, a);
    ann_close(a);
    cr_assert_eq(ann_count(b), BIG_N - (BIG_N + 6) / 7);
    cr_assert_geq(recall(b, K, NULL), .99);
    struct ann *c = build_on("again.mdb", &after, BIG_N, 2, b); /* nothing to do */
    cr_assert_geq(recall(c, K, NULL), .99);
    ann_close(b);
    ann_close(c);
}

Test(ann, a_merge_onto_a_small_or_foreign_epoch_builds_anew, .init = enter, .fini = leave)
{
    struct made small = {.dim = DIM}, other = {.dim = 32};
    struct ann *a = build(&small, 100), *b = build_on("next.mdb", &small, N, 2, a);
    ann_close(a);
    cr_assert_geq(recall(b, K, NULL), .99);
    struct ann *c = build_on("again.mdb", &other, N, 2, b);
    cr_assert_geq(recall(c, K, NULL), .98);
    ann_close(b);
    ann_close(c);
}

static bool stop_half_way(void *arg, uint32_t done, uint32_t n)
{
    (void)arg;
    return done < n / 2;
}

Test(ann, a_stopped_build_leaves_nothing, .init = enter, .fini = leave)
{
    struct made m = {.dim = DIM};
    struct ann_params p = {.dim = DIM};
    struct errmsg e = {0};
    cr_assert_eq(ann_build("graph.mdb", &p, N, source, &m, NULL, stop_half_way, NULL, &e), ERR_STOPPED);
    cr_assert(access("graph.mdb", F_OK) != 0 && access("graph.mdb.tmp", F_OK) != 0);
}

Test(ann, impossible_wishes_are_refused)
{
    struct errmsg e = {0};
    struct made m = {.dim = DIM};
    struct ann_params narrow = {.dim = 4}, wide = {.dim = 5000}, crowded = {.dim = DIM, .M = 65}, fine = {.dim = DIM};
    cr_assert_eq(ann_build("x", &narrow, 1, source, &m, NULL, NULL, NULL, &e), ERR_INPUT);
    cr_assert_eq(ann_build("x", &wide, 1, source, &m, NULL, NULL, NULL, NULL), ERR_INPUT);
    cr_assert_eq(ann_build("x", &crowded, 1, source, &m, NULL, NULL, NULL, NULL), ERR_INPUT);
    cr_assert_gt(ann_build("/nonexistent/graph.mdb", &fine, 1, source, &m, NULL, NULL, NULL, NULL), 0);
}

/* ---- files ---- */

static char *read_file(const char *path, size_t *n)
{
    struct stat st;
    FILE *f = fopen(path, "rb");
    cr_assert(f && fstat(fileno(f), &st) == 0);
    char *data = xmalloc((size_t)st.st_size);
    *n = fread(data, 1, (size_t)st.st_size, f);
    fclose(f);
    return data;
}
static void write_file(const char *path, const char *data, size_t n)
{
    FILE *f = fopen(path, "wb");
    cr_assert(f && fwrite(data, 1, n, f) == n);
    fclose(f);
}

Test(ann, one_thread_gives_the_same_file_twice, .init = enter, .fini = leave)
{
    struct made m = {.dim = DIM};
    ann_close(build_on("graph.mdb", &m, N, 1, NULL));
    ann_close(build_on("again.mdb", &m, N, 1, NULL));
    size_t n, k;
    char *a = read_file("graph.mdb", &n), *b = read_file("again.mdb", &k);
    struct ann *x = open_checked("graph.mdb"), *y = open_checked("again.mdb");
    struct ann_scratch *s = ann_scratch_new();
    struct ann_hit p[K], q[K];
    float v[DIM];
    cr_assert_eq(n, k);
    for (uint64_t i = 0; i < 100; i++) {
        vector(i + (1u << 21), v, DIM);
        cr_assert(ann_search(x, s, v, K, 16, NULL, 0, ANN_NO_FLOOR, p) == K &&
                  ann_search(y, s, v, K, 16, NULL, 0, ANN_NO_FLOOR, q) == K);
        cr_assert(memcmp(p, q, sizeof p) == 0);
    }
    cr_expect(memcmp(a, b, n) == 0);
    ann_scratch_free(s);
    ann_close(x);
    ann_close(y);
    free(a);
    free(b);
}

static int open_rc(const char *path)
{
    struct errmsg e = {0};
    struct ann *a = NULL;
    int rc = ann_open(&a, path, &e);
    cr_assert(!rc || e.text[0], "no sentence for code %d", rc);
    if (!rc) {
        rc = ann_check(a, &e);
        ann_close(a);
    }
    return rc;
}

Test(ann, foreign_and_cut_files_give_a_code, .init = enter, .fini = leave)
{
    struct made m = {.dim = DIM};
    ann_close(build(&m, N));
    size_t n;
    char *data = read_file("graph.mdb", &n);
    static const size_t short_ones[] = {0, 1, 100, 4095, 4096, 8191, 8192, 12288, 100000};
    for (size_t i = 0; i < sizeof short_ones / sizeof short_ones[0]; i++) {
        write_file("bad.mdb", data, short_ones[i]);
        cr_assert_eq(open_rc("bad.mdb"), ERR_FORMAT, "cut to %zu bytes", short_ones[i]);
    }
    write_file("bad.mdb", data, n - 1);
    cr_assert_eq(open_rc("bad.mdb"), ERR_FORMAT);
    memset(data, 'x', 8192);
    write_file("bad.mdb", data, n);
    cr_assert_eq(open_rc("bad.mdb"), ERR_FORMAT);
    cr_assert_eq(open_rc("not-there.mdb"), ENOENT);
    free(data);
}

/* A file whose tree has `depth` levels of branch pages, the nodes of each all naming the one page below. */
static void write_bomb(const char *path, uint32_t depth)
{
    enum { PAGE = 4096, NODES = 2000 };
    uint8_t *file = xcalloc(depth + 3, PAGE);
    for (uint64_t i = 0; i < depth + 3; i++) {
        uint8_t *p = file + i * PAGE;
        uint16_t *head = (uint16_t *)(p + 10), leaf = i == depth + 2;
        memcpy(p, &i, sizeof i);
        head[0] = i < 2 ? 8 : leaf ? 2 : 1;
        head[1] = leaf ? 18 : 16 + 2 * NODES;
        head[2] = PAGE - 8;
        for (int k = 0; i >= 2 && k < (leaf ? 1 : NODES); k++) head[3 + k] = PAGE - 8;
        if (i >= 2 && !leaf) *(uint32_t *)(p + PAGE - 8) = (uint32_t)i + 1;
        if (i >= 2) continue;
        memcpy(p + 16, (uint32_t[]){0xBEEFC0DE, 1}, 8);
        *(uint32_t *)(p + 40) = PAGE;
        memcpy(p + 128, (uint64_t[]){2, depth + 2}, 16); /* root, last page */
    }
    write_file(path, (char *)file, (size_t)(depth + 3) * PAGE);
    free(file);
}

Test(ann, pages_named_again_and_again_are_refused_at_once, .init = enter, .fini = leave, .timeout = 10)
{
    for (uint32_t depth = 1; depth <= 6; depth++) {
        write_bomb("bad.mdb", depth);
        cr_assert_eq(open_rc("bad.mdb"), ERR_FORMAT, "%u levels", depth);
    }
}

Test(ann, a_flipped_byte_is_found, .init = enter, .fini = leave, .timeout = 120)
{
    struct made m = {.dim = DIM};
    struct ann *a = build(&m, N);
    float q[DIM];
    ann_close(a);
    vector(5, q, DIM);
    size_t n, seen = 0;
    char *data = read_file("graph.mdb", &n);
    struct ann_scratch *s = ann_scratch_new();
    for (size_t i = 0; i < 300; i++) { /* most offsets lie in records; the rest is slack that nobody reads */
        size_t at = mix(i) % (i < 100 ? 65536 : n);
        data[at] ^= (char)(1 << i % 8);
        write_file("bad.mdb", data, n);
        data[at] ^= (char)(1 << i % 8);
        struct ann_hit hits[K];
        if (ann_open(&a, "bad.mdb", NULL) != 0) {
            seen++;
            continue;
        }
        ann_search(a, s, q, K, 0, NULL, UINT32_MAX, ANN_NO_FLOOR, hits);
        seen += i >= 100 && ann_check(a, NULL) == ERR_FORMAT;
        ann_close(a);
    }
    cr_assert_gt(seen, 170u, "only %zu of 200 found", seen);
    ann_scratch_free(s);
    free(data);
}

/* ---- the delta, and merging its answers with the graph's ---- */

Test(ann, graph_and_delta_answer_as_one, .init = enter, .fini = leave)
{
    enum { DELTA = 1000 };
    struct made m = {.dim = DIM};
    struct ann *a = build(&m, N), *whole = build_on("next.mdb", &m, N + DELTA, 2, NULL);
    uint16_t *rows = xmalloc((size_t)DELTA * DIM * sizeof *rows);
    for (uint32_t i = 0; i < DELTA; i++) source(&m, N + i, rows + (size_t)i * DIM);
    struct ann_scratch *s = ann_scratch_new();
    struct ann_hit hits[K], want[K];
    uint64_t keys[ANN_TOP_ROOM(K)], *ok = allow(whole, 6500, false);
    float q[DIM];
    uint32_t same = 0;
    for (uint64_t i = 0; i < 50; i++) {
        struct ann_top top;
        vector(i + (1u << 22), q, DIM);
        ann_top_init(&top, keys, K, -INFINITY);
        uint32_t n = ann_search(a, s, q, K, 0, ok, UINT32_MAX, ANN_NO_FLOOR, hits);
        for (uint32_t j = 0; j < n; j++) ann_top_add(&top, hits[j].id, hits[j].score);
        ann_scan_f16(q, DIM, rows, DELTA, N, ok, &top);
        cr_assert_eq(ann_top_take(&top, hits), K);
        truth(whole, q, K, ok, want);
        for (uint32_t j = 0; j < K; j++) same += hits[j].score >= want[K - 1].score - 1e-6f;
    }
    cr_assert_geq(same, 50 * K * 98 / 100);
    ann_scratch_free(s);
    free(ok);
    free(rows);
    ann_close(a);
    ann_close(whole);
}

Test(ann, top_keeps_the_best_and_honours_the_minimum)
{
    uint64_t keys[ANN_TOP_ROOM(3)];
    struct ann_hit hits[3];
    struct ann_top top;
    ann_top_init(&top, keys, 3, -INFINITY);
    for (uint32_t i = 0; i < 1000; i++) ann_top_add(&top, i, (float)(i * 7919 % 1000) / 500 - 1);
    cr_assert_eq(ann_top_take(&top, hits), 3);
    for (int i = 0; i < 3; i++) cr_assert_float_eq(hits[i].score, (float)(999 - i) / 500 - 1, 1e-6);
    ann_top_init(&top, keys, 3, .5f);
    ann_top_add(&top, 1, .4999f);
    ann_top_add(&top, 9, .5f);
    ann_top_add(&top, 2, .5f);
    cr_assert(ann_top_take(&top, hits) == 2 && hits[0].id == 2 && hits[1].id == 9, "equal scores: the smaller id first");
    ann_top_init(&top, keys, 0, -INFINITY);
    ann_top_add(&top, 1, 1);
    cr_assert_eq(ann_top_take(&top, hits), 0);
}
