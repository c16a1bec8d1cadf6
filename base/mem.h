/* Allocation that cannot fail.
 *
 * Every size that comes from outside is bounded before memory is asked for, so running out means the machine is out.
 * Then the process ends with one sentence: what was committed to LMDB is safe, exactly as after kill -9, and no
 * function above has to carry a branch that nobody can test. */
#ifndef SOUK_MEM_H
#define SOUK_MEM_H

#include <stddef.h>

void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size);           /* zeroed; aborts when n * size overflows */
void *xrealloc(void *p, size_t n, size_t size); /* room for n items of size bytes; aborts on overflow */
void *xaligned(size_t align, size_t n);         /* n is rounded up to a multiple of align; release with free() */
void *xtable(size_t n); /* n zeroed bytes to be read and written all over: on huge pages where there are any; free() */
void *xmemdup(const void *p, size_t n);
char *xstrdup(const char *s);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Grows *arr (items of size bytes, *cap of them) until it holds at least n; doubles, so pushes are amortised O(1). */
void xgrow(void *arr, size_t *cap, size_t n, size_t size);

#endif
