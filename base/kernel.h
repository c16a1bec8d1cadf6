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
};

/* The table for cpu_flags(), made at the first call. Thread-safe. */
const struct kernels *kernels(void);

/* Fills *k for exactly these flags (a subset of what the CPU has): for tests and benches. */
void kernels_init(struct kernels *k, unsigned flags);

#endif
