#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static _Noreturn void out_of_memory(size_t n)
{
    fprintf(stderr, "souk: out of memory asking for %zu bytes\n", n);
    abort();
}

static size_t product(size_t n, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes)) out_of_memory(n);
    return bytes;
}

void *xmalloc(size_t n)
{
    void *p = malloc(n ? n : 1);
    if (!p) out_of_memory(n);
    return p;
}

void *xcalloc(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size ? size : 1);
    if (!p) out_of_memory(n);
    return p;
}

void *xrealloc(void *p, size_t n, size_t size)
{
    size_t bytes = product(n, size);
    p = realloc(p, bytes ? bytes : 1);
    if (!p) out_of_memory(bytes);
    return p;
}

void *xaligned(size_t align, size_t n)
{
    n = n ? (n + align - 1) / align * align : align;
    void *p = aligned_alloc(align, n);
    if (!p) out_of_memory(n);
    return p;
}

/* A table larger than the TLB reaches costs a miss a look, and, fresh from calloc, two page faults a page. */
void *xtable(size_t n)
{
    enum { HUGE_PAGE = 2 << 20 };
    if (n < HUGE_PAGE) return xcalloc(n, 1);
    void *p = xaligned(HUGE_PAGE, n);
    madvise(p, n, MADV_HUGEPAGE); /* a wish */
    return memset(p, 0, n);
}

void *xmemdup(const void *p, size_t n)
{
    void *q = xmalloc(n);
    if (n) memcpy(q, p, n);
    return q;
}

char *xstrdup(const char *s)
{
    return xmemdup(s, strlen(s) + 1);
}

char *xasprintf(const char *fmt, ...)
{
    char *s;
    va_list ap;
    va_start(ap, fmt);
    int n = vasprintf(&s, fmt, ap);
    va_end(ap);
    if (n < 0) out_of_memory(0);
    return s;
}

void xgrow(void *arr, size_t *cap, size_t n, size_t size)
{
    if (n <= *cap) return;
    size_t want = *cap ? *cap * 2 : 16;
    if (want < n) want = n;
    void *p;
    memcpy(&p, arr, sizeof p); /* arr is a `T **` of any T */
    p = xrealloc(p, want, size);
    memcpy(arr, &p, sizeof p);
    *cap = want;
}
