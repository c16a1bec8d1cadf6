/* Stems: languages found by their codes, inflected forms that meet. */
#include "base/buf.h"
#include "lang/fold.h"
#include "lang/stem.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

Test(stem, codes_are_found_without_their_region)
{
    static const struct {
        const char *asked, *found;
    } rows[] = {{"de", "de"}, {"pt-BR", "pt"}, {"en_GB", "en"}, {"nb", "no"}, {"nb-NO", "no"}, {"DE", "de"},
                {"zh", NULL}, {"deu", NULL},   {"d", NULL},     {"", NULL},   {"und", NULL},   {"ja-JP", NULL}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int at = stem_find(rows[i].asked, strlen(rows[i].asked));
        if (rows[i].found)
            cr_assert(at >= 0 && !strcmp(stem_language(at), rows[i].found), "%s", rows[i].asked);
        else
            cr_assert_eq(at, -1, "%s", rows[i].asked);
    }
}

Test(stem, bit_numbers_never_move)
{
    static const char *const first[] = {"da", "nl", "en", "fi", "fr", "de", "hu", "it", "no", "pt", "ro",
                                        "ru", "es", "sv", "tr", "ar", "el", "hi", "id", "lt", "ga", "ca"};
    cr_assert_geq(stem_languages(), (int)(sizeof first / sizeof *first));
    cr_assert_leq(stem_languages(), 32, "an index keeps one bit for each");
    for (size_t i = 0; i < sizeof first / sizeof *first; i++) cr_assert_str_eq(stem_language((int)i), first[i]);
}

static void stem_of(struct stemmers *s, const char *lang, const char *word, struct buf *out)
{
    struct buf folded = BUF_INIT(1000);
    size_t n;
    fold(word, strlen(word), &folded);
    const char *t = stem(s, stem_find(lang, strlen(lang)), folded.data, folded.n, &n);
    buf_clear(out);
    buf_add(out, t, n);
    buf_release(&folded);
}

Test(stem, forms_of_a_word_meet)
{
    static const struct {
        const char *lang, *one, *other;
    } rows[] = {
        {"en", "shoe", "shoes"},           {"en", "running", "run"},          {"de", "Schuhe", "Schuhen"},
        {"fr", "chaussure", "chaussures"}, {"es", "zapatos", "zapato"},       {"it", "scarpe", "scarpa"},
        {"pt", "sapatos", "sapato"},       {"nl", "schoenen", "schoen"},      {"ru", "кроссовки", "кроссовками"},
        {"sv", "väskor", "väskorna"},      {"tr", "ayakkabılar", "ayakkabı"}, {"fi", "kengät", "kengätkin"},
        {"hu", "cipők", "cipő"},           {"ar", "الكتاب", "كتاب"},          {"el", "παπουτσια", "παπουτσι"},
    };
    struct stemmers *s = stemmers_new();
    struct buf a = BUF_INIT(1000), b = BUF_INIT(1000);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        stem_of(s, rows[i].lang, rows[i].one, &a);
        stem_of(s, rows[i].lang, rows[i].other, &b);
        cr_expect_str_eq(a.data, b.data, "%s: %s and %s", rows[i].lang, rows[i].one, rows[i].other);
    }
    buf_release(&a);
    buf_release(&b);
    stemmers_free(s);
    stemmers_free(NULL);
}

Test(stem, every_language_takes_any_word)
{
    static const char *const words[] = {"x", "携帯", "كتاب", "strasse", "42", "कुर्सी", "ааааааааааааааааааааааааааааааа"};
    struct stemmers *s = stemmers_new();
    for (int i = 0; i < stem_languages(); i++)
        for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
            size_t n = 0;
            const char *t = stem(s, i, words[k], strlen(words[k]), &n);
            cr_assert_not_null(t);
            cr_assert_leq(n, strlen(words[k]) + 8, "%s: %s", stem_language(i), words[k]);
        }
    stemmers_free(s);
}
