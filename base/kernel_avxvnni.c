/* AVX-VNNI: the 256-bit int8 dot product of CPUs without AVX-512. vpdpbusd wants one unsigned side, so b is moved up by
 * 128 (xor 0x80) and 128 * sum(a) is taken off again: exact. */
#include "base/kernel_isa.h"
#include "base/kernel_x86.h"

#if defined(__AVXVNNI__)
enum { AHEAD = 8 };

static int32_t dot_i8_avxvnni(const int8_t *a, const int8_t *b, size_t n)
{
    const __m256i top = _mm256_set1_epi8((char)0x80);
    __m256i s = _mm256_setzero_si256(), off = s;
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        __m256i x = _mm256_loadu_si256((const __m256i *)(a + i));
        __m256i y = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(b + i)), top);
        s = _mm256_dpbusd_avx_epi32(s, y, x);
        off = _mm256_dpbusd_avx_epi32(off, top, x);
    }
    int32_t t = sum_i32(_mm256_sub_epi32(s, off));
    for (; i < n; i++) t += a[i] * b[i];
    return t;
}

static void dot_i8_rows_avxvnni(const int8_t *q, const int8_t *const *rows, size_t n_rows, size_t n, int32_t *out)
{
    for (size_t r = 0; r < n_rows && r < AHEAD; r++) prefetch_row(rows[r], n);
    for (size_t r = 0; r < n_rows; r++) {
        if (r + AHEAD < n_rows) prefetch_row(rows[r + AHEAD], n);
        out[r] = dot_i8_avxvnni(q, rows[r], n);
    }
}

void kernels_avxvnni(struct kernels *k)
{
    k->level = "avxvnni";
    k->dot_i8 = dot_i8_avxvnni;
    k->dot_i8_rows = dot_i8_rows_avxvnni;
}
#endif
