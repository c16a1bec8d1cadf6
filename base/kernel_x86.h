/* Private to the x86 kernels. Inlined into each of them, so that nothing here is compiled with more than its file's flags. */
#ifndef SOUK_KERNEL_X86_H
#define SOUK_KERNEL_X86_H

#if defined(__AVX2__)
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

static inline int32_t sum_i32(__m256i v)
{
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4E));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0xB1));
    return _mm_cvtsi128_si32(s);
}

static inline void prefetch_row(const int8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i += 64) _mm_prefetch((const char *)p + i, _MM_HINT_T0);
}

#endif
#endif
