/* The normal form: golden/fold.txt, and what must hold for any text. */
#include "base/utf8.h"
#include "lang/fold.h"
#include "tests/golden.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <unicode/uchar.h>

static void folded(const char *s, size_t n, struct buf *out)
{
    fold(s, n, out);
}

Test(fold, golden_file)
{
    golden_check("fold", 40, folded);
}

/* Letters and marks of a few scripts more often than all the rest: that is where the rules are. */
static uint32_t any_char(void)
{
    static const struct {
        uint32_t from, n;
    } blocks[] = {{' ', 95},     {0xC0, 0x180}, {0x300, 0x70},   {0x370, 0x90},   {0x400, 0x100},   {0x590, 0x60},
                  {0x600, 0x60}, {0x640, 0x30}, {0x670, 0x90},   {0x900, 0x80},   {0xE00, 0x60},    {0x1E00, 0x200},
                  {0x3040, 192}, {0xAC00, 500}, {0xFB50, 0x2B0}, {0xFE70, 0x180}, {0x1D400, 0x400}, {0x20D0, 0x20}};
    uint32_t c;
    if (rand() % 4) {
        size_t b = (size_t)rand() % (sizeof blocks / sizeof *blocks);
        return blocks[b].from + (uint32_t)rand() % blocks[b].n;
    }
    do c = (uint32_t)rand() % 0x110000;
    while (c >= 0xD800 && c <= 0xDFFF);
    return c;
}

Test(fold, folding_twice_is_folding_once)
{
    struct buf once = BUF_INIT(1 << 20), twice = BUF_INIT(1 << 20);
    srand(1);
    for (int round = 0; round < 60000; round++) {
        char s[64];
        size_t n = 0;
        for (int k = 1 + rand() % 8; k; k--) n += utf8_encode(any_char(), s + n);
        buf_clear(&once);
        buf_clear(&twice);
        fold(s, n, &once);
        fold(once.data, once.n, &twice);
        cr_assert(utf8_valid(once.data, once.n, NULL));
        cr_assert(once.n == twice.n && !memcmp(once.data, twice.data, once.n), "\"%.*s\" became \"%s\", then \"%s\"", (int)n, s,
                  once.data, twice.data);
    }
    buf_release(&once);
    buf_release(&twice);
}

Test(fold, every_single_character_is_stable)
{
    struct buf once = BUF_INIT(1 << 20), twice = BUF_INIT(1 << 20);
    for (uint32_t c = 1; c <= 0x10FFFF; c++) {
        char s[4];
        if (c == 0xD800) c = 0xE000;
        buf_clear(&once);
        buf_clear(&twice);
        fold(s, utf8_encode(c, s), &once);
        if (once.n) fold(once.data, once.n, &twice);
        if (once.n != twice.n || (once.n && memcmp(once.data, twice.data, once.n))) cr_assert(false, "U+%04X", c);
    }
    buf_release(&once);
    buf_release(&twice);
}

Test(fold, digits_of_every_script_are_the_same_digit)
{
    struct buf b = BUF_INIT(100);
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        char s[4];
        if (u_charType((UChar32)c) != U_DECIMAL_DIGIT_NUMBER) continue;
        buf_clear(&b);
        fold(s, utf8_encode(c, s), &b);
        cr_assert(b.n == 1 && b.data[0] == '0' + u_charDigitValue((UChar32)c), "U+%04X became \"%s\"", c, b.data);
    }
    buf_release(&b);
}

Test(fold, long_text_goes_the_same_way_as_short_text)
{
    struct buf text = BUF_INIT(1 << 20), want = BUF_INIT(1 << 20), got = BUF_INIT(1 << 20);
    for (int i = 0; i < 5000; i++) {
        buf_str(&text, "Größe Ｌ ﷺ ");
        fold("Größe Ｌ ﷺ ", strlen("Größe Ｌ ﷺ "), &want);
    }
    fold(text.data, text.n, &got);
    cr_assert(got.n == want.n && !memcmp(got.data, want.data, got.n));
    buf_release(&text);
    buf_release(&want);
    buf_release(&got);
}

Test(fold, a_full_buffer_fails_and_stays_within_its_ceiling)
{
    struct buf b = BUF_INIT(8);
    fold("abcdefghi", 9, &b);
    cr_assert(b.failed);
    buf_clear(&b);
    fold("ßßßßßßß", 14, &b);
    cr_assert(b.failed && b.n <= 8);
    buf_release(&b);
}
