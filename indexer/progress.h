/* Progress of a long command: one line that is rewritten on a terminal, a plain line every few seconds in a log.
 * Rate, share done, time left and memory in use. Not thread-safe; callers serialise. */
#ifndef SOUK_PROGRESS_H
#define SOUK_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *what; /* "products", "graph" */
    bool terminal, shown;
    uint64_t begun_us, last_us;
};

void progress_begin(struct progress *p, const char *what);
/* done things so far; share is 0..1 of the whole, or below 0 when it is not known. Prints only when it is time to. */
void progress_show(struct progress *p, uint64_t done, double share);
/* Clears the terminal's line, so that something else can be printed. */
void progress_hide(struct progress *p);

uint64_t memory_peak_kb(void); /* largest resident set of this process so far */

#endif
