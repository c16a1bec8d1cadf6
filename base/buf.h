/* Growable bytes with a ceiling and a sticky error.
 *
 *     struct buf b = BUF_INIT(1 << 20);
 *     buf_str(&b, "id "); buf_printf(&b, "%u", 7);
 *     if (b.failed) ...                      checked once, at the end
 *     buf_release(&b);
 *
 * Invariants: data is NULL or holds n + 1 bytes, the last one NUL; n <= max. An append that would pass max sets
 * `failed` and changes nothing; every later append is then a no-op until buf_clear. */
#ifndef SOUK_BUF_H
#define SOUK_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *data;
    size_t n, cap, max;
    bool failed;
};
#define BUF_INIT(limit)                                                                                                          \
    {                                                                                                                            \
        NULL, 0, 0, (limit), false                                                                                               \
    }

void buf_add(struct buf *b, const void *p, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_byte(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *buf_room(struct buf *b, size_t n); /* n writable bytes behind the end, now part of the buf; NULL when failed */
void buf_clear(struct buf *b);           /* empties and forgives; keeps the memory */
void buf_release(struct buf *b);
char *buf_take(struct buf *b, size_t *n); /* hands the bytes over (free() them); the buf is empty again */

#endif
