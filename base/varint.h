/* LEB128: seven bits a byte, low bits first, the top bit says that more follow. Reading never passes `end`. */
#ifndef SOUK_VARINT_H
#define SOUK_VARINT_H

#include "base/buf.h"

#include <stddef.h>
#include <stdint.h>

static inline void varint_put(struct buf *b, uint64_t v)
{
    char t[10];
    size_t n = 0;
    for (; v >= 0x80; v >>= 7) t[n++] = (char)(v | 0x80);
    t[n++] = (char)v;
    buf_add(b, t, n);
}

/* Reads one number at *p and moves *p behind it; false when it is cut short or longer than 64 bits. */
static inline bool varint_get(const uint8_t **p, const uint8_t *end, uint64_t *v)
{
    uint64_t x = 0;
    for (unsigned shift = 0; shift < 64 && *p < end; shift += 7) {
        uint8_t c = *(*p)++;
        x |= (uint64_t)(c & 0x7F) << shift;
        if (!(c & 0x80)) {
            *v = x;
            return true;
        }
    }
    return false;
}

#endif
