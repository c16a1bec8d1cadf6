/* The decoder of chunked bodies. */
#include "query/http_chunk.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { DONE = 1, PARTIAL = 0, MAX_BODY = 1000 };

struct row {
    const char *name, *bytes;
    int expected; /* DONE, PARTIAL, or the status it is refused with */
    size_t n;     /* 0: strlen */
};

/* Decodes p in pieces of `step` bytes into out (NUL-terminated); DONE, PARTIAL or the status. *rest is what was not eaten. */
static int decode(const char *p, size_t n, size_t step, char *out, size_t *rest)
{
    struct http_chunk c = {.max = MAX_BODY};
    size_t at = 0, used, data_n;
    const char *data;
    int rc = 0;
    while (rc == 0 && at < n) {
        rc = http_chunk_next(&c, p + at, n - at < step ? n - at : step, &used, &data, &data_n);
        memcpy(out, data, data_n);
        out += data_n;
        at += used;
    }
    *out = 0;
    *rest = n - at;
    return rc > 0 ? DONE : -rc;
}

Test(http_chunk, chunks_are_decoded_wherever_they_are_cut)
{
    static const struct row rows[] = {
        {"two chunks", "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", DONE, 0},
        {"nothing", "0\r\n\r\n", DONE, 0},
        {"leading zeros and upper case", "0000000A\r\n0123456789\r\n00\r\n\r\n", DONE, 0},
        {"extensions and trailers", "1;a=\"b\"\r\nx\r\n0;z\r\nDigest: y\r\nX: z\r\n\r\n", DONE, 0},
        {"cut short", "3\r\nab", PARTIAL, 0},
        {"no end", "1\r\nx\r\n0\r\n", PARTIAL, 0},
        {"no size", "\r\nx\r\n0\r\n\r\n", 400, 0},
        {"not a number", "g\r\n", 400, 0},
        {"a prefix", "0x3\r\nabc\r\n0\r\n\r\n", 400, 0},
        {"a sign", "+3\r\nabc\r\n0\r\n\r\n", 400, 0},
        {"a space behind the size", "3 \r\nabc\r\n0\r\n\r\n", 400, 0},
        {"nine digits", "000000003\r\nabc\r\n0\r\n\r\n", 400, 0},
        {"bare LF behind the size", "3\nabc\r\n0\r\n\r\n", 400, 0},
        {"bare LF in an extension", "3;a\nabc\r\n0\r\n\r\n", 400, 0},
        {"bare CR in an extension", "3;a\rb\r\nabc\r\n0\r\n\r\n", 400, 0},
        {"a chunk longer than it says", "3\r\nabcd\r\n0\r\n\r\n", 400, 0},
        {"bare LF behind the data", "3\r\nabc\n0\r\n\r\n", 400, 0},
        {"bare LF in a trailer", "0\r\nX: y\n\r\n", 400, 0},
        {"NUL in a trailer", "0\r\nX: \0\r\n\r\n", 400, 11},
        {"over the limit", "3e9\r\n", 413, 0},
        {"at the limit", "3e8\r\n", PARTIAL, 0},
        {"over the limit together", "3\r\nabc\r\n3e6\r\n", 413, 0},
        {"as large as can be said", "ffffffff\r\n", 413, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t n = rows[i].n ? rows[i].n : strlen(rows[i].bytes), rest;
        char whole[64], pieces[64];
        int expected = decode(rows[i].bytes, n, n, whole, &rest);
        cr_expect_eq(expected, rows[i].expected, "%s: %d", rows[i].name, expected);
        for (size_t step = 1; step < n; step++) {
            cr_expect_eq(decode(rows[i].bytes, n, step, pieces, &rest), expected, "%s in pieces of %zu", rows[i].name, step);
            cr_expect_str_eq(whole, pieces);
        }
    }
}

Test(http_chunk, what_follows_the_last_chunk_is_left_alone)
{
    static const char p[] = "3\r\nabc\r\n0\r\n\r\nGET / HTTP/1.1\r\n";
    char out[64];
    size_t rest;
    for (size_t step = 1; step < sizeof p; step++) {
        cr_expect_eq(decode(p, sizeof p - 1, step, out, &rest), DONE);
        cr_expect_str_eq(out, "abc");
        cr_expect_eq(rest, strlen("GET / HTTP/1.1\r\n"));
    }
}

Test(http_chunk, extensions_and_trailers_have_a_length)
{
    char p[20000], out[64];
    size_t rest;
    sprintf(p, "1;%*s\r\nx\r\n1;%*s\r\nx\r\n0\r\n\r\n", HTTP_EXTENSIONS_MAX / 2, "", HTTP_EXTENSIONS_MAX / 2, "");
    cr_expect_eq(decode(p, strlen(p), 7, out, &rest), DONE);
    sprintf(p, "1;%*s\r\nx\r\n1;%*s\r\nx\r\n0\r\n\r\n", HTTP_EXTENSIONS_MAX / 2, "", HTTP_EXTENSIONS_MAX / 2 + 1, "");
    cr_expect_eq(decode(p, strlen(p), 7, out, &rest), 400);
    sprintf(p, "0\r\nX: %*s\r\n\r\n", HTTP_TRAILERS_MAX, "");
    cr_expect_eq(decode(p, strlen(p), 7, out, &rest), 431);
}
