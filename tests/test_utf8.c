/* UTF-8: every scalar value there and back, nothing else accepted. */
#include "base/utf8.h"

#include <criterion/criterion.h>
#include <string.h>

Test(utf8, every_scalar_value_survives_the_round_trip)
{
    for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
        char s[4];
        uint32_t back = UINT32_MAX;
        if (cp >= 0xD800 && cp <= 0xDFFF) continue;
        size_t n = utf8_encode(cp, s);
        size_t want = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
        bool good = n == want && utf8_decode(s, n, &back) == n && back == cp;
        for (size_t cut = 1; good && cut < n; cut++) good = !utf8_decode(s, cut, &back);
        if (!good) cr_assert(false, "U+%04X became U+%04X", cp, back); /* asserting a million times takes seconds */
    }
}

static const struct bad {
    const char *name, *s;
    size_t at;
} bads[] = {
    {"a tail byte alone", "ab\x80", 2},
    {"overlong slash in two", "\xC0\xAF", 0},
    {"overlong in two", "\xC1\xBF", 0},
    {"overlong in three", "\xE0\x9F\xBF", 0},
    {"overlong in four", "\xF0\x8F\xBF\xBF", 0},
    {"a surrogate", "x\xED\xA0\x80", 1},
    {"the last surrogate", "\xED\xBF\xBF", 0},
    {"above U+10FFFF", "\xF4\x90\x80\x80", 0},
    {"five bytes", "\xF8\x88\x80\x80\x80", 0},
    {"FE", "\xFE", 0},
    {"cut at the end", "Stra\xC3", 4},
    {"a letter inside", "\xE3\x81x", 0},
    {"Latin-1", "caf\xE9 noir", 3},
};
Test(utf8, ill_formed_text_is_named)
{
    for (const struct bad *r = bads; r < bads + sizeof bads / sizeof *bads; r++) {
        size_t at = 99;
        cr_assert_not(utf8_valid(r->s, strlen(r->s), &at), "%s", r->name);
        cr_assert_eq(at, r->at, "%s: at %zu", r->name, at);
        cr_assert_not(utf8_valid(r->s, strlen(r->s), NULL));
    }
}

Test(utf8, well_formed_text_is_accepted)
{
    static const char s[] = "a é ß 携帯 ไทย 👟 \xED\x9F\xBF \xEE\x80\x80 \xF4\x8F\xBF\xBF \0 b";
    cr_assert(utf8_valid(s, sizeof s, NULL));
    cr_assert(utf8_valid("", 0, NULL));
}

Test(utf8, floor_never_cuts_a_character)
{
    const char *s = "aé携👟";
    static const size_t want[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10, 10};
    for (size_t n = 0; n < sizeof want / sizeof *want; n++)
        cr_assert_eq(utf8_floor(s, strlen(s), n), want[n], "%zu gave %zu", n, utf8_floor(s, strlen(s), n));
}

Test(utf8, chars_counts_characters_not_bytes)
{
    const char *s = "aé携👟";
    static const size_t want[] = {0, 1, 3, 6, 10, 10};
    for (size_t n = 0; n < sizeof want / sizeof *want; n++) cr_assert_eq(utf8_chars(s, strlen(s), n), want[n]);
}
