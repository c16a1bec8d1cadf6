/* AVX2 + FMA + F16C. int8 products go through 16 bits (pmaddwd), which is exact: no 7-bit care as with pmaddubsw. */
#include "base/kernel_isa.h"
#include "base/kernel_x86.h"

#if defined(__AVX2__)
enum { AHEAD = 8 }; /* rows prefetched before their turn */

static inline float sum_f32(__m256 v)
{
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    s = _mm_add_ss(s, _mm_movehdup_ps(s));
    return _mm_cvtss_f32(s);
}

static inline __m256i widen(const int8_t *p)
{
    return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)p));
}

static int32_t dot_i8_avx2(const int8_t *a, const int8_t *b, size_t n)
{
    __m256i s0 = _mm256_setzero_si256(), s1 = s0;
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        s0 = _mm256_add_epi32(s0, _mm256_madd_epi16(widen(a + i), widen(b + i)));
        s1 = _mm256_add_epi32(s1, _mm256_madd_epi16(widen(a + i + 16), widen(b + i + 16)));
    }
    int32_t s = sum_i32(_mm256_add_epi32(s0, s1));
    for (; i < n; i++) s += a[i] * b[i];
    return s;
}

static void dot_i8_rows_avx2(const int8_t *q, const int8_t *const *rows, size_t n_rows, size_t n, int32_t *out)
{
    for (size_t r = 0; r < n_rows && r < AHEAD; r++) prefetch_row(rows[r], n);
    for (size_t r = 0; r < n_rows; r++) {
        if (r + AHEAD < n_rows) prefetch_row(rows[r + AHEAD], n);
        out[r] = dot_i8_avx2(q, rows[r], n);
    }
}

static float dot_f16_avx2(const float *a, const uint16_t *b, size_t n)
{
    __m256 s0 = _mm256_setzero_ps(), s1 = s0;
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        s0 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i), _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(b + i))), s0);
        s1 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + 8), _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(b + i + 8))), s1);
    }
    float s = sum_f32(_mm256_add_ps(s0, s1));
    for (; i < n; i++) s += a[i] * half_to_float(b[i]);
    return s;
}

static float dot_f32_avx2(const float *a, const float *b, size_t n)
{
    __m256 s0 = _mm256_setzero_ps(), s1 = s0;
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        s0 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i), s0);
        s1 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + 8), _mm256_loadu_ps(b + i + 8), s1);
    }
    float s = sum_f32(_mm256_add_ps(s0, s1));
    for (; i < n; i++) s += a[i] * b[i];
    return s;
}

static void add_i8_avx2(float *acc, const int8_t *row, float scale, size_t n)
{
    __m256 f = _mm256_set1_ps(scale);
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        __m256 r = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(row + i))));
        _mm256_storeu_ps(acc + i, _mm256_fmadd_ps(f, r, _mm256_loadu_ps(acc + i)));
    }
    for (; i < n; i++) acc[i] += scale * (float)row[i];
}

static void to_f16_avx2(const float *in, uint16_t *out, size_t n)
{
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        _mm_storeu_si128((__m128i *)(out + i), _mm256_cvtps_ph(_mm256_loadu_ps(in + i), _MM_FROUND_TO_NEAREST_INT));
    for (; i < n; i++) out[i] = float_to_half(in[i]);
}

static void from_f16_avx2(const uint16_t *in, float *out, size_t n)
{
    size_t i = 0;
    for (; i + 8 <= n; i += 8) _mm256_storeu_ps(out + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(in + i))));
    for (; i < n; i++) out[i] = half_to_float(in[i]);
}

void kernels_avx2(struct kernels *k)
{
    k->level = "avx2";
    k->dot_i8 = dot_i8_avx2;
    k->dot_i8_rows = dot_i8_rows_avx2;
    k->dot_f16 = dot_f16_avx2;
    k->dot_f32 = dot_f32_avx2;
    k->add_i8 = add_i8_avx2;
    k->to_f16 = to_f16_avx2;
    k->from_f16 = from_f16_avx2;
}
#endif
