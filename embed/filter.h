/* Line in, line out, in order, on all cores: what `souk embed`, `souk model run` and `souk model tokenize` are.
 *
 *     struct filter f = {.command = "embed", .threads = 0, .line = embed_line, .arg = &state};
 *     return filter_run(&f, STDIN_FILENO, stdout);
 *
 * What has arrived is worked on at once, so that a program at the other end of two pipes gets each answer before it sends
 * the next question; when lines come faster than that, they are spread over the threads. Memory is bounded by the longest
 * line (16 MiB; a longer one is refused and skipped), and by their answers. */
#ifndef SOUK_FILTER_H
#define SOUK_FILTER_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { FILTER_MAX_LINE = 16 << 20 };

struct filter {
    const char *command; /* for messages: "souk embed: line 7: ..." */
    unsigned threads;    /* 0: one for each CPU */

    /* Appends the answer to one line (without its newline) to out, also without one. worker is below the number of threads:
     * an index into per-thread scratch. When it returns a code, out is replaced by {"error": ...} and the line counts as
     * refused. Called by several threads at once. */
    int (*line)(void *arg, unsigned worker, const char *s, size_t n, struct buf *out, struct errmsg *e);
    void *arg;
};

/* Reads fd to its end. Returns an exit code: 0, 3 when lines were refused (each named on stderr), 1 when reading or writing
 * failed. */
int filter_run(const struct filter *f, int fd, FILE *out);

/* The value of a --threads option, 1 to 1024; false when it is something else. */
bool filter_threads(const char *text, unsigned *threads);

#endif
