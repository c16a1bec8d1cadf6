/* The first byte says where the rest is cut in two. The parser must give the same answer for the two pieces as for the whole,
 * and every span must lie in the input. What follows a head is decoded as chunks, in two pieces and in one. */
#include "query/http_chunk.h"
#include "query/http_parse.h"
#include "query/http_uri.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { MAX_BODY = 1 << 16 };

static void need(bool ok)
{
    if (!ok) abort();
}

/* A copy that ends where the input does, so that AddressSanitizer sees a read behind it. */
static int parse_piece(struct http_head *h, const char *p, size_t n)
{
    char *copy = malloc(n ? n : 1);
    memcpy(copy, p, n);
    int rc = http_head_parse(h, copy, n);
    free(copy);
    return rc;
}

static void check_spans(const struct http_head *h, const char *p, size_t n)
{
    need(h->target.at + h->target.n <= n && h->method.at + h->method.n <= n && h->n_fields <= HTTP_FIELDS_MAX);
    for (unsigned i = 0; i < h->n_fields; i++) {
        need(h->fields[i].name.at + h->fields[i].name.n < h->fields[i].value.at + 1);
        need(h->fields[i].value.at + h->fields[i].value.n < n);
    }
    need(!(h->chunked && h->has_length) && h->content_length <= MAX_BODY);
    char *path = malloc(h->target.n + 1);
    size_t out;
    http_uri_decode(p + h->target.at, h->target.n, true, path, &out);
    free(path);
}

/* A checksum of what was decoded; stops as a server would. */
static int decode(const char *p, size_t n, size_t cut, uint64_t *sum)
{
    struct http_chunk c = {.max = MAX_BODY};
    size_t at = 0, used, data_n;
    const char *data;
    int rc = 0;
    *sum = 1469598103934665603u;
    while (rc == 0 && at < n) {
        size_t end = at < cut ? cut : n;
        rc = http_chunk_next(&c, p + at, end - at, &used, &data, &data_n);
        need(used <= end - at && (used || rc) && data >= p + at && data + data_n <= p + at + used);
        for (size_t i = 0; i < data_n; i++) *sum = (*sum ^ (uint8_t)data[i]) * 1099511628211u;
        at += used;
    }
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 2) return 0;
    const char *p = (const char *)data + 1;
    n--;
    size_t cut = data[0] * n / 255;
    struct http_head whole, pieces;
    http_head_init(&whole, MAX_BODY);
    http_head_init(&pieces, MAX_BODY);
    int rc = parse_piece(&whole, p, n), rc2 = parse_piece(&pieces, p, cut);
    if (rc2 == 0) rc2 = parse_piece(&pieces, p, n);
    need(rc == rc2);
    if (rc > 0) check_spans(&whole, p, n);
    size_t body = rc > 0 ? (size_t)rc : 0;
    uint64_t a, b;
    rc = decode(p + body, n - body, 0, &a);
    need(decode(p + body, n - body, cut < n - body ? cut : 0, &b) == rc && a == b);
    return 0;
}
