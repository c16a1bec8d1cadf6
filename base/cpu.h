/* What this CPU can do, asked once. SOUK_CPU=c|avx2|avxvnni|avx512|neon|dotprod lowers it to that level and below, so that users
 * and tests can step down; an unknown word is ignored with a warning. */
#ifndef SOUK_CPU_H
#define SOUK_CPU_H

enum cpu_flags {
    CPU_AVX2 = 1u << 0,    /* with FMA and F16C */
    CPU_AVXVNNI = 1u << 1, /* VEX-coded int8 dot products (256 bit) */
    CPU_AVX512 = 1u << 2,  /* F, BW, DQ, VL and VNNI */
    CPU_NEON = 1u << 3,
    CPU_DOTPROD = 1u << 4, /* ARMv8.2 SDOT */
};

unsigned cpu_flags(void);              /* after SOUK_CPU and cpu_mask */
void cpu_mask(unsigned allowed);       /* for tests: keep only these; ~0u undoes it. Not thread-safe */
const char *cpu_level(unsigned flags); /* "avx512", "avx2", "neon", "c": the best level in flags */

#endif
