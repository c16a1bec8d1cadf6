/* Plain C product of int8 tiles and panels (kernel.h): the definition. */
#include "base/kernel_isa.h"

#include <string.h>

/* Row t of a tile's block by row r of a panel's block. */
static int32_t block_dot(const struct q8_tile *x, size_t t, const uint8_t *codes, size_t r)
{
    int32_t s = x->offset[t];
    for (size_t i = 0; i < Q8_BLOCK; i++) s += x->q[t][i] * codes[(i / 4 * Q8_ROWS + r) * 4 + i % 4];
    return s;
}

static void q8_panel_c(const struct q8_tile *tile, size_t n_rows, const uint8_t *panel, size_t n_blocks, const float *bias,
                       float *out, size_t ldo)
{
    const uint8_t *scales = panel + n_blocks * Q8_ROWS * Q8_BLOCK;
    for (size_t t = 0; t < n_rows; t++)
        for (size_t r = 0; r < Q8_ROWS; r++) out[t * ldo + r] = bias ? bias[r] : 0;
    for (size_t b = 0; b < n_blocks; b++, panel += Q8_ROWS * Q8_BLOCK)
        for (size_t r = 0; r < Q8_ROWS; r++) {
            uint16_t half;
            memcpy(&half, scales + (b * Q8_ROWS + r) * sizeof half, sizeof half);
            float scale = half_to_float(half);
            for (size_t t = 0; t < n_rows; t++)
                out[t * ldo + r] += (float)block_dot(tile + b, t, panel, r) * (scale * tile[b].scale[t]);
        }
}

void kernels_q8_c(struct kernels *k)
{
    k->q8_panel = q8_panel_c;
}
