/* AVX-512 with VNNI. vpdpbusd wants one unsigned side: the row is moved up by 128 (xor 0x80) and 128 * sum(q) is taken
 * off again, once for a whole batch of rows: exact. */
#include "base/kernel_isa.h"

#if defined(__AVX512VNNI__)
#include <immintrin.h>

enum { AHEAD = 16 }; /* rows prefetched before their turn: 16 hides DRAM latency */

static inline __mmask64 tail_mask(size_t n)
{
    return n >= 64 ? ~0ull : (1ull << n) - 1;
}

/* 128 * sum(q) */
static inline int32_t offset_of(const int8_t *q, size_t n)
{
    const __m512i top = _mm512_set1_epi8((char)0x80);
    __m512i s = _mm512_setzero_si512();
    for (size_t i = 0; i < n; i += 64) s = _mm512_dpbusd_epi32(s, top, _mm512_maskz_loadu_epi8(tail_mask(n - i), q + i));
    return _mm512_reduce_add_epi32(s);
}

static inline int32_t shifted_dot(const int8_t *q, const int8_t *row, size_t n)
{
    const __m512i top = _mm512_set1_epi8((char)0x80);
    __m512i s = _mm512_setzero_si512();
    size_t i = 0;
    for (; i + 64 <= n; i += 64)
        s = _mm512_dpbusd_epi32(s, _mm512_xor_si512(_mm512_loadu_si512(row + i), top), _mm512_loadu_si512(q + i));
    if (i < n) {
        __mmask64 m = tail_mask(n - i);
        s = _mm512_dpbusd_epi32(s, _mm512_xor_si512(_mm512_maskz_loadu_epi8(m, row + i), top), _mm512_maskz_loadu_epi8(m, q + i));
    }
    return _mm512_reduce_add_epi32(s);
}

static int32_t dot_i8_avx512(const int8_t *a, const int8_t *b, size_t n)
{
    return shifted_dot(a, b, n) - offset_of(a, n);
}

static inline void prefetch_row(const int8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i += 64) _mm_prefetch((const char *)p + i, _MM_HINT_T0);
}

static void dot_i8_rows_avx512(const int8_t *q, const int8_t *const *rows, size_t n_rows, size_t n, int32_t *out)
{
    int32_t offset = offset_of(q, n);
    for (size_t r = 0; r < n_rows && r < AHEAD; r++) prefetch_row(rows[r], n);
    for (size_t r = 0; r < n_rows; r++) {
        if (r + AHEAD < n_rows) prefetch_row(rows[r + AHEAD], n);
        out[r] = shifted_dot(q, rows[r], n) - offset;
    }
}

static float dot_f16_avx512(const float *a, const uint16_t *b, size_t n)
{
    __m512 s0 = _mm512_setzero_ps(), s1 = s0;
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        s0 = _mm512_fmadd_ps(_mm512_loadu_ps(a + i), _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(b + i))), s0);
        s1 = _mm512_fmadd_ps(_mm512_loadu_ps(a + i + 16), _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(b + i + 16))), s1);
    }
    float s = _mm512_reduce_add_ps(_mm512_add_ps(s0, s1));
    for (; i < n; i++) s += a[i] * half_to_float(b[i]);
    return s;
}

static float dot_f32_avx512(const float *a, const float *b, size_t n)
{
    __m512 s0 = _mm512_setzero_ps(), s1 = s0;
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        s0 = _mm512_fmadd_ps(_mm512_loadu_ps(a + i), _mm512_loadu_ps(b + i), s0);
        s1 = _mm512_fmadd_ps(_mm512_loadu_ps(a + i + 16), _mm512_loadu_ps(b + i + 16), s1);
    }
    float s = _mm512_reduce_add_ps(_mm512_add_ps(s0, s1));
    for (; i < n; i++) s += a[i] * b[i];
    return s;
}

static void add_i8_avx512(float *acc, const int8_t *row, float scale, size_t n)
{
    __m512 f = _mm512_set1_ps(scale);
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        __m512 r = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(row + i))));
        _mm512_storeu_ps(acc + i, _mm512_fmadd_ps(f, r, _mm512_loadu_ps(acc + i)));
    }
    for (; i < n; i++) acc[i] += scale * (float)row[i];
}

void kernels_avx512(struct kernels *k)
{
    k->level = "avx512";
    k->dot_i8 = dot_i8_avx512;
    k->dot_i8_rows = dot_i8_rows_avx512;
    k->dot_f16 = dot_f16_avx512;
    k->dot_f32 = dot_f32_avx512;
    k->add_i8 = add_i8_avx512;
}
#endif
