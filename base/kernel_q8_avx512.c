/* AVX-512 VNNI product of int8 tiles and panels. A vector of weights is loaded once for up to eight rows of activations, whose
 * codes vpdpbusd broadcasts from memory by itself. Eight products, a conversion and two float operations for each row and block
 * of 32: four fifths of what the multiplier can do. */
#include "base/kernel_isa.h"

#if defined(__AVX512VNNI__)
#include <immintrin.h>
#include <string.h>

static inline __attribute__((always_inline)) void panel_rows(const struct q8_tile *x, const int n_rows, const uint8_t *codes,
                                                             size_t n_blocks, const float *bias, float *out, size_t ldo)
{
    const uint8_t *scales = codes + n_blocks * Q8_ROWS * Q8_BLOCK;
    const size_t ahead = n_blocks * Q8_PANEL_BLOCK;
    __m512 acc[Q8_TILE];
#pragma GCC unroll 8
    for (int t = 0; t < n_rows; t++) acc[t] = bias ? _mm512_loadu_ps(bias) : _mm512_setzero_ps();
    for (size_t b = 0; b < n_blocks; b++, x++, codes += Q8_ROWS * Q8_BLOCK, scales += 2 * Q8_ROWS) {
        __m512i s[Q8_TILE];
        __m512 scale = _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)scales));
#pragma GCC unroll 8
        for (int t = 0; t < n_rows; t++) s[t] = _mm512_set1_epi32(x->offset[t]);
#pragma GCC unroll 8
        for (int g = 0; g < Q8_BLOCK / 4; g++) {
            __m512i w = _mm512_loadu_si512(codes + g * 64);
            _mm_prefetch((const char *)codes + ahead + g * 64, _MM_HINT_T0);
#pragma GCC unroll 8
            for (int t = 0; t < n_rows; t++) {
                int32_t four;
                memcpy(&four, x->q[t] + g * 4, sizeof four);
                s[t] = _mm512_dpbusd_epi32(s[t], w, _mm512_set1_epi32(four));
            }
        }
#pragma GCC unroll 8
        for (int t = 0; t < n_rows; t++)
            acc[t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(s[t]), _mm512_mul_ps(scale, _mm512_set1_ps(x->scale[t])), acc[t]);
    }
#pragma GCC unroll 8
    for (int t = 0; t < n_rows; t++) _mm512_storeu_ps(out + t * ldo, acc[t]);
}

static void q8_panel_avx512(const struct q8_tile *tile, size_t n_rows, const uint8_t *panel, size_t n_blocks, const float *bias,
                            float *out, size_t ldo)
{
    switch (n_rows) {
    case 1: panel_rows(tile, 1, panel, n_blocks, bias, out, ldo); break;
    case 2: panel_rows(tile, 2, panel, n_blocks, bias, out, ldo); break;
    case 3: panel_rows(tile, 3, panel, n_blocks, bias, out, ldo); break;
    case 4: panel_rows(tile, 4, panel, n_blocks, bias, out, ldo); break;
    case 5: panel_rows(tile, 5, panel, n_blocks, bias, out, ldo); break;
    case 6: panel_rows(tile, 6, panel, n_blocks, bias, out, ldo); break;
    case 7: panel_rows(tile, 7, panel, n_blocks, bias, out, ldo); break;
    case 8: panel_rows(tile, 8, panel, n_blocks, bias, out, ldo); break;
    }
}

void kernels_q8_avx512(struct kernels *k)
{
    k->q8_panel = q8_panel_avx512;
}
#endif
