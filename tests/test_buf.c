/* Growable bytes: the invariants of buf.h, the ceiling, the sticky error. */
#include "base/buf.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void whole(const struct buf *b)
{
    cr_assert(!b->data || b->data[b->n] == 0, "a NUL stands behind the bytes");
    cr_assert(b->n <= b->max);
}

Test(buf, appends_follow_each_other)
{
    struct buf b = BUF_INIT(1000);
    buf_str(&b, "携帯");
    buf_byte(&b, ' ');
    buf_printf(&b, "%d %s", 7, "Straße");
    buf_add(&b, "\0x", 2);
    buf_add(&b, NULL, 0);
    whole(&b);
    cr_assert_eq(b.n, strlen("携帯 7 Straße") + 2);
    cr_assert(!memcmp(b.data, "携帯 7 Straße\0x", b.n));
    cr_assert(!b.failed);
    buf_release(&b);
    cr_assert(!b.data && !b.n && b.max == 1000);
}

Test(buf, an_append_past_the_ceiling_changes_nothing_and_sticks)
{
    struct buf b = BUF_INIT(5);
    buf_str(&b, "abc");
    buf_str(&b, "def");
    cr_assert(b.failed);
    cr_assert_str_eq(b.data, "abc");
    buf_str(&b, "d");
    cr_assert_str_eq(b.data, "abc", "later appends are no-ops");
    cr_assert_null(buf_room(&b, 1));
    buf_printf(&b, "%d", 1);
    cr_assert_str_eq(b.data, "abc");
    buf_clear(&b);
    cr_assert(!b.failed);
    buf_str(&b, "12345");
    cr_assert(!b.failed, "the ceiling itself is allowed");
    whole(&b);
    buf_byte(&b, '6');
    cr_assert(b.failed);
    buf_release(&b);
}

Test(buf, sizes_near_the_largest_number_do_not_wrap)
{
    struct buf b = BUF_INIT(100);
    buf_str(&b, "abc");
    cr_assert_null(buf_room(&b, SIZE_MAX));
    cr_assert(b.failed && b.n == 3);
    buf_release(&b);
}

Test(buf, room_is_writable_and_part_of_the_buf)
{
    struct buf b = BUF_INIT(1 << 20);
    for (int i = 0; i < 1000; i++) memset(buf_room(&b, (size_t)i), 'a' + i % 26, (size_t)i);
    cr_assert_eq(b.n, 999 * 1000 / 2);
    whole(&b);
    buf_release(&b);
}

Test(buf, taken_bytes_belong_to_the_caller)
{
    struct buf b = BUF_INIT(10);
    size_t n = 7;
    char *s = buf_take(&b, &n);
    cr_assert_str_eq(s, "");
    cr_assert_eq(n, 0);
    free(s);
    buf_str(&b, "abc");
    s = buf_take(&b, NULL);
    cr_assert_str_eq(s, "abc");
    cr_assert(!b.data && !b.n && b.max == 10);
    buf_str(&b, "next");
    cr_assert_str_eq(b.data, "next");
    free(s);
    buf_release(&b);
}
