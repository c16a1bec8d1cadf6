/* ARMv8.2 SDOT product of int8 tiles and panels: signed by signed, so the 128 is taken off the weights again. */
#include "base/kernel_isa.h"

#if defined(__ARM_FEATURE_DOTPROD)
#include <arm_neon.h>
#include <string.h>

/* Row t of a tile by rows 4q..4q+3 of a panel. */
static inline void quarter_row(const struct q8_tile *x, size_t t, const uint8_t *codes, const uint8_t *scales, size_t n_blocks,
                               const float *bias, float *out)
{
    const uint8x16_t top = vdupq_n_u8(0x80);
    float32x4_t acc = bias ? vld1q_f32(bias) : vdupq_n_f32(0);
    for (size_t b = 0; b < n_blocks; b++, x++, codes += Q8_ROWS * Q8_BLOCK, scales += 2 * Q8_ROWS) {
        int32x4_t s = vdupq_n_s32(0);
        uint16_t half[4];
        for (int g = 0; g < Q8_BLOCK / 4; g++) {
            int32_t four;
            memcpy(&four, x->q[t] + g * 4, sizeof four);
            int8x16_t w = vreinterpretq_s8_u8(veorq_u8(vld1q_u8(codes + g * 64), top));
            s = vdotq_s32(s, w, vreinterpretq_s8_s32(vdupq_n_s32(four)));
        }
        memcpy(half, scales, sizeof half);
        float32x4_t scale = vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(half)));
        acc = vfmaq_f32(acc, vcvtq_f32_s32(s), vmulq_n_f32(scale, x->scale[t]));
    }
    vst1q_f32(out, acc);
}

static void q8_panel_dotprod(const struct q8_tile *tile, size_t n_rows, const uint8_t *panel, size_t n_blocks, const float *bias,
                             float *out, size_t ldo)
{
    const uint8_t *scales = panel + n_blocks * Q8_ROWS * Q8_BLOCK;
    for (size_t q = 0; q < 4; q++)
        for (size_t t = 0; t < n_rows; t++)
            quarter_row(tile, t, panel + q * 16, scales + q * 8, n_blocks, bias ? bias + q * 4 : NULL, out + t * ldo + q * 4);
}

void kernels_q8_dotprod(struct kernels *k)
{
    k->q8_panel = q8_panel_dotprod;
}
#endif
