/* Private to kernel_q8_avx2.c and kernel_q8_avxvnni.c: a panel as two halves of eight rows, up to four rows of activations at a
 * time. The including file defines q8_four: s + products of four codes a lane. */
#ifdef __AVX2__
#include "base/kernel_isa.h"

#include <immintrin.h>
#include <string.h>

static inline __attribute__((always_inline)) void half_panel(const struct q8_tile *x, size_t t0, const int n_rows,
                                                             const uint8_t *codes, const uint8_t *scales, size_t n_blocks,
                                                             const float *bias, float *out, size_t ldo)
{
    __m256 acc[4];
#pragma GCC unroll 4
    for (int t = 0; t < n_rows; t++) acc[t] = bias ? _mm256_loadu_ps(bias) : _mm256_setzero_ps();
    for (size_t b = 0; b < n_blocks; b++, x++, codes += Q8_ROWS * Q8_BLOCK, scales += 2 * Q8_ROWS) {
        __m256i s[4];
        __m256 scale = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)scales));
#pragma GCC unroll 4
        for (int t = 0; t < n_rows; t++) s[t] = q8_start(x->offset[t0 + t]);
        for (int g = 0; g < Q8_BLOCK / 4; g++) {
            __m256i w = _mm256_loadu_si256((const __m256i *)(codes + g * 64));
#pragma GCC unroll 4
            for (int t = 0; t < n_rows; t++) {
                int32_t four;
                memcpy(&four, x->q[t0 + t] + g * 4, sizeof four);
                s[t] = q8_four(s[t], w, _mm256_set1_epi32(four));
            }
        }
#pragma GCC unroll 4
        for (int t = 0; t < n_rows; t++)
            acc[t] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(s[t]), _mm256_mul_ps(scale, _mm256_set1_ps(x->scale[t0 + t])), acc[t]);
    }
#pragma GCC unroll 4
    for (int t = 0; t < n_rows; t++) _mm256_storeu_ps(out + (t0 + t) * ldo, acc[t]);
}

static void q8_panel_256(const struct q8_tile *tile, size_t n_rows, const uint8_t *panel, size_t n_blocks, const float *bias,
                         float *out, size_t ldo)
{
    const uint8_t *scales = panel + n_blocks * Q8_ROWS * Q8_BLOCK;
    for (size_t h = 0; h < 2; h++, panel += 32, scales += 16, out += 8) {
        size_t t = 0;
        for (; t + 4 <= n_rows; t += 4) half_panel(tile, t, 4, panel, scales, n_blocks, bias ? bias + h * 8 : NULL, out, ldo);
        for (; t < n_rows; t++) half_panel(tile, t, 1, panel, scales, n_blocks, bias ? bias + h * 8 : NULL, out, ldo);
    }
}
#endif
