/* kernel_rows.h in sixteen lanes. */
#if defined(__AVX512F__)
#include <immintrin.h>

#define LANES 16
#define NT_A  4
#define NT_B  4
#include "base/kernel_rows.h"

static inline vf vf_fma(vf a, vf b, vf c)
{
    return (vf)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
}

static inline float vf_sum(vf v)
{
    return _mm512_reduce_add_ps((__m512)v);
}

static inline void vf_sum4(const vf v[4], float out[4])
{
    __m512 a = (__m512)v[0], b = (__m512)v[1], c = (__m512)v[2], d = (__m512)v[3];
    __m512d ab = _mm512_castps_pd(_mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b)));
    __m512d cd = _mm512_castps_pd(_mm512_add_ps(_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d)));
    __m512 s = _mm512_add_ps(_mm512_castpd_ps(_mm512_unpacklo_pd(ab, cd)), _mm512_castpd_ps(_mm512_unpackhi_pd(ab, cd)));
    __m256 h = _mm256_add_ps(_mm512_castps512_ps256(s), _mm512_extractf32x8_ps(s, 1));
    _mm_storeu_ps(out, _mm_add_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1)));
}

static inline int32_t vi_sum(vi v)
{
    return _mm512_reduce_add_epi32((__m512i)v);
}

static inline float vf_top(vf v)
{
    return _mm512_reduce_max_ps((__m512)v);
}

static inline vb vi_bytes(vi v)
{
    return (vb)_mm512_cvtsepi32_epi8((__m512i)v);
}

/* A division takes as long as ten products. */
static inline vf vf_inverse(vf v)
{
    vf r = (vf)_mm512_rcp14_ps((__m512)v);
    r = r * vf_fma(-v, r, vf_all(2));
    return r * vf_fma(-v, r, vf_all(2));
}

void kernels_rows_avx512(struct kernels *k)
{
    rows_fill(k);
}
#endif
