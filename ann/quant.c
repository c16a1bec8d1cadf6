#include "ann/quant.h"

#include "base/kernel.h"

void quant_add(struct quant_sample *s, const uint16_t *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t size = x[i] & 0x7FFF;
        if (size >= 0x7C00) continue;
        s->count[size]++;
        s->total++;
    }
}

float quant_clip(const struct quant_sample *s)
{
    uint64_t above = 0;
    uint16_t at = 0x7BFF;
    for (; at; at--)
        if ((above += s->count[at]) > s->total / 10000) break;
    float clip;
    kernels()->from_f16(&at, &clip, 1);
    return clip > 0 ? clip : 1;
}
