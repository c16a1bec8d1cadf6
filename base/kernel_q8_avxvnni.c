/* AVX-VNNI product of int8 tiles and panels. */
#if defined(__AVXVNNI__)
#include <immintrin.h>

static inline __m256i q8_start(int offset)
{
    return _mm256_set1_epi32(offset);
}

static inline __m256i q8_four(__m256i s, __m256i w, __m256i x)
{
    return _mm256_dpbusd_avx_epi32(s, w, x);
}

#include "base/kernel_q8_256.h"

void kernels_q8_avxvnni(struct kernels *k)
{
    k->q8_panel = q8_panel_256;
}
#endif
