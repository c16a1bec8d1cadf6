/* Bit sets against arrays of bool; numbers in few bytes. */
#include "base/bits.h"
#include "base/varint.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { MAX = 200 };

static void fill_random(uint64_t *b, bool *model, uint32_t n)
{
    memset(b, 0, bits_words(MAX) * 8);
    for (uint32_t i = 0; i < n; i++)
        if ((model[i] = rand() % 3 == 0)) bits_set(b, i);
}
static void same(const uint64_t *b, const bool *model, uint32_t n)
{
    uint32_t count = 0, next;
    struct bits_iter it = bits_begin(b, n);
    for (uint32_t i = 0; i < n; i++) {
        cr_assert_eq(bits_get(b, i), model[i], "bit %u of %u", i, n);
        if (!model[i]) continue;
        count++;
        next = bits_next(&it);
        cr_assert_eq(next, i);
    }
    cr_assert_eq(bits_next(&it), UINT32_MAX);
    cr_assert_eq(bits_next(&it), UINT32_MAX, "the end stays the end");
    cr_assert_eq(bits_count(b, n), count);
}

Test(bits, agree_with_an_array_of_bool)
{
    uint64_t a[4], b[4];
    bool x[MAX] = {0}, y[MAX] = {0}, z[MAX];
    for (uint32_t n = 0; n < MAX; n++) {
        fill_random(a, x, n);
        fill_random(b, y, n);
        same(a, x, n);
        bits_and(a, b, n);
        for (uint32_t i = 0; i < n; i++) z[i] = x[i] && y[i];
        same(a, z, n);
        fill_random(a, x, n);
        bits_or(a, b, n);
        for (uint32_t i = 0; i < n; i++) z[i] = x[i] || y[i];
        same(a, z, n);
        bits_andnot(a, b, n);
        for (uint32_t i = 0; i < n; i++) z[i] = z[i] && !y[i];
        same(a, z, n);
    }
}

Test(bits, fill_sets_no_bit_past_the_end)
{
    for (uint32_t n = 0; n < MAX; n++) {
        uint64_t b[5] = {0};
        bits_fill(b, n);
        cr_assert_eq(bits_count(b, n), n);
        cr_assert_eq(bits_count(b, 5 * 64), n, "n = %u", n);
        if (!n) continue;
        bits_del(b, n / 2);
        cr_assert_eq(bits_count(b, n), n - 1);
    }
}

Test(varint, every_length_survives_the_round_trip)
{
    struct buf b = BUF_INIT(100);
    for (unsigned bit = 0; bit < 64; bit++)
        for (int off = -1; off <= 1; off++) {
            uint64_t v = (1ull << bit) + (uint64_t)off, back = 1;
            buf_clear(&b);
            varint_put(&b, v);
            const uint8_t *p = (const uint8_t *)b.data, *end = p + b.n;
            cr_assert(varint_get(&p, end, &back) && back == v && p == end);
            for (size_t cut = 0; cut < b.n; cut++) {
                p = (const uint8_t *)b.data;
                cr_assert_not(varint_get(&p, p + cut, &back), "accepted when cut");
            }
        }
    buf_release(&b);
}

Test(varint, more_than_64_bits_are_refused)
{
    static const uint8_t s[] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01};
    const uint8_t *p = s;
    uint64_t v;
    cr_assert_not(varint_get(&p, s + sizeof s, &v));
}
