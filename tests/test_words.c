/* Words: golden/words.txt, the ASCII short cut against ICU, offsets, runs and grams. */
#include "base/mem.h"
#include "base/utf8.h"
#include "lang/words.h"
#include "tests/golden.h"

#include <criterion/criterion.h>
#include <stdlib.h>

/* "word word|dense|~gram": what a golden file shows of a split. */
static void shown(const char *s, size_t n, struct buf *out)
{
    struct words *w = words_new();
    words_split(w, s, n);
    for (size_t i = 0; i < w->n; i++) {
        const struct word *x = &w->list[i];
        if (i) buf_byte(out, ' ');
        if (x->flags & WORD_GRAM) buf_byte(out, '~');
        if (x->flags & WORD_NUMBER) buf_byte(out, '=');
        buf_add(out, x->text, x->n);
    }
    words_free(w);
}

Test(words, golden_file)
{
    golden_check("words", 20, shown);
}

/* ---- the short cut for ASCII gives ICU's boundaries ---- */

/* The same text with a word behind it that is not ASCII goes through ICU. */
static void compare_with_icu(struct words *a, struct words *b, const char *s, size_t n)
{
    static const char tail[] = " Ж";
    char with[256];
    memcpy(with, s, n);
    memcpy(with + n, tail, sizeof tail);
    size_t k = words_split(a, s, n), m = words_split(b, with, n + sizeof tail - 1);
    cr_assert_eq(k + 1, m, "\"%.*s\": %zu words, ICU finds %zu", (int)n, s, k, m - 1);
    for (size_t i = 0; i < k; i++) {
        const struct word *x = &a->list[i], *y = &b->list[i];
        cr_assert(x->from == y->from && x->to == y->to, "\"%.*s\": word %zu is %u..%u, ICU says %u..%u", (int)n, s, i, x->from,
                  x->to, y->from, y->to);
        cr_assert(x->n == y->n && !memcmp(x->text, y->text, x->n) && x->flags == y->flags && x->run == y->run);
    }
}

Test(words, the_ascii_short_cut_agrees_with_icu)
{
    static const char often[] = "aZ09_.,:;'\"-/ \t\r\n@#&+$%()";
    struct words *a = words_new(), *b = words_new();
    srand(7);
    for (int round = 0; round < 20000; round++) {
        char s[40];
        size_t n = (size_t)(rand() % 40);
        for (size_t i = 0; i < n; i++) s[i] = (char)(rand() % 3 ? often[(size_t)rand() % (sizeof often - 1)] : rand() % 128);
        compare_with_icu(a, b, s, n);
    }
    words_free(a);
    words_free(b);
}

Test(words, the_short_cut_agrees_on_what_shops_write)
{
    static const char *const texts[] = {"iPhone 15 Pro Max 256GB",
                                        "1,299.00 EUR",
                                        "A4/A5 80g",
                                        "men's T-shirt",
                                        "USB-C 3.1",
                                        "e.g. 10:30",
                                        "www.shop.example",
                                        "SKU: AB_12-3",
                                        "3.5''",
                                        "rock'n'roll",
                                        "__init__",
                                        "10'000",
                                        "x.1",
                                        "1.x",
                                        "a:b",
                                        "1:2",
                                        "me@shop.example",
                                        "@",
                                        "1@2",
                                        "@,1",
                                        "a;b",
                                        "1;2",
                                        ".5",
                                        "5.",
                                        "C++ / C#",
                                        ""};
    struct words *a = words_new(), *b = words_new();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) compare_with_icu(a, b, texts[i], strlen(texts[i]));
    words_free(a);
    words_free(b);
}

/* ---- what must hold for any text ---- */

static size_t random_text(char *s, size_t room)
{
    static const struct {
        uint32_t from, n;
    } blocks[] = {{'a', 26},      {'0', 10},        {' ', 16},     {0xC0, 0x100},   {0x300, 0x40},
                  {0x410, 0x40},  {0x600, 0xF0},    {0x900, 0x80}, {0xE00, 0x5C},   {0x1780, 0x80},
                  {0x3040, 0xC0}, {0x4E00, 0x1000}, {0xAC00, 500}, {0x1F300, 0x200}};
    size_t n = 0, want = (size_t)rand() % (room - 4), b = 0;
    while (n < want) {
        if (rand() % 3 == 0) b = (size_t)rand() % (sizeof blocks / sizeof *blocks);
        n += utf8_encode(blocks[b].from + (uint32_t)rand() % blocks[b].n, s + n);
    }
    return n;
}

Test(words, offsets_and_runs_hold_for_any_text)
{
    struct words *w = words_new();
    char s[300];
    srand(3);
    for (int round = 0; round < 5000; round++) {
        size_t n = random_text(s, sizeof s);
        uint32_t from = 0, run = 0;
        words_split(w, s, n);
        for (size_t i = 0; i < w->n; i++) {
            const struct word *x = &w->list[i];
            cr_assert(x->n && x->n <= WORD_MAX && utf8_valid(x->text, x->n, NULL));
            cr_assert(x->from < x->to && x->to <= n && utf8_valid(s + x->from, x->to - x->from, NULL));
            cr_assert_geq(x->run, run, "runs are counted in order");
            run = x->run;
            if (x->flags & WORD_GRAM) continue;
            cr_assert_geq(x->from, from, "words come in the order of the text");
            from = x->from;
        }
    }
    words_free(w);
}

Test(words, grams_make_any_part_of_a_run_findable)
{
    static const char title[] = "携帯電話ケース", part[] = "電話";
    struct words *w = words_new();
    bool found = false;
    words_split(w, title, strlen(title));
    for (size_t i = 0; i < w->n; i++) {
        const struct word *x = &w->list[i];
        cr_assert(x->flags & (WORD_GRAM | WORD_DENSE));
        cr_assert_eq(x->run, w->list[0].run);
        found |= x->flags & WORD_GRAM && x->n == strlen(part) && !memcmp(x->text, part, x->n);
        if (x->flags & WORD_GRAM) cr_assert(x->from == 0 && x->to == strlen(title), "grams span their run");
    }
    cr_assert(found);
    words_free(w);
}

Test(words, a_long_word_is_cut_between_characters)
{
    struct words *w = words_new();
    char s[400];
    for (int i = 0; i < 100; i++) memcpy(s + 3 * i, "\xE1\x83\x90", 3); /* Georgian an */
    cr_assert_eq(words_split(w, s, 300), 1);
    cr_assert_eq(w->list[0].n, WORD_MAX / 3 * 3);
    memset(s, 'x', sizeof s);
    cr_assert_eq(words_split(w, s, sizeof s), 1);
    cr_assert_eq(w->list[0].n, WORD_MAX);
    cr_assert_eq(w->list[0].to, sizeof s, "its offsets are those of the whole word");
    words_free(w);
}

Test(words, nothing_comes_of_nothing)
{
    static const char *const texts[] = {"", " ", "\t\r\n", "!?-—…", "_", "👟", "\xCC\x81", "\xE2\x80\x8B"};
    struct words *w = words_new();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_assert_eq(words_split(w, texts[i], strlen(texts[i])), 0, "\"%s\" has %zu words", texts[i], w->n);
    words_free(w);
    words_free(NULL);
}

Test(words, a_list_is_used_again)
{
    struct words *w = words_new();
    cr_assert_eq(words_split(w, "携帯電話 abc", strlen("携帯電話 abc")), 6);
    cr_assert_eq(words_split(w, "one two", 7), 2);
    cr_assert(!memcmp(w->list[1].text, "two", 3) && w->list[1].n == 3);
    words_free(w);
}
