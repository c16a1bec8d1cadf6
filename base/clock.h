/* Microseconds of a clock that never goes back, for durations; and of the calendar, for what is shown to people. */
#ifndef SOUK_CLOCK_H
#define SOUK_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}
static inline uint64_t clock_wall_s(void)
{
    return (uint64_t)time(NULL);
}

#endif
