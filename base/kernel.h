/* Vector kernels: one table of function pointers, plain C first, then the best this CPU has (as dav1d does).
 *
 * Integer kernels give the same bits on every CPU. Float kernels differ between levels only by the order of addition,
 * within n * 2^-22 of the sum of absolute products. Pointers need no alignment; 64-byte aligned rows are fastest.
 * int8 sums are exact in int32 up to n = 131,072 (127 * 128 * n < 2^31); callers keep n <= 4,096.
 *
 * IEEE half numbers are stored as uint16_t (no _Float16: gcc 12 and clang 14 disagree about it on x86). */
#ifndef SOUK_KERNEL_H
#define SOUK_KERNEL_H

#include <stddef.h>
#include <stdint.h>

/* ---- int8 matrices in blocks of 32, for encoders ----
 *
 * A row is cut into blocks of 32 numbers, each stored as code * scale. Sixteen rows of weights make a panel, so that one vector
 * holds four codes of all sixteen; codes are moved up by 128 because vpdpbusd wants one unsigned side:
 *
 *     codes   n_blocks x 8 x 16 x 4    uint8    block b, columns 4g..4g+3 of row r at ((b * 8 + g) * 16 + r) * 4
 *     scales  n_blocks x 16            half
 *
 * Eight rows of activations make a tile of n_blocks struct q8_tile. What the 128 adds is taken off by starting each block's
 * sum at `offset`: exact. Codes of activations are -127..127. */
enum { Q8_BLOCK = 32, Q8_ROWS = 16, Q8_TILE = 8, Q8_PANEL_BLOCK = Q8_ROWS * (Q8_BLOCK + 2) }; /* the last in bytes */

struct q8_tile {
    int8_t q[Q8_TILE][Q8_BLOCK];
    float scale[Q8_TILE];
    int32_t offset[Q8_TILE]; /* -128 * sum of q */
};

struct kernels {
    const char *level; /* "c", "avx2", ... */

    /* sum of a[i] * b[i] */
    int32_t (*dot_i8)(const int8_t *a, const int8_t *b, size_t n);

    /* out[r] = dot_i8(q, rows[r], n) for r < n_rows. Prefetches rows ahead: this is the inner loop of graph search and
     * of the exact scan, where the rows lie all over memory. */
    void (*dot_i8_rows)(const int8_t *q, const int8_t *const *rows, size_t n_rows, size_t n, int32_t *out);

    /* sum of a[i] * b[i], a float, b half */
    float (*dot_f16)(const float *a, const uint16_t *b, size_t n);

    float (*dot_f32)(const float *a, const float *b, size_t n);

    /* acc[i] += scale * row[i]: mean pooling over an int8 token table */
    void (*add_i8)(float *acc, const int8_t *row, float scale, size_t n);

    /* half <-> float, round to nearest even */
    void (*to_f16)(const float *in, uint16_t *out, size_t n);
    void (*from_f16)(const uint16_t *in, float *out, size_t n);

    /* ---- rows of an encoder, in place ---- */

    void (*gelu_erf)(float *x, size_t n);             /* x * P(normal < x), within 4e-7 * max(1, |x|) */
    void (*gelu_tanh)(float *x, size_t n);            /* the approximation by tanh that some models are trained with */
    void (*silu)(float *x, size_t n);                 /* x / (1 + exp(-x)) */
    void (*softmax)(float *x, size_t n, float scale); /* exp(scale * x), made to sum to 1; n > 0 */
    void (*mul)(float *x, const float *y, size_t n);  /* x *= y */
    void (*add)(float *x, const float *y, size_t n);  /* x += y */

    /* (x - mean) / sqrt(variance + eps) * weight + bias; bias NULL: none. x / sqrt(mean square + eps) * weight. */
    void (*layer_norm)(float *x, const float *weight, const float *bias, float eps, size_t n);
    void (*rms_norm)(float *x, const float *weight, float eps, size_t n);

    /* ---- matrices: row i of a at a + i * lda ---- */

    /* out (m, n) = a (m, k) times the rows of b (n, k): out[i][j] = dot_f32(a_i, b_j) */
    void (*matmul_nt)(const float *a, size_t lda, size_t m, const float *b, size_t ldb, size_t n, size_t k, float *out,
                      size_t ldo);

    /* out (m, n) = a (m, k) b (k, n); n is a multiple of 16 */
    void (*matmul_nn)(const float *a, size_t lda, size_t m, const float *b, size_t ldb, size_t n, size_t k, float *out,
                      size_t ldo);

    /* Row t < Q8_TILE of a tile from n floats (a multiple of 32); scale is the largest magnitude of the block / 127. */
    void (*q8_row)(const float *x, size_t n, struct q8_tile *tile, size_t t);

    /* out[t * ldo + r] for r < 16 and t < n_rows <= Q8_TILE: bias[r] and the product of row t of a tile by row r of a panel.
     * bias NULL: zeros. Asks for the panel that lies behind this one. */
    void (*q8_panel)(const struct q8_tile *tile, size_t n_rows, const uint8_t *panel, size_t n_blocks, const float *bias,
                     float *out, size_t ldo);
};

/* The table for cpu_flags(), made at the first call. Thread-safe. */
const struct kernels *kernels(void);

/* Fills *k for exactly these flags (a subset of what the CPU has): for tests and benches. */
void kernels_init(struct kernels *k, unsigned flags);

#endif
