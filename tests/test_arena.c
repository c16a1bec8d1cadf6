/* Memory that goes all at once: alignment, stability, reuse. */
#include "base/arena.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

Test(arena, pieces_are_aligned_and_do_not_overlap)
{
    enum { N = 2000 };
    struct arena a = ARENA_INIT;
    unsigned char *p[N];
    for (size_t i = 0; i < N; i++) {
        p[i] = arena_alloc(&a, i % 97);
        cr_assert_eq((uintptr_t)p[i] % 16, 0);
        memset(p[i], (int)(i % 251), i % 97);
    }
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < i % 97; k++) cr_assert_eq(p[i][k], i % 251, "piece %zu was written over", i);
    arena_release(&a);
}

Test(arena, a_piece_larger_than_any_block_is_fine)
{
    struct arena a = ARENA_INIT;
    char *small = arena_strn(&a, "small", 5);
    char *large = arena_zero(&a, 10 << 20);
    large[(10 << 20) - 1] = 1;
    cr_assert_str_eq(small, "small", "older pieces stay where they are");
    arena_release(&a);
}

Test(arena, copies_are_equal_and_terminated)
{
    struct arena a = ARENA_INIT;
    cr_assert_str_eq(arena_strn(&a, "كتاب و", strlen("كتاب")), "كتاب");
    cr_assert_str_eq(arena_strn(&a, NULL, 0), "");
    cr_assert_str_eq(arena_printf(&a, "%s-%03d", "x", 7), "x-007");
    cr_assert(!memcmp(arena_dup(&a, "a\0b", 3), "a\0b", 3));
    char *z = arena_zero(&a, 100);
    for (int i = 0; i < 100; i++) cr_assert_eq(z[i], 0);
    arena_release(&a);
}

Test(arena, a_cleared_arena_uses_its_largest_block_again)
{
    struct arena a = ARENA_INIT;
    for (int i = 0; i < 100; i++) arena_alloc(&a, 10000);
    struct arena_block *head = a.head;
    for (int round = 0; round < 10; round++) {
        arena_clear(&a);
        cr_assert_eq(a.used, 0);
        arena_alloc(&a, 10000);
        cr_assert_eq(a.head, head, "no new block");
    }
    arena_release(&a);
    arena_clear(&a);
    cr_assert_null(a.head);
    arena_release(&a);
}
