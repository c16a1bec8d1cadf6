/* Plain C kernels: the definition that every faster one is checked against, and the table that picks. */
#include "base/kernel.h"

#include "base/cpu.h"
#include "base/kernel_isa.h"

#include <pthread.h>
#include <string.h>

static int32_t dot_i8_c(const int8_t *a, const int8_t *b, size_t n)
{
    int32_t s = 0;
    for (size_t i = 0; i < n; i++) s += a[i] * b[i];
    return s;
}

static void dot_i8_rows_c(const int8_t *q, const int8_t *const *rows, size_t n_rows, size_t n, int32_t *out)
{
    for (size_t r = 0; r < n_rows; r++) out[r] = dot_i8_c(q, rows[r], n);
}

float half_to_float(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, exp = h >> 10 & 31, man = h & 0x3FF, bits;
    if (exp == 31)
        bits = sign | 0x7F800000 | man << 13;
    else if (exp)
        bits = sign | (exp + 112) << 23 | man << 13;
    else { /* zero or subnormal: man * 2^-24 is exact in float */
        float f = (float)man * 0x1p-24f;
        memcpy(&bits, &f, 4);
        bits |= sign;
    }
    float f;
    memcpy(&f, &bits, 4);
    return f;
}

uint16_t float_to_half(float f)
{
    uint32_t x;
    memcpy(&x, &f, 4);
    uint32_t sign = x >> 16 & 0x8000, abs = x & 0x7FFFFFFF;
    if (abs >= 0x7F800000) return (uint16_t)(sign | 0x7C00 | (abs > 0x7F800000 ? 0x200 : 0));
    if (abs >= 0x477FF000) return (uint16_t)(sign | 0x7C00); /* rounds past 65504 */
    if (abs < 0x38800000) {                                  /* subnormal: let the float adder round to 2^-24 */
        float t;
        memcpy(&t, &abs, 4);
        t += 0.5f;
        uint32_t y;
        memcpy(&y, &t, 4);
        return (uint16_t)(sign | (y - 0x3F000000));
    }
    uint32_t odd = abs >> 13 & 1;
    return (uint16_t)(sign | ((abs - 0x38000000 + 0xFFF + odd) >> 13));
}

static float dot_f16_c(const float *a, const uint16_t *b, size_t n)
{
    float s = 0;
    for (size_t i = 0; i < n; i++) s += a[i] * half_to_float(b[i]);
    return s;
}

static float dot_f32_c(const float *a, const float *b, size_t n)
{
    float s = 0;
    for (size_t i = 0; i < n; i++) s += a[i] * b[i];
    return s;
}

static void add_i8_c(float *acc, const int8_t *row, float scale, size_t n)
{
    for (size_t i = 0; i < n; i++) acc[i] += scale * (float)row[i];
}

static void to_f16_c(const float *in, uint16_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) out[i] = float_to_half(in[i]);
}

static void from_f16_c(const uint16_t *in, float *out, size_t n)
{
    for (size_t i = 0; i < n; i++) out[i] = half_to_float(in[i]);
}

void kernels_init(struct kernels *k, unsigned flags)
{
    *k = (struct kernels){
        .level = "c",
        .dot_i8 = dot_i8_c,
        .dot_i8_rows = dot_i8_rows_c,
        .dot_f16 = dot_f16_c,
        .dot_f32 = dot_f32_c,
        .add_i8 = add_i8_c,
        .to_f16 = to_f16_c,
        .from_f16 = from_f16_c,
    };
    kernels_rows_c(k);
    kernels_q8_c(k);
#if defined(__x86_64__)
    if (flags & CPU_AVX2) kernels_avx2(k), kernels_rows_avx2(k), kernels_q8_avx2(k);
    if (flags & CPU_AVXVNNI) kernels_avxvnni(k), kernels_q8_avxvnni(k);
    if (flags & CPU_AVX512) kernels_avx512(k), kernels_rows_avx512(k), kernels_q8_avx512(k);
#elif defined(__aarch64__)
    if (flags & CPU_NEON) kernels_neon(k), kernels_rows_neon(k);
    if (flags & CPU_DOTPROD) kernels_dotprod(k), kernels_q8_dotprod(k);
#endif
    (void)flags;
}

static struct kernels best;

static void pick(void)
{
    kernels_init(&best, cpu_flags());
}

const struct kernels *kernels(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, pick);
    return &best;
}
