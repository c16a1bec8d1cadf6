/* kernel_rows.h in four lanes, with fused multiply-add. */
#if defined(__aarch64__)
#include <arm_neon.h>

#define LANES 4
#define NT_A  4
#define NT_B  4
#include "base/kernel_rows.h"

static inline vf vf_fma(vf a, vf b, vf c)
{
    return (vf)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
}

static inline float vf_sum(vf v)
{
    return vaddvq_f32((float32x4_t)v);
}

static inline void vf_sum4(const vf v[4], float out[4])
{
    for (int i = 0; i < 4; i++) out[i] = vf_sum(v[i]);
}

static inline int32_t vi_sum(vi v)
{
    return vaddvq_s32((int32x4_t)v);
}

static inline float vf_top(vf v)
{
    return vmaxvq_f32((float32x4_t)v);
}

static inline vb vi_bytes(vi v)
{
    return __builtin_convertvector(v, vb);
}

static inline vf vf_inverse(vf v)
{
    return 1 / v;
}

void kernels_rows_neon(struct kernels *k)
{
    rows_fill(k);
}
#endif
