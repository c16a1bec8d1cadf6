#include "base/cpu.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#ifndef HWCAP_ASIMDDP
#define HWCAP_ASIMDDP (1 << 20)
#endif
#endif

/* Best first. Allowing a level allows what is below it on the same kind of machine. */
static const struct {
    const char *name;
    unsigned flag, allowed;
} levels[] = {
    {"avx512", CPU_AVX512, CPU_AVX512 | CPU_AVXVNNI | CPU_AVX2},
    {"avxvnni", CPU_AVXVNNI, CPU_AVXVNNI | CPU_AVX2},
    {"avx2", CPU_AVX2, CPU_AVX2},
    {"dotprod", CPU_DOTPROD, CPU_DOTPROD | CPU_NEON},
    {"neon", CPU_NEON, CPU_NEON},
    {"c", 0, 0},
};
enum { N_LEVELS = sizeof levels / sizeof levels[0] };

static unsigned probe(void)
{
    unsigned f = 0;
#if defined(__x86_64__)
    __builtin_cpu_init(); /* also asks the OS whether it saves the wide registers */
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        unsigned a, b, c, d;
        f |= CPU_AVX2;
        if (__get_cpuid_count(7, 1, &a, &b, &c, &d) && (a >> 4 & 1)) f |= CPU_AVXVNNI;
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
            __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni"))
            f |= CPU_AVX512;
    }
#elif defined(__aarch64__)
    f |= CPU_NEON;
    if (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) f |= CPU_DOTPROD;
#endif
    return f;
}

static unsigned found, mask = ~0u;

static void probe_once(void)
{
    found = probe();
    const char *want = getenv("SOUK_CPU");
    if (!want || !*want) return;
    for (int i = 0; i < N_LEVELS; i++)
        if (!strcmp(want, levels[i].name)) {
            found &= levels[i].allowed;
            return;
        }
    fprintf(stderr, "souk: SOUK_CPU=%s is not one of c avx2 avxvnni avx512 neon dotprod; ignored\n", want);
}

unsigned cpu_flags(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, probe_once);
    return found & mask;
}

void cpu_mask(unsigned allowed)
{
    mask = allowed;
}

const char *cpu_level(unsigned flags)
{
    for (int i = 0; i < N_LEVELS - 1; i++)
        if (flags & levels[i].flag) return levels[i].name;
    return "c";
}
