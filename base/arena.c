#include "base/arena.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 16 << 10, ALIGN = 16 };

struct arena_block {
    struct arena_block *next;
    size_t cap;
    char data[] __attribute__((aligned(ALIGN)));
};

static void add_block(struct arena *a, size_t n)
{
    size_t cap = a->head ? a->head->cap * 2 : FIRST_BLOCK;
    if (cap < n) cap = n;
    struct arena_block *b = xmalloc(sizeof *b + cap);
    b->next = a->head;
    b->cap = cap;
    a->head = b;
    a->used = 0;
}

void *arena_alloc(struct arena *a, size_t n)
{
    n = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (!a->head || a->head->cap - a->used < n) add_block(a, n);
    void *p = a->head->data + a->used;
    a->used += n;
    return p;
}

void *arena_zero(struct arena *a, size_t n)
{
    return memset(arena_alloc(a, n), 0, n);
}

void *arena_dup(struct arena *a, const void *p, size_t n)
{
    void *q = arena_alloc(a, n);
    if (n) memcpy(q, p, n);
    return q;
}

char *arena_strn(struct arena *a, const char *s, size_t n)
{
    char *t = arena_alloc(a, n + 1);
    if (n) memcpy(t, s, n);
    t[n] = 0;
    return t;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *s = arena_alloc(a, (size_t)n + 1);
    vsnprintf(s, (size_t)n + 1, fmt, again);
    va_end(again);
    return s;
}

static void free_blocks(struct arena_block *b)
{
    while (b) {
        struct arena_block *next = b->next;
        free(b);
        b = next;
    }
}

void arena_clear(struct arena *a)
{
    if (!a->head) return;
    free_blocks(a->head->next); /* blocks double, so the head is the largest */
    a->head->next = NULL;
    a->used = 0;
}

void arena_release(struct arena *a)
{
    free_blocks(a->head);
    *a = (struct arena)ARENA_INIT;
}
