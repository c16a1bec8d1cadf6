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

/* The sums of four vectors of sixteen, in order. */
static inline __m128i sums_of(__m512i a, __m512i b, __m512i c, __m512i d)
{
    __m512i ab = _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    __m512i cd = _mm512_add_epi32(_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
    __m512i s = _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
    __m256i h = _mm256_add_epi32(_mm512_castsi512_si256(s), _mm512_extracti64x4_epi64(s, 1));
    return _mm_add_epi32(_mm256_castsi256_si128(h), _mm256_extracti128_si256(h, 1));
}

/* Four rows at a time: q is loaded once for all, four chains hide the latency of vpdpbusd, and one reduction serves all four.
 * Lines of the rows ahead are asked for between the products: in one burst they would fill the line buffers and wait. */
static inline __attribute__((always_inline)) __m128i four_rows(const int8_t *q, const int8_t *const *rows, size_t n,
                                                               const int8_t *const *ahead)
{
    const __m512i top = _mm512_set1_epi8((char)0x80);
    const int8_t *r0 = rows[0], *r1 = rows[1], *r2 = rows[2], *r3 = rows[3];
    __m512i a = _mm512_setzero_si512(), b = a, c = a, d = a;
    size_t i = 0;
    for (; i + 64 <= n; i += 64) {
        __m512i x = _mm512_loadu_si512(q + i);
        for (int j = 0; ahead && j < 4; j++) _mm_prefetch((const char *)ahead[j] + i, _MM_HINT_T0);
        a = _mm512_dpbusd_epi32(a, _mm512_xor_si512(_mm512_loadu_si512(r0 + i), top), x);
        b = _mm512_dpbusd_epi32(b, _mm512_xor_si512(_mm512_loadu_si512(r1 + i), top), x);
        c = _mm512_dpbusd_epi32(c, _mm512_xor_si512(_mm512_loadu_si512(r2 + i), top), x);
        d = _mm512_dpbusd_epi32(d, _mm512_xor_si512(_mm512_loadu_si512(r3 + i), top), x);
    }
    if (i < n) {
        __mmask64 m = tail_mask(n - i);
        __m512i x = _mm512_maskz_loadu_epi8(m, q + i);
        a = _mm512_dpbusd_epi32(a, _mm512_xor_si512(_mm512_maskz_loadu_epi8(m, r0 + i), top), x);
        b = _mm512_dpbusd_epi32(b, _mm512_xor_si512(_mm512_maskz_loadu_epi8(m, r1 + i), top), x);
        c = _mm512_dpbusd_epi32(c, _mm512_xor_si512(_mm512_maskz_loadu_epi8(m, r2 + i), top), x);
        d = _mm512_dpbusd_epi32(d, _mm512_xor_si512(_mm512_maskz_loadu_epi8(m, r3 + i), top), x);
    }
    return sums_of(a, b, c, d);
}

static void dot_i8_rows_avx512(const int8_t *q, const int8_t *const *rows, size_t n_rows, size_t n, int32_t *out)
{
    const __m128i offset = _mm_set1_epi32(offset_of(q, n));
    size_t r = 0;
    for (size_t p = 0; n_rows > 4 && p < n_rows && p < AHEAD; p++) prefetch_row(rows[p], n);
    for (; r + AHEAD + 4 <= n_rows; r += 4)
        _mm_storeu_si128((__m128i *)(out + r), _mm_sub_epi32(four_rows(q, rows + r, n, rows + r + AHEAD), offset));
    for (; r + 4 <= n_rows; r += 4)
        _mm_storeu_si128((__m128i *)(out + r), _mm_sub_epi32(four_rows(q, rows + r, n, NULL), offset));
    for (; r < n_rows; r++) out[r] = shifted_dot(q, rows[r], n) - _mm_cvtsi128_si32(offset);
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
