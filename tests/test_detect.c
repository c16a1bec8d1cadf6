/* Script and language: golden/detect.txt, and what must hold for any text. */
#include "base/utf8.h"
#include "lang/detect.h"
#include "tests/golden.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static void detected(const char *s, size_t n, struct buf *out)
{
    struct language l = detect(s, n);
    buf_printf(out, "%s %s", l.code, l.script);
}

Test(detect, golden_file)
{
    golden_check("detect", 40, detected);
}

Test(detect, certainty_is_a_share_and_none_for_what_cannot_be_told)
{
    static const char *const texts[] = {"",
                                        "12345",
                                        "XL",
                                        "Sneaker Rondo",
                                        "Schuhe für Damen und Herren",
                                        "携帯電話ケース",
                                        "手机",
                                        "รองเท้า",
                                        "👟",
                                        "Кроссовки для бега",
                                        "كتاب"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct language l = detect(texts[i], strlen(texts[i]));
        cr_assert(l.certainty >= 0 && l.certainty <= 1, "%s: %f", texts[i], (double)l.certainty);
        cr_assert_eq(l.certainty == 0, !strcmp(l.code, "und"), "%s is %s with %f", texts[i], l.code, (double)l.certainty);
    }
}

Test(detect, only_the_beginning_of_a_long_text_is_read)
{
    static char s[4000];
    for (size_t i = 0; i < sizeof s; i += 2) memcpy(s + i, i < 2000 ? "ж" : "θ", 2);
    struct language l = detect(s, sizeof s);
    cr_assert_str_eq(l.script, "Cyrl");
}

Test(detect, any_text_gets_an_answer)
{
    srand(5);
    for (int round = 0; round < 5000; round++) {
        char s[128];
        size_t n = 0;
        for (int k = rand() % 30; k; k--) {
            uint32_t c = (uint32_t)rand() % (rand() % 2 ? 0x3000 : 0x110000);
            n += utf8_encode(c >= 0xD800 && c <= 0xDFFF ? 'x' : c, s + n);
        }
        struct language l = detect(s, n);
        cr_assert(strlen(l.code) >= 2 && strlen(l.code) < sizeof l.code && strlen(l.script) == 4);
    }
}
