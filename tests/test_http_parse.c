/* The request parser: tables of bytes and what must come of them, wherever they are cut. */
#include "query/http_parse.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define H    "Host: shop.example\r\n"
#define GET  "GET / HTTP/1.1\r\n" H
#define POST "POST / HTTP/1.1\r\n" H

enum { DONE = 1, PARTIAL = 0, MAX_BODY = 1000 };

struct row {
    const char *name, *bytes;
    int expected; /* DONE, PARTIAL, or the status it is refused with */
    size_t n;     /* 0: strlen */
};

static int outcome(int rc)
{
    return rc > 0 ? DONE : -rc;
}

/* Feeds p[0..n) in pieces that end at each of the cuts; stops at the first answer, as a server does. */
static int parse(struct http_head *h, const char *p, size_t n, size_t first_cut, size_t step)
{
    http_head_init(h, MAX_BODY);
    int rc = 0;
    for (size_t have = first_cut; rc == 0; have = have + step < n ? have + step : n) {
        char *copy = malloc(have + 1); /* the bytes move, and a read past the end is seen */
        memcpy(copy, p, have);
        char *tight = realloc(copy, have ? have : 1);
        rc = http_head_parse(h, tight, have);
        free(tight);
        if (have == n) break;
    }
    return rc;
}

static void check(const struct row *rows, size_t n_rows)
{
    for (size_t i = 0; i < n_rows; i++) {
        struct http_head h;
        const struct row *r = &rows[i];
        size_t n = r->n ? r->n : strlen(r->bytes);
        cr_expect_eq(outcome(parse(&h, r->bytes, n, n, 1)), r->expected, "%s: %d", r->name,
                     outcome(parse(&h, r->bytes, n, n, 1)));
        for (size_t cut = 0; cut < n; cut++)
            cr_expect_eq(outcome(parse(&h, r->bytes, n, cut, n)), r->expected, "%s, cut at %zu", r->name, cut);
        cr_expect_eq(outcome(parse(&h, r->bytes, n, 0, 1)), r->expected, "%s, byte by byte", r->name);
    }
}
#define CHECK(rows) check(rows, sizeof(rows) / sizeof *(rows))

Test(http_parse, well_formed_requests_are_taken_wherever_they_are_cut)
{
    static const struct row rows[] = {
        {"the smallest", "GET / HTTP/1.0\r\n\r\n", DONE, 0},
        {"with a host", GET "\r\n", DONE, 0},
        {"with a body behind it", POST "Content-Length: 3\r\n\r\nabc", DONE, 0},
        {"an empty line first", "\r\n" GET "\r\n", DONE, 0},
        {"two empty lines first", "\r\n\r\n" GET "\r\n", 400, 0},
        {"raw UTF-8 in the target", "GET /suche?q=grüne+Straße HTTP/1.1\r\n" H "\r\n", DONE, 0},
        {"an absolute target", "GET http://shop.example/a HTTP/1.1\r\n" H "\r\n", DONE, 0},
        {"the server itself", "OPTIONS * HTTP/1.1\r\n" H "\r\n", DONE, 0},
        {"a tab and UTF-8 in a value", GET "X-Note:\tna\xc3\xafve\tword \r\n\r\n", DONE, 0},
        {"an empty value", GET "X-Note:\r\n\r\n", DONE, 0},
        {"host with a port", "GET / HTTP/1.1\r\nhost: [::1]:7700\r\n\r\n", DONE, 0},
        {"nothing yet", "", PARTIAL, 0},
        {"no empty line", GET, PARTIAL, 0},
        {"half an empty line", GET "\r", PARTIAL, 0},
    };
    CHECK(rows);
}

Test(http_parse, malformed_request_lines_are_refused)
{
    static const struct row rows[] = {
        {"no method", " / HTTP/1.1\r\n" H "\r\n", 400, 0},
        {"a method that is no token", "G(T / HTTP/1.1\r\n" H "\r\n", 400, 0},
        {"two spaces", "GET  / HTTP/1.1\r\n" H "\r\n", 400, 0},
        {"a tab for a space", "GET\t/ HTTP/1.1\r\n" H "\r\n", 400, 0},
        {"a space at the end", "GET / HTTP/1.1 \r\n" H "\r\n", 400, 0},
        {"a space in the target", "GET /a b HTTP/1.1\r\n" H "\r\n", 400, 0},
        {"HTTP/0.9", "GET /\r\n" H "\r\n", 400, 0},
        {"a fragment", "GET /a#b HTTP/1.1\r\n" H "\r\n", 400, 0},
        {"a relative target", "GET a HTTP/1.1\r\n" H "\r\n", 400, 0},
        {"a star that is not for OPTIONS", "GET * HTTP/1.1\r\n" H "\r\n", 400, 0},
        {"CONNECT", "CONNECT shop.example:443 HTTP/1.1\r\n" H "\r\n", 400, 0},
        {"an absolute target without a path", "GET http://shop.example HTTP/1.1\r\n" H "\r\n", 400, 0},
        {"a slash only in its query", "GET http://shop.example?a=/ HTTP/1.1\r\n" H "\r\n", 400, 0},
        {"lower-case http", "GET / http/1.1\r\n" H "\r\n", 400, 0},
        {"a version with two digits", "GET / HTTP/1.10\r\n" H "\r\n", 400, 0},
        {"HTTP/2.0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, 0},
        {"HTTP/1.2", "GET / HTTP/1.2\r\n" H "\r\n", 505, 0},
        {"bare LF", "GET / HTTP/1.1\n" H "\r\n", 400, 0},
        {"bare CR", "GET /\rx HTTP/1.1\r\n" H "\r\n", 400, 0},
        {"NUL", "GET /\0 HTTP/1.1\r\n" H "\r\n", 400, 40},
        {"DEL", "GET /\x7f HTTP/1.1\r\n" H "\r\n", 400, 0},
        {"a TLS hello", "\x16\x03\x01\x02", 400, 0},
    };
    CHECK(rows);
}

Test(http_parse, malformed_header_lines_are_refused)
{
    static const struct row rows[] = {
        {"a space before the colon", GET "X-A : b\r\n\r\n", 400, 0},
        {"a folded line", GET "X-A: b\r\n c\r\n\r\n", 400, 0},
        {"a folded first line", "GET / HTTP/1.1\r\n X-A: b\r\n" H "\r\n", 400, 0},
        {"no colon", GET "nonsense\r\n\r\n", 400, 0},
        {"no name", GET ": b\r\n\r\n", 400, 0},
        {"a name that is no token", GET "X[A]: b\r\n\r\n", 400, 0},
        {"UTF-8 in a name", GET "X-\xc3\xa4: b\r\n\r\n", 400, 0},
        {"bare LF", GET "X-A: b\n\r\n", 400, 0},
        {"bare CR in a value", GET "X-A: b\rX-B: c\r\n\r\n", 400, 0},
        {"a control byte in a value", GET "X-A: b\x01\r\n\r\n", 400, 0},
        {"NUL in a value", GET "X-A: b\0c\r\n\r\n", 400, sizeof(GET "X-A: b\0c\r\n\r\n") - 1},
        {"LF LF at the end", GET "\n\n", 400, 0},
        {"no host", "GET / HTTP/1.1\r\n\r\n", 400, 0},
        {"two hosts", GET H "\r\n", 400, 0},
        {"two hosts in one", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400, 0},
        {"a host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, 0},
    };
    CHECK(rows);
}

Test(http_parse, framing_that_a_proxy_could_read_differently_is_refused)
{
    static const struct row rows[] = {
        {"two lengths", POST "Content-Length: 3\r\nContent-Length: 4\r\n\r\n", 400, 0},
        {"two equal lengths", POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\n", 400, 0},
        {"two lengths in one", POST "Content-Length: 3, 3\r\n\r\n", 400, 0},
        {"a signed length", POST "Content-Length: +3\r\n\r\n", 400, 0},
        {"a negative length", POST "Content-Length: -1\r\n\r\n", 400, 0},
        {"a hexadecimal length", POST "Content-Length: 0x10\r\n\r\n", 400, 0},
        {"no length", POST "Content-Length:\r\n\r\n", 400, 0},
        {"a length of 2^64", POST "Content-Length: 18446744073709551616\r\n\r\n", 400, 0},
        {"a length and a coding", POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400, 0},
        {"a coding and a length", POST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", 400, 0},
        {"two codings", POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400, 0},
        {"an unknown coding", POST "Transfer-Encoding: gzip\r\n\r\n", 501, 0},
        {"xchunked", POST "Transfer-Encoding: xchunked\r\n\r\n", 501, 0},
        {"gzip, chunked", POST "Transfer-Encoding: gzip, chunked\r\n\r\n", 501, 0},
        {"chunked, chunked", POST "Transfer-Encoding: chunked, chunked\r\n\r\n", 501, 0},
        {"a vertical tab before chunked", POST "Transfer-Encoding: \vchunked\r\n\r\n", 400, 0},
        {"a space before the colon", POST "Transfer-Encoding : chunked\r\n\r\n", 400, 0},
        {"chunked in HTTP/1.0", "POST / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n", 400, 0},
        {"a body over the limit", POST "Content-Length: 1001\r\n\r\n", 413, 0},
        {"a body at the limit", POST "Content-Length: 1000\r\n\r\n", DONE, 0},
        {"another expectation", POST "Expect: tea\r\n\r\n", 417, 0},
    };
    CHECK(rows);
}

/* A head of a request line of `line` bytes (with its method and version) and header lines of `headers` bytes. */
static int parse_sized(size_t line, size_t headers, size_t step)
{
    size_t n = line + 2 + headers + 2;
    char *p = malloc(n + 1), *q = p;
    q += sprintf(q, "GET /");
    memset(q, 'a', line - 14);
    q += line - 14;
    q += sprintf(q, " HTTP/1.1\r\nHost: a\r\nX: ");
    memset(q, 'b', headers - 9 - 5);
    q += headers - 9 - 5;
    memcpy(q, "\r\n\r\n", 4);
    struct http_head h;
    http_head_init(&h, MAX_BODY);
    int rc = 0;
    for (size_t have = step < n ? step : n; rc == 0; have = have + step < n ? have + step : n) {
        rc = http_head_parse(&h, p, have);
        if (have == n) break;
    }
    free(p);
    return outcome(rc);
}

Test(http_parse, lines_and_headers_have_a_length)
{
    static const size_t steps[] = {1, 7, 1000, 1 << 20};
    for (size_t i = 0; i < 4; i++) {
        cr_expect_eq(parse_sized(HTTP_LINE_MAX - 1, 100, steps[i]), DONE);
        cr_expect_eq(parse_sized(HTTP_LINE_MAX, 100, steps[i]), 414);
        cr_expect_eq(parse_sized(100, HTTP_HEADERS_MAX - 1, steps[i]), DONE);
        cr_expect_eq(parse_sized(100, HTTP_HEADERS_MAX + 2, steps[i]), 431);
        cr_expect_eq(parse_sized(HTTP_LINE_MAX - 1, HTTP_HEADERS_MAX - 1, steps[i]), DONE);
    }
}

Test(http_parse, more_than_a_hundred_header_lines_are_refused)
{
    char p[4096] = GET;
    for (int i = 1; i < 100; i++) strcat(p, "A: b\r\n");
    size_t n = strlen(p);
    struct http_head h;
    strcpy(p + n, "\r\n");
    cr_expect_eq(outcome(parse(&h, p, n + 2, n + 2, 1)), DONE);
    cr_expect_eq(h.n_fields, 100);
    strcpy(p + n, "A: b\r\n\r\n");
    cr_expect_eq(outcome(parse(&h, p, n + 8, n + 8, 1)), 431);
}

static bool span_is(const char *p, struct http_span s, const char *text)
{
    return s.n == strlen(text) && memcmp(p + s.at, text, s.n) == 0;
}

Test(http_parse, the_parts_of_a_request_are_found)
{
    static const char p[] = "POST http://shop.example/a?b=c HTTP/1.1\r\nHost: shop.example\r\nX-A: \t b c\t \r\n"
                            "Expect: 100-continue\r\nTransfer-Encoding: Chunked\r\nConnection: x, Close\r\n\r\n";
    struct http_head h;
    cr_assert_eq(parse(&h, p, sizeof p - 1, sizeof p - 1, 1), (int)sizeof p - 1);
    cr_expect(span_is(p, h.method, "POST"));
    cr_expect(span_is(p, h.target, "/a?b=c"));
    cr_expect(span_is(p, h.fields[1].name, "X-A"));
    cr_expect(span_is(p, h.fields[1].value, "b c"));
    cr_expect(h.chunked && h.expect_continue && !h.keep_alive && h.minor == 1);
}

Test(http_parse, connections_stay_open_by_version_and_wish)
{
    static const struct {
        const char *bytes;
        bool keep;
    } rows[] = {
        {GET "\r\n", true},
        {GET "Connection: close\r\n\r\n", false},
        {GET "Connection: keep-alive, CLOSE\r\n\r\n", false},
        {"GET / HTTP/1.0\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true},
        {"GET / HTTP/1.0\r\nConnection: keep-alived\r\n\r\n", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_head h;
        size_t n = strlen(rows[i].bytes);
        cr_expect_eq(parse(&h, rows[i].bytes, n, n, 1), (int)n);
        cr_expect_eq(h.keep_alive, rows[i].keep, "%s", rows[i].bytes);
    }
}
