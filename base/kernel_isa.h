/* Private to base/kernel*.c. Each kernels_<isa> replaces the entries that it does better; they are called from plain
 * to best. Every kernel_<isa>.c is compiled with its own -m flags and holds nothing but kernels, so no other object
 * can contain an instruction that the CPU may lack. */
#ifndef SOUK_KERNEL_ISA_H
#define SOUK_KERNEL_ISA_H

#include "base/kernel.h"

void kernels_avx2(struct kernels *k);
void kernels_avxvnni(struct kernels *k);
void kernels_avx512(struct kernels *k);
void kernels_neon(struct kernels *k);
void kernels_dotprod(struct kernels *k);

/* Kernels of kernel_rows*.c and kernel_q8*.c, the same way. */
void kernels_rows_c(struct kernels *k);
void kernels_rows_avx2(struct kernels *k);
void kernels_rows_avx512(struct kernels *k);
void kernels_rows_neon(struct kernels *k);
void kernels_q8_c(struct kernels *k);
void kernels_q8_avx2(struct kernels *k);
void kernels_q8_avxvnni(struct kernels *k);
void kernels_q8_avx512(struct kernels *k);
void kernels_q8_dotprod(struct kernels *k);

float half_to_float(uint16_t h);
uint16_t float_to_half(float f);

#endif
