/* Private to ann/: floats to int8 codes, one scale for all.
 *
 * A component x of a unit vector becomes round(127 * x / clip), limited to -127..127. clip is the 99.99 percentile of |x| over a
 * sample: at 384 dimensions about .2, so that codes use all 127 steps; scaling by the largest possible value, 1, would use 20 of
 * them and cap recall at .94. One scale means that a dot product of codes is a dot product of vectors, with nothing to multiply
 * per row. Rescoring by half floats puts right what rounding did (recall .985 without it). */
#ifndef SOUK_ANN_QUANT_H
#define SOUK_ANN_QUANT_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

static inline void quant_row(const float *x, float unit, size_t n, int8_t *code)
{
    for (size_t i = 0; i < n; i++) code[i] = (int8_t)lrintf(fmaxf(-127, fminf(127, x[i] * unit))); /* a NaN becomes 127 */
}

/* Finds clip: halfs are counted by their 15 bits below the sign, whose order is that of |x|. */
struct quant_sample {
    uint64_t total;
    uint32_t count[0x7C00]; /* finite ones */
};
void quant_add(struct quant_sample *s, const uint16_t *x, size_t n);
float quant_clip(const struct quant_sample *s);

#endif
