/* Golden files: groups of three lines, input, expected, blank; lines that begin with # are remarks. Whoever knows a language
 * can add a case without C.
 *
 *     golden_check("fold", 40, folded);      tests/golden/fold.txt has at least 40 cases, and folded() gives each answer */
#ifndef SOUK_TESTS_GOLDEN_H
#define SOUK_TESTS_GOLDEN_H

#include "base/buf.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The next line that is no remark, without its end; -1 at the end of the file. */
static inline ssize_t golden_line(FILE *f, char **line, size_t *cap, unsigned *number)
{
    ssize_t n;
    do {
        n = getline(line, cap, f);
        ++*number;
    } while (n > 0 && (*line)[0] == '#');
    if (n > 0 && (*line)[n - 1] == '\n') (*line)[--n] = 0;
    return n;
}

static inline void golden_check(const char *name, unsigned at_least, void (*answer)(const char *s, size_t n, struct buf *out))
{
    char path[200], *input = NULL, *want = NULL, *blank = NULL;
    size_t caps[3] = {0};
    unsigned number = 0, cases = 0, wrong = 0;
    struct buf got = BUF_INIT(1 << 20);
    snprintf(path, sizeof path, "tests/golden/%s.txt", name);
    FILE *f = fopen(path, "r");
    cr_assert_not_null(f, "%s: run from the root of the source tree", path);
    for (ssize_t n; (n = golden_line(f, &input, &caps[0], &number)) >= 0; cases++) {
        if (!n) {
            cases--;
            continue;
        }
        cr_assert(golden_line(f, &want, &caps[1], &number) >= 0, "%s:%u: the expected line is missing", path, number);
        unsigned at = number;
        cr_assert(golden_line(f, &blank, &caps[2], &number) <= 0, "%s:%u: a case has two lines and a blank one", path, number);
        buf_clear(&got);
        answer(input, (size_t)n, &got);
        if (!strcmp(got.data ? got.data : "", want)) continue;
        fprintf(stderr, "%s:%u: \"%s\" gave\n  %s\nnot\n  %s\n", path, at, input, got.data ? got.data : "", want);
        wrong++;
    }
    fclose(f);
    free(input);
    free(want);
    free(blank);
    buf_release(&got);
    cr_assert_eq(wrong, 0, "%s: %u of %u cases are wrong", path, wrong, cases);
    cr_assert_geq(cases, at_least, "%s: only %u cases", path, cases);
}

#endif
