/* ARMv8.2 SDOT: four int8 products a lane in one instruction. */
#include "base/kernel_isa.h"

#if defined(__ARM_FEATURE_DOTPROD)
#include <arm_neon.h>

static int32_t dot_i8_dotprod(const int8_t *a, const int8_t *b, size_t n)
{
    int32x4_t s0 = vdupq_n_s32(0), s1 = s0;
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        s0 = vdotq_s32(s0, vld1q_s8(a + i), vld1q_s8(b + i));
        s1 = vdotq_s32(s1, vld1q_s8(a + i + 16), vld1q_s8(b + i + 16));
    }
    int32_t t = vaddvq_s32(vaddq_s32(s0, s1));
    for (; i < n; i++) t += a[i] * b[i];
    return t;
}

static void dot_i8_rows_dotprod(const int8_t *q, const int8_t *const *rows, size_t n_rows, size_t n, int32_t *out)
{
    for (size_t r = 0; r < n_rows; r++) {
        if (r + 8 < n_rows)
            for (size_t i = 0; i < n; i += 64) __builtin_prefetch(rows[r + 8] + i);
        out[r] = dot_i8_dotprod(q, rows[r], n);
    }
}

void kernels_dotprod(struct kernels *k)
{
    k->level = "dotprod";
    k->dot_i8 = dot_i8_dotprod;
    k->dot_i8_rows = dot_i8_rows_dotprod;
}
#endif
