/* Decodes a chunked body as it arrives, without copying: each call eats some bytes and points at the body bytes among them.
 *
 *     struct http_chunk c = {.max = max_body};
 *     while (n) {
 *         rc = http_chunk_next(&c, p, n, &used, &data, &data_n);     data lies in p[0..used)
 *         append data[0..data_n); p += used; n -= used;
 *         if (rc == 1) done; if (rc < 0) refuse with status -rc, c.why
 *     }
 *
 * Sizes are 1 to 8 hexadecimal digits. Extensions are skipped, at most 4 KB of them in one body: without that bound a client
 * could make us read hundreds of bytes for every byte of body. Trailers are checked for control bytes and dropped, at most
 * 8 KB of them. */
#ifndef SOUK_HTTP_CHUNK_H
#define SOUK_HTTP_CHUNK_H

#include <stddef.h>
#include <stdint.h>

enum { HTTP_EXTENSIONS_MAX = 4 << 10, HTTP_TRAILERS_MAX = 8 << 10 };

struct http_chunk {
    int state;
    unsigned digits;              /* of the size being read */
    uint64_t size;                /* of this chunk; then what is left of it */
    uint64_t total, max;          /* body bytes announced so far, and allowed */
    unsigned extension, trailers; /* bytes of these so far */
    const char *why;
};

/* 1: the body is complete; 0: go on; negative: -status. *used bytes were eaten (at least one when n > 0 and rc is 0). */
int http_chunk_next(struct http_chunk *c, const char *p, size_t n, size_t *used, const char **data, size_t *data_n);

#endif
