/* Plain numbers and blocks of 32; the table of all formats.
 *
 *     Q8_0    d(2) q[32]              d * q, q signed
 *     Q4_0    d(2) qs[16]             d * (q - 8)       number i < 16: low half of qs[i]; i >= 16: high half of qs[i - 16]
 *     Q4_1    d(2) m(2) qs[16]        d * q + m
 *     Q5_0    d(2) qh(4) qs[16]       d * (q - 16)      bit i of qh is the fifth bit of number i
 *     Q5_1    d(2) m(2) qh(4) qs[16]  d * q + m
 *     IQ4_NL  d(2) qs[16]             d * curve[q]
 *
 * d and m are IEEE halves. */
#include "embed/dequant.h"

#include "base/kernel.h"

#include <string.h>

float unpack_half(const uint8_t *p)
{
    uint16_t h;
    float f;
    memcpy(&h, p, 2);
    kernels()->from_f16(&h, &f, 1);
    return f;
}

static void unpack_f32(const uint8_t *p, float *out, size_t n)
{
    memcpy(out, p, n * sizeof *out);
}

static void unpack_f16(const uint8_t *p, float *out, size_t n)
{
    uint16_t h[64];
    for (size_t i = 0; i < n; i += 64) {
        size_t m = n - i < 64 ? n - i : 64;
        memcpy(h, p + 2 * i, 2 * m);
        kernels()->from_f16(h, out + i, m);
    }
}

static void unpack_bf16(const uint8_t *p, float *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = (uint32_t)p[2 * i] << 16 | (uint32_t)p[2 * i + 1] << 24;
        memcpy(out + i, &bits, sizeof bits);
    }
}

static void unpack_i8(const uint8_t *p, float *out, size_t n)
{
    for (size_t i = 0; i < n; i++) out[i] = (float)(int8_t)p[i];
}

static void unpack_q8_0(const uint8_t *p, float *out, size_t n)
{
    for (size_t b = 0; b < n / 32; b++, p += 34, out += 32) {
        float d = unpack_half(p);
        for (int i = 0; i < 32; i++) out[i] = d * (float)(int8_t)p[2 + i];
    }
}

static void unpack_q4_0(const uint8_t *p, float *out, size_t n)
{
    for (size_t b = 0; b < n / 32; b++, p += 18, out += 32) {
        float d = unpack_half(p);
        for (int i = 0; i < 16; i++) {
            out[i] = d * (float)((p[2 + i] & 15) - 8);
            out[i + 16] = d * (float)((p[2 + i] >> 4) - 8);
        }
    }
}

static void unpack_q4_1(const uint8_t *p, float *out, size_t n)
{
    for (size_t b = 0; b < n / 32; b++, p += 20, out += 32) {
        float d = unpack_half(p), m = unpack_half(p + 2);
        for (int i = 0; i < 16; i++) {
            out[i] = d * (float)(p[4 + i] & 15) + m;
            out[i + 16] = d * (float)(p[4 + i] >> 4) + m;
        }
    }
}

/* The 5-bit number i of a block whose fifth bits are qh. */
static int five_bits(const uint8_t *qs, uint32_t qh, int i)
{
    return (i < 16 ? qs[i] & 15 : qs[i - 16] >> 4) | (int)(qh >> i & 1) << 4;
}

static void unpack_q5_0(const uint8_t *p, float *out, size_t n)
{
    for (size_t b = 0; b < n / 32; b++, p += 22, out += 32) {
        float d = unpack_half(p);
        uint32_t qh;
        memcpy(&qh, p + 2, 4);
        for (int i = 0; i < 32; i++) out[i] = d * (float)(five_bits(p + 6, qh, i) - 16);
    }
}

static void unpack_q5_1(const uint8_t *p, float *out, size_t n)
{
    for (size_t b = 0; b < n / 32; b++, p += 24, out += 32) {
        float d = unpack_half(p), m = unpack_half(p + 2);
        uint32_t qh;
        memcpy(&qh, p + 4, 4);
        for (int i = 0; i < 32; i++) out[i] = d * (float)five_bits(p + 8, qh, i) + m;
    }
}

static void unpack_iq4_nl(const uint8_t *p, float *out, size_t n)
{
    static const int8_t curve[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
    for (size_t b = 0; b < n / 32; b++, p += 18, out += 32) {
        float d = unpack_half(p);
        for (int i = 0; i < 16; i++) {
            out[i] = d * (float)curve[p[2 + i] & 15];
            out[i + 16] = d * (float)curve[p[2 + i] >> 4];
        }
    }
}

static const struct tensor_format formats[] = {
    {TENSOR_F32, "F32", 1, 4, unpack_f32},
    {TENSOR_F16, "F16", 1, 2, unpack_f16},
    {TENSOR_BF16, "BF16", 1, 2, unpack_bf16},
    {TENSOR_I8, "I8", 1, 1, unpack_i8},
    {TENSOR_Q8_0, "Q8_0", 32, 34, unpack_q8_0},
    {TENSOR_Q4_0, "Q4_0", 32, 18, unpack_q4_0},
    {TENSOR_Q4_1, "Q4_1", 32, 20, unpack_q4_1},
    {TENSOR_Q5_0, "Q5_0", 32, 22, unpack_q5_0},
    {TENSOR_Q5_1, "Q5_1", 32, 24, unpack_q5_1},
    {TENSOR_Q2_K, "Q2_K", 256, 84, unpack_q2_k},
    {TENSOR_Q3_K, "Q3_K", 256, 110, unpack_q3_k},
    {TENSOR_Q4_K, "Q4_K", 256, 144, unpack_q4_k},
    {TENSOR_Q5_K, "Q5_K", 256, 176, unpack_q5_k},
    {TENSOR_Q6_K, "Q6_K", 256, 210, unpack_q6_k},
    {TENSOR_IQ4_NL, "IQ4_NL", 32, 18, unpack_iq4_nl},
};

const struct tensor_format *tensor_format(uint32_t type)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (formats[i].type == type) return &formats[i];
    return NULL;
}
