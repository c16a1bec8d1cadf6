/* The head of an HTTP/1.1 request, parsed strictly and piece by piece. Nothing is allocated, nothing is copied.
 *
 *     struct http_head h;
 *     http_head_init(&h, max_body);
 *     int rc = http_head_parse(&h, p, n);    p[0..n): everything received so far; call again with more when rc is 0
 *     rc > 0: rc bytes were the head, the body follows;   rc < 0: refuse with HTTP status -rc, h.why says what was wrong
 *
 * The bytes may move between calls (they lie in a growing buffer), so the result holds offsets, and no byte is looked at
 * twice: a client that sends one byte a packet costs no more than one that sends everything at once. The answer does not
 * depend on where the input was cut.
 *
 * Strict means: whatever two HTTP implementations may read differently is refused, because a proxy in front of us may be
 * the other one (request smuggling, RFC 9112 section 11.2). Refused are a bare LF or CR, control bytes, folded lines, a space
 * before a colon, a second Content-Length (even an equal one) or Host, Content-Length beside Transfer-Encoding, any transfer
 * coding but `chunked`, and numbers with signs, spaces or too many digits. Two liberties: one empty line before the request
 * is skipped (RFC 9112 section 2.2), and the target may hold raw UTF-8, as typed after curl. */
#ifndef SOUK_HTTP_PARSE_H
#define SOUK_HTTP_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HTTP_LINE_MAX = 8 << 10,                              /* bytes of the request line: more is 414 */
    HTTP_FIELDS_MAX = 100,                                /* header lines, */
    HTTP_HEADERS_MAX = 32 << 10,                          /* and their bytes together: more is 431 */
    HTTP_HEAD_MAX = HTTP_LINE_MAX + HTTP_HEADERS_MAX + 8, /* with this many bytes the parser always has an answer */
};

struct http_span {
    uint32_t at, n;
};

struct http_head {
    /* the request line; target is the path and the query as sent, without the scheme and host of an absolute URI */
    struct http_span method, target;
    unsigned minor; /* HTTP/1.minor */

    /* header lines in their order, values without surrounding blanks */
    struct {
        struct http_span name, value;
    } fields[HTTP_FIELDS_MAX];
    unsigned n_fields;

    /* what the header lines mean */
    uint64_t content_length; /* 0 when there is none: a request without either framing header has no body */
    bool has_length, chunked;
    bool expect_continue; /* the client waits for 100 before it sends the body */
    bool keep_alive;      /* from the version and Connection */

    /* why the request was refused: a clause for the error message */
    const char *why;

    /* progress */
    uint64_t max_body;
    uint32_t line, scan; /* start of the unfinished line; the next byte to look at */
    uint32_t headers_at; /* start of the header lines; 0: the request line is not here yet */
    unsigned hosts;
    bool skipped, close, keep;
};

void http_head_init(struct http_head *h, uint64_t max_body);
int http_head_parse(struct http_head *h, const char *p, size_t n);

/* True when the comma-separated list s[0..n) holds this word, in any case; parameters behind ';' are not looked at. */
bool http_list_has(const char *s, size_t n, const char *word);

#endif
