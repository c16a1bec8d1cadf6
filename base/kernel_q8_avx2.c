/* AVX2 product of int8 tiles and panels. pmaddubsw adds two products in 16 bits and would saturate with codes up to 255. So the
 * 128 is taken off the weights again and their sign moved to the activations: 2 * 128 * 127 fits. */
#if defined(__AVX2__)
#include <immintrin.h>

static inline __m256i q8_start(int offset)
{
    (void)offset; /* weights are signed here */
    return _mm256_setzero_si256();
}

static inline __m256i q8_four(__m256i s, __m256i w, __m256i x)
{
    w = _mm256_xor_si256(w, _mm256_set1_epi8((char)0x80));
    __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(x, w));
    return _mm256_add_epi32(s, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

#include "base/kernel_q8_256.h"

void kernels_q8_avx2(struct kernels *k)
{
    k->q8_panel = q8_panel_256;
}
#endif
