/* Private to kernel_rows*.c: what an encoder does to rows of floats, written once for vectors of any width.
 *
 * The including file defines LANES, NT_A and NT_B = 4 (rows of a and b that matmul_nt holds in registers at once) and the
 * functions declared first, and calls rows_fill. Vectors are gcc's and clang's own, so the same lines become SSE2, AVX2, AVX-512 or NEON.
 * The ends of rows go through a padded copy: every number is computed the same way wherever it stands. */
#ifdef LANES
#include "base/kernel_isa.h"

#include <math.h>
#include <string.h>

typedef float vf __attribute__((vector_size(LANES * 4)));
typedef int32_t vi __attribute__((vector_size(LANES * 4)));
typedef int8_t vb __attribute__((vector_size(LANES)));

static inline vf vf_fma(vf a, vf b, vf c); /* a * b + c */
static inline float vf_sum(vf v);
static inline void vf_sum4(const vf v[4], float out[4]);
static inline int32_t vi_sum(vi v);
static inline float vf_top(vf v);  /* the largest; no lane is NaN */
static inline vb vi_bytes(vi v);   /* each from -128 to 127 */
static inline vf vf_inverse(vf v); /* 1 / v for v from 1 to 2^126, within 1 ulp or so */

static inline vf vf_load(const float *p)
{
    vf v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline void vf_store(float *p, vf v)
{
    memcpy(p, &v, sizeof v);
}

static inline vf vf_all(float x)
{
    return x - (vf){0};
}

static inline vf vf_load_end(const float *p, size_t n) /* n < LANES; zeros behind */
{
    vf v = {0};
    memcpy(&v, p, n * sizeof *p);
    return v;
}

static inline vf vf_max(vf a, vf b)
{
    vi m = a > b;
    return (vf)(((vi)a & m) | ((vi)b & ~m));
}

static inline vf vf_min(vf a, vf b)
{
    vi m = a < b;
    return (vf)(((vi)a & m) | ((vi)b & ~m));
}

static inline vf vf_abs(vf a)
{
    return (vf)((vi)a & 0x7FFFFFFF);
}

/* exp within 2 ulp: 2^n * e^r, r within ln 2 / 2, Taylor to the 6th power. */
static inline vf vf_exp(vf x)
{
    const float magic = 0x1.8p23f; /* adding it rounds to an integer, which then lies in the low bits */
    x = vf_min(vf_max(x, vf_all(-87)), vf_all(87));
    vf shifted = vf_fma(x, vf_all(0x1.715476p0f), vf_all(magic)), n = shifted - magic;
    vf r = vf_fma(n, vf_all(-0x1.62e4p-1f), x);
    r = vf_fma(n, vf_all(-0x1.7f7d1cp-20f), r);
    vf p = vf_fma(vf_all(1 / 720.0f), r, vf_all(1 / 120.0f));
    p = vf_fma(p, r, vf_all(1 / 24.0f));
    p = vf_fma(p, r, vf_all(1 / 6.0f));
    p = vf_fma(p, r, vf_all(0.5f));
    p = vf_fma(p, r, vf_all(1));
    p = vf_fma(p, r, vf_all(1));
    return p * (vf)(((vi)shifted << 23) + 0x3F800000);
}

/* ---- one number at a time ---- */

static inline vf vf_silu(vf x)
{
    return x * vf_inverse(1 + vf_exp(-x));
}

/* x/2 * (1 + tanh(u)) = x / (1 + exp(-2u)) */
static inline vf vf_gelu_tanh(vf x)
{
    const float c = 0.797884560802865f; /* sqrt(2 / pi) */
    vf u = c * x * vf_fma(0.044715f * x, x, vf_all(1));
    return x * vf_inverse(1 + vf_exp(-2 * u));
}

/* max(x, 0) - |x| * erfc(|x| / sqrt 2) / 2, erfc by formula 7.1.26 of Abramowitz and Stegun (1.5e-7). */
static inline vf vf_gelu_erf(vf x)
{
    vf a = vf_abs(x), z = a * 0.707106781186548f;
    vf t = vf_inverse(vf_fma(vf_all(0.3275911f), z, vf_all(1)));
    vf p = vf_fma(vf_all(1.061405429f), t, vf_all(-1.453152027f));
    p = vf_fma(p, t, vf_all(1.421413741f));
    p = vf_fma(p, t, vf_all(-0.284496736f));
    p = vf_fma(p, t, vf_all(0.254829592f));
    vf erfc = p * t * vf_exp(-z * z);
    return vf_max(x, vf_all(0)) - a * erfc * 0.5f;
}

#define EACH(name, f)                                                                                                            \
    static void name(float *x, size_t n)                                                                                         \
    {                                                                                                                            \
        size_t i = 0;                                                                                                            \
        for (; i + LANES <= n; i += LANES) vf_store(x + i, f(vf_load(x + i)));                                                   \
        if (i < n) {                                                                                                             \
            vf v = f(vf_load_end(x + i, n - i));                                                                                 \
            memcpy(x + i, &v, (n - i) * sizeof *x);                                                                              \
        }                                                                                                                        \
    }
EACH(rows_silu, vf_silu)
EACH(rows_gelu_tanh, vf_gelu_tanh)
EACH(rows_gelu_erf, vf_gelu_erf)

static void rows_mul(float *x, const float *y, size_t n)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) vf_store(x + i, vf_load(x + i) * vf_load(y + i));
    for (; i < n; i++) x[i] *= y[i];
}

static void rows_add(float *x, const float *y, size_t n)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) vf_store(x + i, vf_load(x + i) + vf_load(y + i));
    for (; i < n; i++) x[i] += y[i];
}

/* ---- whole rows ---- */

static void rows_softmax(float *x, size_t n, float scale)
{
    float top = x[0], sum = 0;
    vf tops = vf_all(x[0]), sums = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) tops = vf_max(vf_load(x + i), tops);
    for (; i < n; i++) top = x[i] > top ? x[i] : top;
    float lanes = vf_top(tops);
    top = lanes > top ? lanes : top;
    for (i = 0; i + LANES <= n; i += LANES) {
        vf v = vf_exp((vf_load(x + i) - top) * scale);
        sums += v;
        vf_store(x + i, v);
    }
    if (i < n) {
        vf v = vf_exp((vf_load_end(x + i, n - i) - top) * scale);
        for (size_t l = 0; l < n - i; l++) sum += v[l];
        memcpy(x + i, &v, (n - i) * sizeof *x);
    }
    float f = 1 / (sum + vf_sum(sums));
    for (i = 0; i + LANES <= n; i += LANES) vf_store(x + i, vf_load(x + i) * f);
    for (; i < n; i++) x[i] *= f;
}

static void rows_layer_norm(float *x, const float *weight, const float *bias, float eps, size_t n)
{
    size_t i = 0;
    vf s = {0}, q = {0};
    for (; i + LANES <= n; i += LANES) s += vf_load(x + i);
    s += vf_load_end(x + i, n - i);
    float mean = vf_sum(s) / (float)n, tail = 0;
    for (i = 0; i + LANES <= n; i += LANES) {
        vf d = vf_load(x + i) - mean;
        q = vf_fma(d, d, q);
    }
    for (; i < n; i++) tail += (x[i] - mean) * (x[i] - mean);
    float f = 1 / sqrtf((vf_sum(q) + tail) / (float)n + eps);
    for (i = 0; i + LANES <= n; i += LANES) {
        vf y = (vf_load(x + i) - mean) * f * vf_load(weight + i);
        vf_store(x + i, bias ? y + vf_load(bias + i) : y);
    }
    for (; i < n; i++) x[i] = (x[i] - mean) * f * weight[i] + (bias ? bias[i] : 0);
}

static void rows_rms_norm(float *x, const float *weight, float eps, size_t n)
{
    size_t i = 0;
    vf q = {0};
    for (; i + LANES <= n; i += LANES) q = vf_fma(vf_load(x + i), vf_load(x + i), q);
    vf end = vf_load_end(x + i, n - i);
    float f = 1 / sqrtf(vf_sum(vf_fma(end, end, q)) / (float)n + eps);
    for (i = 0; i + LANES <= n; i += LANES) vf_store(x + i, vf_load(x + i) * f * vf_load(weight + i));
    for (; i < n; i++) x[i] = x[i] * f * weight[i];
}

/* ---- matrices ---- */

/* A block of na rows of a by nb rows of b, one or NT_B; called with constants, so that the sums stay in registers. */
static inline __attribute__((always_inline)) void nt_block(const float *a, size_t lda, const int na, const float *b, size_t ldb,
                                                           const int nb, size_t k, float *out, size_t ldo)
{
    vf s[NT_A][NT_B] = {{{0}}};
    size_t l = 0;
    for (; l + LANES <= k; l += LANES) {
        vf y[NT_B];
#pragma GCC unroll 8
        for (int j = 0; j < nb; j++) y[j] = vf_load(b + j * ldb + l);
#pragma GCC unroll 8
        for (int i = 0; i < na; i++) {
            vf x = vf_load(a + i * lda + l);
#pragma GCC unroll 8
            for (int j = 0; j < nb; j++) s[i][j] = vf_fma(x, y[j], s[i][j]);
        }
    }
#pragma GCC unroll 8
    for (int i = 0; i < na; i++) {
        if (nb == 4)
            vf_sum4(s[i], out + i * ldo);
        else
            out[i * ldo] = vf_sum(s[i][0]);
    }
    for (int i = 0; l < k && i < na; i++)
        for (int j = 0; j < nb; j++)
            for (size_t m = l; m < k; m++) out[i * ldo + j] += a[i * lda + m] * b[j * ldb + m];
}

static void rows_matmul_nt(const float *a, size_t lda, size_t m, const float *b, size_t ldb, size_t n, size_t k, float *out,
                           size_t ldo)
{
    size_t j = 0;
    for (; j + NT_B <= n; j += NT_B) {
        size_t i = 0;
        for (; i + NT_A <= m; i += NT_A) nt_block(a + i * lda, lda, NT_A, b + j * ldb, ldb, NT_B, k, out + i * ldo + j, ldo);
        for (; i < m; i++) nt_block(a + i * lda, lda, 1, b + j * ldb, ldb, NT_B, k, out + i * ldo + j, ldo);
    }
    for (; j < n; j++)
        for (size_t i = 0; i < m; i++) nt_block(a + i * lda, lda, 1, b + j * ldb, ldb, 1, k, out + i * ldo + j, ldo);
}

static inline __attribute__((always_inline)) void nn_block(const float *a, size_t lda, const int na, const float *b, size_t ldb,
                                                           const int nb, size_t k, float *out, size_t ldo)
{
    vf s[4][2] = {{{0}}};
    for (size_t l = 0; l < k; l++) {
        vf y[2];
#pragma GCC unroll 2
        for (int j = 0; j < nb; j++) y[j] = vf_load(b + l * ldb + j * LANES);
#pragma GCC unroll 4
        for (int i = 0; i < na; i++) {
            vf x = vf_all(a[i * lda + l]);
#pragma GCC unroll 2
            for (int j = 0; j < nb; j++) s[i][j] = vf_fma(x, y[j], s[i][j]);
        }
    }
#pragma GCC unroll 4
    for (int i = 0; i < na; i++)
#pragma GCC unroll 2
        for (int j = 0; j < nb; j++) vf_store(out + i * ldo + j * LANES, s[i][j]);
}

static void rows_matmul_nn(const float *a, size_t lda, size_t m, const float *b, size_t ldb, size_t n, size_t k, float *out,
                           size_t ldo)
{
    size_t i = 0;
    for (; i + 4 <= m; i += 4) {
        size_t j = 0;
        for (; j + 2 * LANES <= n; j += 2 * LANES) nn_block(a + i * lda, lda, 4, b + j, ldb, 2, k, out + i * ldo + j, ldo);
        for (; j < n; j += LANES) nn_block(a + i * lda, lda, 4, b + j, ldb, 1, k, out + i * ldo + j, ldo);
    }
    for (; i < m; i++) {
        size_t j = 0;
        for (; j + 2 * LANES <= n; j += 2 * LANES) nn_block(a + i * lda, lda, 1, b + j, ldb, 2, k, out + i * ldo + j, ldo);
        for (; j < n; j += LANES) nn_block(a + i * lda, lda, 1, b + j, ldb, 1, k, out + i * ldo + j, ldo);
    }
}

/* ---- activations to int8 ---- */

/* The integer part is the same on every level: magnitudes are compared, multiplied and rounded without sums. */
static void rows_q8_row(const float *x, size_t n, struct q8_tile *tile, size_t t)
{
    const float magic = 0x1.8p23f;
    for (; n; n -= Q8_BLOCK, x += Q8_BLOCK, tile++) {
        vf tops = {0};
        for (size_t i = 0; i < Q8_BLOCK; i += LANES) tops = vf_max(vf_abs(vf_load(x + i)), tops);
        float top = vf_top(tops);
        float f = top > 0 ? 127 / top : 0;
        vi sums = {0};
        for (size_t i = 0; i < Q8_BLOCK; i += LANES) {
            vi q = (vi)(vf_load(x + i) * f + magic) - 0x4B400000;
            vb bytes = vi_bytes(q);
            sums += q;
            memcpy(tile->q[t] + i, &bytes, sizeof bytes);
        }
        tile->scale[t] = top / 127;
        tile->offset[t] = -128 * vi_sum(sums);
    }
}

static void rows_fill(struct kernels *k)
{
    k->gelu_erf = rows_gelu_erf;
    k->gelu_tanh = rows_gelu_tanh;
    k->silu = rows_silu;
    k->softmax = rows_softmax;
    k->mul = rows_mul;
    k->add = rows_add;
    k->layer_norm = rows_layer_norm;
    k->rms_norm = rows_rms_norm;
    k->matmul_nt = rows_matmul_nt;
    k->matmul_nn = rows_matmul_nn;
    k->q8_row = rows_q8_row;
}
#endif
