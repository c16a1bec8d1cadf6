/* Kernels of encoders (rows, matrices, int8 panels) of every level that this CPU has, against plain C or against double.
 *
 * The integer part of int8 products must agree to the bit: with scales that are powers of two every sum is exact in float. Float
 * kernels stay within the tolerance that each check states. SOUK_SEED=number repeats what failed. */
#include "base/cpu.h"
#include "base/kernel.h"
#include "base/mem.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_N = 600, MAX_BLOCKS = 7 };

struct level {
    struct kernels ref, k;
    uint64_t state;
};

static uint64_t next(struct level *t)
{
    uint64_t x = t->state += 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

static float draw(struct level *t, float size)
{
    return ((float)(next(t) >> 40) * 0x1p-23f - 1) * size;
}

static void for_levels(void (*check)(struct level *))
{
    const char *seed = getenv("SOUK_SEED");
    unsigned flags = cpu_flags();
    for (;;) {
        struct level t = {.state = seed ? strtoull(seed, NULL, 10) : 42};
        kernels_init(&t.ref, 0);
        kernels_init(&t.k, flags);
        check(&t);
        if (!flags) break;
        flags &= ~(1u << (31 - __builtin_clz(flags)));
    }
}

/* ---- one number at a time ---- */

static double gelu_erf(double x)
{
    return x / 2 * (1 + erf(x / sqrt(2)));
}

static double gelu_tanh(double x)
{
    return x / 2 * (1 + tanh(sqrt(2 / 3.14159265358979) * x * (1 + 0.044715 * x * x)));
}

static double silu(double x)
{
    return x / (1 + exp(-x));
}

/* Lengths 1..70: each tail of each width; what lies behind is not touched. */
static void check_function(struct level *t, const char *name, void (*f)(float *, size_t), double (*want)(double))
{
    float x[MAX_N], before[MAX_N];
    for (size_t n = 1; n <= 70; n++) {
        for (size_t i = 0; i < n + 16; i++) x[i] = before[i] = draw(t, n % 3 ? 6 : 60);
        f(x, n);
        for (size_t i = 0; i < n; i++)
            cr_assert(fabs(x[i] - want(before[i])) <= 1e-6 * fmax(1, fabs(before[i])), "%s(%g) is %g, not %g, on level %s", name,
                      (double)before[i], (double)x[i], want(before[i]), t->k.level);
        cr_assert_arr_eq(x + n, before + n, 16 * sizeof *x, "%s of %zu numbers on level %s", name, n, t->k.level);
    }
}

static void check_functions(struct level *t)
{
    check_function(t, "gelu_erf", t->k.gelu_erf, gelu_erf);
    check_function(t, "gelu_tanh", t->k.gelu_tanh, gelu_tanh);
    check_function(t, "silu", t->k.silu, silu);
}

Test(rows, activations_are_within_tolerance)
{
    for_levels(check_functions);
}

/* ---- whole rows ---- */

static void check_softmax(struct level *t)
{
    float x[MAX_N];
    double want[MAX_N];
    for (size_t n = 1; n <= 100; n++) {
        double top = -1e9, sum = 0;
        for (size_t i = 0; i < n; i++) x[i] = draw(t, 40), top = fmax(top, x[i]);
        for (size_t i = 0; i < n; i++) sum += want[i] = exp((x[i] - top) * 0.3f);
        t->k.softmax(x, n, 0.3f);
        for (size_t i = 0; i < n; i++)
            cr_assert(fabs(x[i] - want[i] / sum) <= 1e-6, "softmax of %zu numbers on level %s", n, t->k.level);
    }
}

Test(rows, softmax_is_within_tolerance)
{
    for_levels(check_softmax);
}

static void check_norms(struct level *t)
{
    float x[MAX_N], y[MAX_N], z[MAX_N], w[MAX_N], b[MAX_N];
    for (size_t n = 1; n <= MAX_N; n += n < 70 ? 1 : 53) {
        double mean = 0, square = 0, variance = 0;
        for (size_t i = 0; i < n; i++) x[i] = y[i] = z[i] = draw(t, 3) + 1, w[i] = draw(t, 2), b[i] = draw(t, 2);
        for (size_t i = 0; i < n; i++) mean += x[i] / (double)n, square += (double)x[i] * x[i] / (double)n;
        for (size_t i = 0; i < n; i++) variance += (x[i] - mean) * (x[i] - mean) / (double)n;
        t->k.layer_norm(x, w, b, 1e-3f, n);
        t->k.layer_norm(y, w, NULL, 1e-3f, n);
        for (size_t i = 0; i < n; i++) {
            double want = (z[i] - mean) / sqrt(variance + 1e-3f) * w[i];
            cr_assert(fabs(y[i] - want) <= 2e-5 && fabs(x[i] - want - b[i]) <= 2e-5, "layer_norm of %zu on level %s", n,
                      t->k.level);
        }
        memcpy(y, z, n * sizeof *y);
        t->k.rms_norm(y, w, 1e-3f, n);
        for (size_t i = 0; i < n; i++)
            cr_assert(fabs(y[i] - z[i] / sqrt(square + 1e-3f) * w[i]) <= 2e-5, "rms_norm of %zu on level %s", n, t->k.level);
    }
}

Test(rows, norms_are_within_tolerance)
{
    for_levels(check_norms);
}

/* ---- matrices ---- */

/* Writes nothing outside of (m, n) in an output of row length n + 3. */
static void check_matrix(struct level *t, size_t m, size_t n, size_t k, bool turned)
{
    size_t lda = k + 1, ldb = (turned ? k : n) + 2, ldo = n + 3;
    float *a = xmalloc(m * lda * sizeof *a), *b = xmalloc((turned ? n : k) * ldb * sizeof *b),
          *out = xcalloc(m * ldo, sizeof *out);
    for (size_t i = 0; i < m * lda; i++) a[i] = draw(t, 2);
    for (size_t i = 0; i < (turned ? n : k) * ldb; i++) b[i] = draw(t, 2);
    (turned ? t->k.matmul_nt : t->k.matmul_nn)(a, lda, m, b, ldb, n, k, out, ldo);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < ldo; j++) {
            double want = 0;
            for (size_t l = 0; l < k && j < n; l++) want += (double)a[i * lda + l] * b[turned ? j * ldb + l : l * ldb + j];
            cr_assert(fabs(out[i * ldo + j] - want) <= 1e-6 * (double)k, "%s (%zu, %zu) of %zu on level %s",
                      turned ? "matmul_nt" : "matmul_nn", m, n, k, t->k.level);
        }
    free(a);
    free(b);
    free(out);
}

static void check_matrices(struct level *t)
{
    for (size_t m = 1; m <= 9; m++)
        for (size_t k = 1; k <= 70; k += 3) {
            for (size_t n = 1; n <= 9; n++) check_matrix(t, m, n, k, true);
            for (size_t n = 16; n <= 80; n += 16) check_matrix(t, m, n, k, false);
        }
}

Test(rows, matrices_are_within_tolerance)
{
    for_levels(check_matrices);
}

/* ---- int8 ---- */

static void check_q8_row(struct level *t)
{
    struct q8_tile got[MAX_BLOCKS], want[MAX_BLOCKS];
    float x[MAX_BLOCKS * Q8_BLOCK];
    for (int round = 0; round < 200; round++) {
        size_t row = (size_t)round % Q8_TILE, n = (size_t)(1 + round % MAX_BLOCKS) * Q8_BLOCK;
        float size = round % 5 == 0 ? 0 : round % 5 == 1 ? 1e-30f : 100;
        for (size_t i = 0; i < n; i++) x[i] = draw(t, size);
        memset(got, 7, sizeof got);
        memset(want, 7, sizeof want);
        t->k.q8_row(x, n, got, row);
        t->ref.q8_row(x, n, want, row);
        cr_assert_arr_eq(got, want, sizeof got, "q8_row of %zu on level %s", n, t->k.level);
        for (size_t i = 0; i < n; i++) {
            const struct q8_tile *b = &got[i / Q8_BLOCK];
            cr_assert(fabsf(x[i] - b->q[row][i % Q8_BLOCK] * b->scale[row]) <= 0.501f * b->scale[row]);
        }
    }
}

Test(rows, rounding_to_int8_is_exact)
{
    for_levels(check_q8_row);
}

/* Codes random, or all at the ends of their ranges; scales powers of two. */
static void check_q8_panel(struct level *t)
{
    static struct q8_tile x[MAX_BLOCKS];
    static uint8_t panel[MAX_BLOCKS * Q8_PANEL_BLOCK];
    static const uint16_t halves[4] = {0x3C00, 0xBC00, 0x4000, 0x3800}; /* 1 -1 2 1/2 */
    float got[Q8_TILE][20], want[Q8_TILE][20], bias[Q8_ROWS];
    for (size_t r = 0; r < Q8_ROWS; r++) bias[r] = (float)(next(t) % 100);
    for (int round = 0; round < 600; round++) {
        size_t blocks = 1 + next(t) % MAX_BLOCKS, rows = 1 + next(t) % Q8_TILE, codes = blocks * Q8_ROWS * Q8_BLOCK;
        int pinned = round % 5;
        for (size_t i = 0; i < codes; i++) panel[i] = pinned == 0 ? (uint8_t)next(t) : pinned & 1 ? 0 : 255;
        for (size_t i = 0; i < blocks * Q8_ROWS; i++) memcpy(panel + codes + 2 * i, &halves[next(t) % 4], 2);
        for (size_t b = 0; b < blocks; b++)
            for (size_t r = 0; r < Q8_TILE; r++) {
                int sum = 0;
                for (size_t i = 0; i < Q8_BLOCK; i++)
                    sum += x[b].q[r][i] = (int8_t)(pinned == 0 ? (int)(next(t) % 255) - 127 : pinned > 2 ? -127 : 127);
                x[b].offset[r] = -128 * sum;
                x[b].scale[r] = ldexpf(1, (int)(next(t) % 3) - 1);
            }
        for (size_t i = 0; i < sizeof got / sizeof **got; i++) (&got[0][0])[i] = (&want[0][0])[i] = 77;
        const float *start = round % 2 ? bias : NULL;
        t->k.q8_panel(x, rows, panel, blocks, start, &got[0][0], 20);
        t->ref.q8_panel(x, rows, panel, blocks, start, &want[0][0], 20);
        cr_assert_arr_eq(got, want, sizeof got, "q8_panel of %zu rows, %zu blocks, pinned %d, on level %s", rows, blocks, pinned,
                         t->k.level);
    }
}

Test(rows, products_of_int8_are_exact)
{
    for_levels(check_q8_panel);
}
