/* A head is lines; a line is looked at once, when its CRLF is here. find_line moves over bytes and refuses those that no line
 * may hold; request_line and field_line then see text without control bytes. What the framing headers mean together is
 * decided at the empty line, in finish. */
#include "query/http_parse.h"

#include <string.h>
#include <strings.h>

static const bool token_char[256] = {
    ['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['!'] = true, ['#'] = true, ['$'] = true,
    ['%'] = true,         ['&'] = true,         ['\''] = true,        ['*'] = true, ['+'] = true, ['-'] = true,
    ['.'] = true,         ['^'] = true,         ['_'] = true,         ['`'] = true, ['|'] = true, ['~'] = true,
};

void http_head_init(struct http_head *h, uint64_t max_body)
{
    memset(&h->n_fields, 0, sizeof *h - offsetof(struct http_head, n_fields)); /* the rest is written before it is read */
    h->max_body = max_body;
}

static int refuse(struct http_head *h, int status, const char *why)
{
    h->why = why;
    return -status;
}

static bool is(const char *s, size_t n, const char *word)
{
    return n == strlen(word) && strncasecmp(s, word, n) == 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct http_span trim(const char *p, uint32_t at, uint32_t end)
{
    while (at < end && is_blank(p[at])) at++;
    while (end > at && is_blank(p[end - 1])) end--;
    return (struct http_span){at, end - at};
}

bool http_list_has(const char *s, size_t n, const char *word)
{
    for (size_t i = 0; i < n;) {
        const char *comma = memchr(s + i, ',', n - i);
        size_t end = comma ? (size_t)(comma - s) : n;
        const char *semi = memchr(s + i, ';', end - i);
        struct http_span t = trim(s, (uint32_t)i, (uint32_t)(semi ? (size_t)(semi - s) : end));
        if (is(s + t.at, t.n, word)) return true;
        i = end + 1;
    }
    return false;
}

/* ---- lines ---- */

/* 1: the line h->line .. *end (where its CR is) is complete; 0: not yet; negative: refused. */
static int find_line(struct http_head *h, const char *p, size_t n, uint32_t *end)
{
    uint32_t limit = h->headers_at ? h->headers_at + HTTP_HEADERS_MAX : h->line + HTTP_LINE_MAX;
    uint32_t stop = n < limit ? (uint32_t)n : limit, i = h->scan;
    for (; i < stop; i++) {
        unsigned char c = (unsigned char)p[i];
        if ((c >= ' ' && c != 0x7F) || c == '\t') continue;
        if (c != '\r') return refuse(h, 400, c == '\n' ? "a line ends in LF without CR" : "the request holds a control byte");
        if (i + 1 == n) break;
        if (p[i + 1] != '\n') return refuse(h, 400, "the request holds a CR without LF");
        *end = i;
        h->scan = i + 2;
        return 1;
    }
    h->scan = i;
    if (i < limit) return 0;
    return h->headers_at ? refuse(h, 431, "the header lines are longer than 32 KB together")
                         : refuse(h, 414, "the request line is longer than 8 KB");
}

/* ---- the request line ---- */

static int version(struct http_head *h, const char *p, size_t n)
{
    bool form = n == 8 && memcmp(p, "HTTP/", 5) == 0 && p[5] >= '0' && p[5] <= '9' && p[6] == '.' && p[7] >= '0' && p[7] <= '9';
    if (!form) return refuse(h, 400, "the request line does not end in HTTP/1.1");
    if (p[5] != '1' || p[7] > '1') return refuse(h, 505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
    h->minor = (unsigned)(p[7] - '0');
    return 0;
}

/* Where the path begins in an absolute URI, 0 in any other target, n when the URI has no path. */
static uint32_t skip_authority(const char *s, uint32_t n)
{
    uint32_t i = 0;
    if (n > 7 && strncasecmp(s, "http://", 7) == 0) i = 7;
    if (n > 8 && strncasecmp(s, "https://", 8) == 0) i = 8;
    while (i && i < n && s[i] != '/') i = s[i] == '?' ? n : i + 1;
    return i;
}

/* Origin form "/path?query", "*" for OPTIONS, or the absolute form. */
static int target(struct http_head *h, const char *p, uint32_t at, uint32_t n)
{
    const char *s = p + at;
    if (memchr(s, '#', n) || memchr(s, '\t', n)) return refuse(h, 400, "the target holds a '#' or a tab");
    uint32_t skip = skip_authority(s, n);
    bool star = n == 1 && *s == '*' && is(p + h->method.at, h->method.n, "OPTIONS");
    if (!star && (skip >= n || s[skip] != '/')) return refuse(h, 400, "the target does not begin with '/'");
    h->target = (struct http_span){at + skip, n - skip};
    return 0;
}

static int request_line(struct http_head *h, const char *p, uint32_t at, uint32_t end)
{
    uint32_t i = at;
    while (i < end && token_char[(unsigned char)p[i]]) i++;
    if (i == at || i == end || p[i] != ' ') return refuse(h, 400, "the request line does not begin with a method and a space");
    h->method = (struct http_span){at, i - at};
    const char *space = memchr(p + i + 1, ' ', end - i - 1);
    if (!space) return refuse(h, 400, "the request line is not METHOD TARGET HTTP/1.1");
    uint32_t second = (uint32_t)(space - p);
    int rc = version(h, p + second + 1, end - second - 1);
    return rc ? rc : target(h, p, i + 1, second - i - 1);
}

/* ---- header lines ---- */

static int host(struct http_head *h, const char *v, size_t n)
{
    if (h->hosts++) return refuse(h, 400, "there is more than one Host");
    for (size_t i = 0; i < n; i++)
        if (strchr(" \t,/@?#\\\"<>", v[i])) return refuse(h, 400, "Host is not a host name");
    return 0;
}

static int content_length(struct http_head *h, const char *v, size_t n)
{
    if (h->has_length) return refuse(h, 400, "there is more than one Content-Length");
    if (!n || n > 18) return refuse(h, 400, "Content-Length is not a number"); /* 18 digits fit in 64 bits */
    uint64_t x = 0;
    for (size_t i = 0; i < n; i++) {
        if (v[i] < '0' || v[i] > '9') return refuse(h, 400, "Content-Length is not a number");
        x = x * 10 + (uint64_t)(v[i] - '0');
    }
    h->content_length = x;
    h->has_length = true;
    return 0;
}

static int transfer_encoding(struct http_head *h, const char *v, size_t n)
{
    if (h->chunked) return refuse(h, 400, "there is more than one Transfer-Encoding");
    if (!is(v, n, "chunked")) return refuse(h, 501, "chunked is the only transfer coding known here");
    h->chunked = true;
    return 0;
}

static int expect(struct http_head *h, const char *v, size_t n)
{
    if (!is(v, n, "100-continue")) return refuse(h, 417, "100-continue is the only expectation known here");
    h->expect_continue = true;
    return 0;
}

static int connection(struct http_head *h, const char *v, size_t n)
{
    h->close |= http_list_has(v, n, "close");
    h->keep |= http_list_has(v, n, "keep-alive");
    return 0;
}

static int known_field(struct http_head *h, const char *name, size_t nn, const char *v, size_t n)
{
    switch (nn) { /* most names are settled by their length */
    case 4: return is(name, nn, "Host") ? host(h, v, n) : 0;
    case 6: return is(name, nn, "Expect") ? expect(h, v, n) : 0;
    case 10: return is(name, nn, "Connection") ? connection(h, v, n) : 0;
    case 14: return is(name, nn, "Content-Length") ? content_length(h, v, n) : 0;
    case 17: return is(name, nn, "Transfer-Encoding") ? transfer_encoding(h, v, n) : 0;
    default: return 0;
    }
}

static int field_line(struct http_head *h, const char *p, uint32_t at, uint32_t end)
{
    if (h->n_fields == HTTP_FIELDS_MAX) return refuse(h, 431, "there are more than 100 header lines");
    uint32_t colon = at;
    while (colon < end && token_char[(unsigned char)p[colon]]) colon++;
    if (colon == at || colon == end || p[colon] != ':') return refuse(h, 400, "a header line is not \"Name: value\"");
    struct http_span value = trim(p, colon + 1, end), name = {at, colon - at};
    h->fields[h->n_fields].name = name;
    h->fields[h->n_fields++].value = value;
    return known_field(h, p + name.at, name.n, p + value.at, value.n);
}

/* ---- all of it ---- */

static int finish(struct http_head *h)
{
    if (h->minor == 1 && !h->hosts) return refuse(h, 400, "there is no Host");
    if (h->chunked && h->has_length) return refuse(h, 400, "there are both Content-Length and Transfer-Encoding");
    if (h->chunked && h->minor == 0) return refuse(h, 400, "HTTP/1.0 has no Transfer-Encoding");
    if (h->content_length > h->max_body) return refuse(h, 413, "the body is longer than this server takes");
    h->keep_alive = !h->close && (h->minor == 1 || h->keep);
    h->expect_continue = h->expect_continue && h->minor == 1 && (h->chunked || h->content_length);
    return (int)h->line;
}

int http_head_parse(struct http_head *h, const char *p, size_t n)
{
    uint32_t end;
    int rc;
    while ((rc = find_line(h, p, n, &end)) > 0) {
        uint32_t at = h->line;
        h->line = end + 2;
        if (h->headers_at) {
            if (at == end) return finish(h);
            rc = field_line(h, p, at, end);
        } else if (at == end && !h->skipped) {
            h->skipped = true;
        } else {
            rc = request_line(h, p, at, end);
            h->headers_at = h->line;
        }
        if (rc < 0) return rc;
    }
    return rc;
}
