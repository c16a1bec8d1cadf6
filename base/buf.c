#include "base/buf.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(struct buf *b, size_t n)
{
    if (b->failed || n > b->max - b->n) {
        b->failed = true;
        return false;
    }
    xgrow(&b->data, &b->cap, b->n + n + 1, 1);
    return true;
}

char *buf_room(struct buf *b, size_t n)
{
    if (!reserve(b, n)) return NULL;
    char *p = b->data + b->n;
    b->n += n;
    b->data[b->n] = 0;
    return p;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
    char *to = buf_room(b, n);
    if (to && n) memcpy(to, p, n);
}

void buf_str(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_byte(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *to = n < 0 ? NULL : buf_room(b, (size_t)n);
    if (to) vsnprintf(to, (size_t)n + 1, fmt, again);
    va_end(again);
}

void buf_clear(struct buf *b)
{
    b->n = 0;
    b->failed = false;
    if (b->data) b->data[0] = 0;
}

void buf_release(struct buf *b)
{
    free(b->data);
    *b = (struct buf)BUF_INIT(b->max);
}

char *buf_take(struct buf *b, size_t *n)
{
    char *p = b->data ? b->data : xstrdup("");
    if (n) *n = b->n;
    *b = (struct buf)BUF_INIT(b->max);
    return p;
}
