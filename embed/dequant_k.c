/* K-quants: blocks of 256 numbers in sub-blocks of 16 or 32, each with its own small scale (and minimum).
 *
 *     Q2_K  scales[16] qs[64] d(2) dmin(2)             sub-blocks of 16: low half of scales[j] scale, high half minimum
 *     Q3_K  hmask[32] qs[64] scales[12] d(2)           sub-blocks of 16: six-bit scales less 32; a clear mask bit takes 4 off
 *     Q4_K  d(2) dmin(2) scales[12] qs[128]            sub-blocks of 32: six-bit scales and minima
 *     Q5_K  d(2) dmin(2) scales[12] qh[32] qs[128]     as Q4_K; bit j of qh[l] is the fifth bit of number l of sub-block j
 *     Q6_K  ql[128] qh[64] scales[16] d(2)             sub-blocks of 16: int8 scales, numbers less 32
 *
 * value = (d * scale) * q - (dmin * minimum); the parentheses are part of the definition. */
#include "embed/dequant.h"

void unpack_q2_k(const uint8_t *p, float *out, size_t n)
{
    for (size_t b = 0; b < n / 256; b++, p += 84, out += 256) {
        float d = unpack_half(p + 80), dmin = unpack_half(p + 82);
        for (int i = 0; i < 256; i++) {
            int half = i / 128, shift = i % 128 / 32 * 2, j = i / 16;
            int q = p[16 + 32 * half + i % 32] >> shift & 3;
            out[i] = (d * (float)(p[j] & 15)) * (float)q - dmin * (float)(p[j] >> 4);
        }
    }
}

/* Scale j of a Q3_K block: four low bits in the first eight bytes, two high bits in the last four. */
static int q3_scale(const uint8_t *s, int j)
{
    int low = j < 8 ? s[j] & 15 : s[j - 8] >> 4;
    int high = s[8 + j % 4] >> (2 * (j / 4)) & 3;
    return (low | high << 4) - 32;
}

void unpack_q3_k(const uint8_t *p, float *out, size_t n)
{
    for (size_t b = 0; b < n / 256; b++, p += 110, out += 256) {
        float d = unpack_half(p + 108);
        for (int i = 0; i < 256; i++) {
            int q = p[32 + 32 * (i / 128) + i % 32] >> (i % 128 / 32 * 2) & 3;
            if (!(p[i % 32] >> (i / 32) & 1)) q -= 4;
            out[i] = (d * (float)q3_scale(p + 96, i / 16)) * (float)q;
        }
    }
}

/* Scale and minimum j of the 12 bytes that Q4_K and Q5_K share. */
static void scale_min(const uint8_t *s, int j, float *scale, float *min)
{
    int sc = j < 4 ? s[j] & 63 : (s[j + 4] & 15) | s[j - 4] >> 6 << 4;
    int mn = j < 4 ? s[j + 4] & 63 : s[j + 4] >> 4 | s[j] >> 6 << 4;
    *scale = (float)sc;
    *min = (float)mn;
}

/* Sub-block j of Q4_K and Q5_K: low halves for even j, high ones for odd j; qh NULL: no fifth bit. */
static void unpack_sub(const uint8_t *qs, const uint8_t *qh, int j, float scale, float min, float *out)
{
    for (int l = 0; l < 32; l++) {
        int q = qs[32 * (j / 2) + l] >> (j % 2 * 4) & 15;
        if (qh) q |= (qh[l] >> j & 1) << 4;
        out[l] = scale * (float)q - min;
    }
}

static void unpack_q45(const uint8_t *p, const uint8_t *qh, const uint8_t *qs, float *out)
{
    float d = unpack_half(p), dmin = unpack_half(p + 2);
    for (int j = 0; j < 8; j++) {
        float sc, mn;
        scale_min(p + 4, j, &sc, &mn);
        unpack_sub(qs, qh, j, d * sc, dmin * mn, out + 32 * j);
    }
}

void unpack_q4_k(const uint8_t *p, float *out, size_t n)
{
    for (size_t b = 0; b < n / 256; b++, p += 144, out += 256) unpack_q45(p, NULL, p + 16, out);
}

void unpack_q5_k(const uint8_t *p, float *out, size_t n)
{
    for (size_t b = 0; b < n / 256; b++, p += 176, out += 256) unpack_q45(p, p + 16, p + 48, out);
}

/* Half h of a Q6_K block: 128 numbers, in four rows of 32 that share 64 low bytes and 32 high ones. */
static void unpack_q6_half(const uint8_t *p, int h, float d, float *out)
{
    const uint8_t *ql = p + 64 * h, *qh = p + 128 + 32 * h, *sc = p + 192;
    for (int i = 0; i < 128; i++) {
        int row = i / 32, l = i % 32;
        int low = ql[l + row % 2 * 32] >> (row / 2 * 4) & 15;
        int q = (low | (qh[l] >> (2 * row) & 3) << 4) - 32;
        out[i] = (d * (float)(int8_t)sc[8 * h + i / 16]) * (float)q;
    }
}

void unpack_q6_k(const uint8_t *p, float *out, size_t n)
{
    for (size_t b = 0; b < n / 256; b++, p += 210, out += 256) {
        float d = unpack_half(p + 208);
        unpack_q6_half(p, 0, d, out);
        unpack_q6_half(p, 1, d, out + 128);
    }
}
