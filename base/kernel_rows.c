/* kernel_rows.h in four lanes: what every 64-bit machine has. */
#define LANES 4
#define NT_A  2
#define NT_B  4
#include "base/kernel_rows.h"

static inline vf vf_fma(vf a, vf b, vf c)
{
    return a * b + c;
}

static inline float vf_sum(vf v)
{
    return (v[0] + v[2]) + (v[1] + v[3]);
}

static inline void vf_sum4(const vf v[4], float out[4])
{
    for (int i = 0; i < 4; i++) out[i] = vf_sum(v[i]);
}

static inline int32_t vi_sum(vi v)
{
    return (v[0] + v[2]) + (v[1] + v[3]);
}

static inline float vf_top(vf v)
{
    float a = v[0] > v[2] ? v[0] : v[2], b = v[1] > v[3] ? v[1] : v[3];
    return a > b ? a : b;
}

static inline vb vi_bytes(vi v)
{
    return __builtin_convertvector(v, vb);
}

static inline vf vf_inverse(vf v)
{
    return 1 / v;
}

void kernels_rows_c(struct kernels *k)
{
    rows_fill(k);
}
