/* Memory with the lifetime of one request or one batch: allocate as you go, free all of it at once.
 *
 *     struct arena a = ARENA_INIT;
 *     char *s = arena_strn(&a, text, n);
 *     arena_clear(&a);                       keeps the largest block, so a warm arena stops calling malloc
 *     arena_release(&a);
 *
 * Not thread-safe; one arena a thread. Blocks are chained; a pointer stays valid until clear or release. */
#ifndef SOUK_ARENA_H
#define SOUK_ARENA_H

#include <stddef.h>

struct arena_block;
struct arena {
    struct arena_block *head; /* the block in use; older and full ones behind it */
    size_t used;              /* bytes of head in use */
};
#define ARENA_INIT                                                                                                               \
    {                                                                                                                            \
        0                                                                                                                        \
    }

void *arena_alloc(struct arena *a, size_t n); /* 16-byte aligned, not zeroed */
void *arena_zero(struct arena *a, size_t n);
void *arena_dup(struct arena *a, const void *p, size_t n);
char *arena_strn(struct arena *a, const char *s, size_t n); /* copy with a NUL behind it */
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3), nonnull(2)));
void arena_clear(struct arena *a);
void arena_release(struct arena *a);

#define ARENA_NEW(a, type, n) ((type *)arena_alloc((a), (size_t)(n) * sizeof(type)))

#endif
