/* ARM NEON, which every 64-bit ARM has. int8 products go through 16 bits: exact. */
#include "base/kernel_isa.h"

#if defined(__aarch64__)
#include <arm_neon.h>

static int32_t dot_i8_neon(const int8_t *a, const int8_t *b, size_t n)
{
    int32x4_t s = vdupq_n_s32(0);
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        int8x16_t x = vld1q_s8(a + i), y = vld1q_s8(b + i);
        s = vpadalq_s16(s, vmull_s8(vget_low_s8(x), vget_low_s8(y)));
        s = vpadalq_s16(s, vmull_high_s8(x, y));
    }
    int32_t t = vaddvq_s32(s);
    for (; i < n; i++) t += a[i] * b[i];
    return t;
}

static void dot_i8_rows_neon(const int8_t *q, const int8_t *const *rows, size_t n_rows, size_t n, int32_t *out)
{
    for (size_t r = 0; r < n_rows; r++) {
        if (r + 8 < n_rows)
            for (size_t i = 0; i < n; i += 64) __builtin_prefetch(rows[r + 8] + i);
        out[r] = dot_i8_neon(q, rows[r], n);
    }
}

static inline float32x4_t load_f16(const uint16_t *p)
{
    return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p)));
}

static float dot_f16_neon(const float *a, const uint16_t *b, size_t n)
{
    float32x4_t s0 = vdupq_n_f32(0), s1 = s0;
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        s0 = vfmaq_f32(s0, vld1q_f32(a + i), load_f16(b + i));
        s1 = vfmaq_f32(s1, vld1q_f32(a + i + 4), load_f16(b + i + 4));
    }
    float s = vaddvq_f32(vaddq_f32(s0, s1));
    for (; i < n; i++) s += a[i] * half_to_float(b[i]);
    return s;
}

static float dot_f32_neon(const float *a, const float *b, size_t n)
{
    float32x4_t s0 = vdupq_n_f32(0), s1 = s0;
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        s0 = vfmaq_f32(s0, vld1q_f32(a + i), vld1q_f32(b + i));
        s1 = vfmaq_f32(s1, vld1q_f32(a + i + 4), vld1q_f32(b + i + 4));
    }
    float s = vaddvq_f32(vaddq_f32(s0, s1));
    for (; i < n; i++) s += a[i] * b[i];
    return s;
}

static void add_i8_neon(float *acc, const int8_t *row, float scale, size_t n)
{
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        int16x8_t w = vmovl_s8(vld1_s8(row + i));
        float32x4_t lo = vcvtq_f32_s32(vmovl_s16(vget_low_s16(w))), hi = vcvtq_f32_s32(vmovl_high_s16(w));
        vst1q_f32(acc + i, vfmaq_n_f32(vld1q_f32(acc + i), lo, scale));
        vst1q_f32(acc + i + 4, vfmaq_n_f32(vld1q_f32(acc + i + 4), hi, scale));
    }
    for (; i < n; i++) acc[i] += scale * (float)row[i];
}

void kernels_neon(struct kernels *k)
{
    k->level = "neon";
    k->dot_i8 = dot_i8_neon;
    k->dot_i8_rows = dot_i8_rows_neon;
    k->dot_f16 = dot_f16_neon;
    k->dot_f32 = dot_f32_neon;
    k->add_i8 = add_i8_neon;
}
#endif
