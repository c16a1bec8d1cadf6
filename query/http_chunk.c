/* One state for each place between two bytes:
 *
 *     SIZE  1a;ext=1 CR LF    DATA  26 bytes    AFTER CR LF    SIZE 0 CR LF    TRAILER  Name: value CR LF    CR LF
 *           |  |     |  SIZE_LF                 |  AFTER_LF                    |  (start of a line)          |  END_LF
 *           |  EXTENSION                                                       IN_TRAILER, TRAILER_LF
 */
#include "query/http_chunk.h"

#include "query/http_uri.h"

#include <stdbool.h>

enum state { SIZE, EXTENSION, SIZE_LF, DATA, AFTER, AFTER_LF, TRAILER, IN_TRAILER, TRAILER_LF, END_LF, END };

static int refuse(struct http_chunk *c, int status, const char *why)
{
    c->why = why;
    return -status;
}

static int go(struct http_chunk *c, enum state next)
{
    c->state = next;
    return 0;
}

static bool is_text(char c)
{
    unsigned char u = (unsigned char)c;
    return (u >= ' ' && u != 0x7F) || u == '\t';
}

static int size_byte(struct http_chunk *c, char b)
{
    int digit = http_hex(b);
    if (digit >= 0 && c->digits < 8) {
        c->size = c->size << 4 | (uint64_t)digit;
        c->digits++;
        return 0;
    }
    if (!c->digits || (b != ';' && b != '\r')) return refuse(c, 400, "a chunk size is not a number");
    if (c->size > c->max - c->total) return refuse(c, 413, "the body is longer than this server takes");
    c->total += c->size;
    return go(c, b == ';' ? EXTENSION : SIZE_LF);
}

static int extension_byte(struct http_chunk *c, char b)
{
    if (b == '\r') return go(c, SIZE_LF);
    if (!is_text(b)) return refuse(c, 400, "there is a control byte in a chunk extension");
    return ++c->extension > HTTP_EXTENSIONS_MAX ? refuse(c, 400, "the chunk extensions are longer than 4 KB") : 0;
}

static int trailer_byte(struct http_chunk *c, char b)
{
    if (b == '\r') return go(c, c->state == TRAILER ? END_LF : TRAILER_LF);
    if (!is_text(b)) return refuse(c, 400, "there is a control byte in a trailer");
    if (++c->trailers > HTTP_TRAILERS_MAX) return refuse(c, 431, "the trailers are longer than 8 KB");
    return go(c, IN_TRAILER);
}

static int expect(struct http_chunk *c, char b, char wanted, enum state next)
{
    return b == wanted ? go(c, next) : refuse(c, 400, "a chunk does not end in CRLF");
}

static int size_done(struct http_chunk *c, char b)
{
    c->digits = 0;
    return expect(c, b, '\n', c->size ? DATA : TRAILER);
}

static int framing_byte(struct http_chunk *c, char b)
{
    switch ((enum state)c->state) {
    case SIZE: return size_byte(c, b);
    case EXTENSION: return extension_byte(c, b);
    case SIZE_LF: return size_done(c, b);
    case AFTER: return expect(c, b, '\r', AFTER_LF);
    case AFTER_LF: return expect(c, b, '\n', SIZE);
    case TRAILER:
    case IN_TRAILER: return trailer_byte(c, b);
    case TRAILER_LF: return expect(c, b, '\n', TRAILER);
    case END_LF: return expect(c, b, '\n', END);
    default: return 0;
    }
}

int http_chunk_next(struct http_chunk *c, const char *p, size_t n, size_t *used, const char **data, size_t *data_n)
{
    size_t i = 0;
    int rc = 0;
    while (i < n && rc == 0 && c->state != DATA && c->state != END) rc = framing_byte(c, p[i++]);
    *data = p + i;
    *data_n = 0;
    if (rc == 0 && c->state == DATA) {
        *data_n = n - i < c->size ? n - i : (size_t)c->size;
        i += *data_n;
        if ((c->size -= *data_n) == 0) c->state = AFTER;
    }
    *used = i;
    return rc == 0 && c->state == END ? 1 : rc;
}
