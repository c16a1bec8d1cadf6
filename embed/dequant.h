/* Tensor formats: how numbers are packed into blocks, and back to float, bit for bit as ggml defines them.
 *
 *     const struct tensor_format *f = tensor_format(t->type);
 *     f->unpack(t->data + row * tensor_row_bytes(f, ne0), out, ne0);
 *
 * A row of ne[0] numbers is a whole number of blocks; value = scale * q, or scale * q - minimum, all products in float.
 * The layouts are drawn in dequant.c and dequant_k.c. */
#ifndef SOUK_DEQUANT_H
#define SOUK_DEQUANT_H

#include <stddef.h>
#include <stdint.h>

enum tensor_type {
    TENSOR_F32 = 0,
    TENSOR_F16 = 1,
    TENSOR_Q4_0 = 2,
    TENSOR_Q4_1 = 3,
    TENSOR_Q5_0 = 6,
    TENSOR_Q5_1 = 7,
    TENSOR_Q8_0 = 8,
    TENSOR_Q2_K = 10,
    TENSOR_Q3_K = 11,
    TENSOR_Q4_K = 12,
    TENSOR_Q5_K = 13,
    TENSOR_Q6_K = 14,
    TENSOR_IQ4_NL = 20,
    TENSOR_I8 = 24,
    TENSOR_BF16 = 30,
};

struct tensor_format {
    uint32_t type;
    const char *name;
    uint32_t block; /* numbers in a block: 1, 32 or 256 */
    uint32_t bytes; /* bytes of a block */

    /* n numbers (a multiple of block) at p, which needs no alignment, to out. */
    void (*unpack)(const uint8_t *p, float *out, size_t n);
};

/* The format of a type, or NULL when souk does not know it. */
const struct tensor_format *tensor_format(uint32_t type);

static inline size_t tensor_row_bytes(const struct tensor_format *f, size_t n)
{
    return n / f->block * f->bytes;
}

/* Between dequant.c and dequant_k.c: the IEEE half at p; K-quants, for the table. */
float unpack_half(const uint8_t *p);
void unpack_q2_k(const uint8_t *p, float *out, size_t n);
void unpack_q3_k(const uint8_t *p, float *out, size_t n);
void unpack_q4_k(const uint8_t *p, float *out, size_t n);
void unpack_q5_k(const uint8_t *p, float *out, size_t n);
void unpack_q6_k(const uint8_t *p, float *out, size_t n);

#endif
