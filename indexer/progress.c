#include "indexer/progress.h"

#include "base/clock.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

enum { TERMINAL_US = 100000, LOG_US = 5000000 };

uint64_t memory_peak_kb(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (uint64_t)u.ru_maxrss;
}

void progress_begin(struct progress *p, const char *what)
{
    uint64_t now = clock_us();
    *p = (struct progress){.what = what, .terminal = isatty(STDERR_FILENO), .begun_us = now, .last_us = now};
}

static void print_left(double seconds)
{
    if (seconds >= 90)
        fprintf(stderr, ", %.0f min left", seconds / 60);
    else
        fprintf(stderr, ", %.0f s left", seconds);
}

void progress_show(struct progress *p, uint64_t done, double share)
{
    uint64_t now = clock_us();
    if (now - p->last_us < (p->terminal ? TERMINAL_US : LOG_US)) return;
    double s = (double)(now - p->begun_us) * 1e-6;
    p->last_us = now;
    p->shown = true;
    fprintf(stderr, "%s%llu %s, %.0f/s", p->terminal ? "\r\033[K" : "souk: ", (unsigned long long)done, p->what,
            (double)done / s);
    if (share > 0) fprintf(stderr, ", %.0f%%", share * 100);
    if (share > 0.01) print_left(s / share - s);
    fprintf(stderr, ", %llu MB%s", (unsigned long long)memory_peak_kb() / 1024, p->terminal ? "" : "\n");
}

void progress_hide(struct progress *p)
{
    if (p->terminal && p->shown) fprintf(stderr, "\r\033[K");
    p->shown = false;
}
