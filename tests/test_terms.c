/* A product's terms: kinds, impacts, stems, fields. */
#include "indexer/terms.h"
#include "tests/index_make.h"

#include <criterion/criterion.h>

static struct term_tools *tools;

/* All terms as "kind text=impact ", sorted by first use. */
static const char *terms(const char *product, struct buf *out, uint32_t *languages)
{
    struct buf raw = BUF_INIT(16 << 20);
    struct term t;
    char *s = quotes(product);
    json_t *p = json_loads(s, 0, NULL);
    cr_assert_not_null(p, "%s", s);
    uint32_t used = terms_of(tools, p, &raw);
    if (languages) *languages = used;
    buf_clear(out);
    buf_str(out, " ");
    const char *at = raw.data ? raw.data : "";
    for (const char *end = at + raw.n; term_next(&at, end, &t);) {
        cr_assert(t.n >= 2 && t.impact >= 1);
        buf_printf(out, "%c:%.*s=%u ", t.s[0], t.n - 1, t.s + 1, t.impact);
    }
    json_decref(p);
    buf_release(&raw);
    free(s);
    return out->data;
}

static unsigned impact(const char *all, const char *term)
{
    char key[100];
    snprintf(key, sizeof key, " %s=", term);
    const char *at = strstr(all, key);
    return at ? (unsigned)atoi(at + strlen(key)) : 0;
}

static void begin(void)
{
    tools = term_tools_new();
}
static void end(void)
{
    term_tools_free(tools);
    term_tools_free(NULL);
}
TestSuite(terms, .init = begin, .fini = end);

Test(terms, a_word_counts_more_where_it_says_more)
{
    struct buf b = BUF_INIT(1 << 16), text = BUF_INIT(1 << 16); /* fields of typical length */
    static const struct {
        const char *name, *word;
        int more;
    } rows[] = {{"title", "alpha", 8}, {"brand", "beta", 0}, {"category", "gamma", 3}, {"description", "delta", 24}};
    for (int i = 0; i < 4; i++) {
        buf_printf(&text, "%s'%s':'%s", i ? "'," : "{", rows[i].name, rows[i].word);
        for (int k = 0; k < rows[i].more; k++) buf_printf(&text, " f%d", k);
    }
    buf_str(&text, "','attributes':{'x':'epsilon f f f f f f f f f f f f f f f f f f f'}}");
    const char *all = terms(text.data, &b, NULL);
    unsigned title = impact(all, "w:alpha"), brand = impact(all, "w:beta"), category = impact(all, "w:gamma");
    unsigned description = impact(all, "w:delta"), attribute = impact(all, "w:epsilon");
    cr_assert(title > brand && brand > category && category > description && description > attribute && attribute, "%s", all);
    buf_release(&b);
    buf_release(&text);
}

Test(terms, the_same_word_again_adds_up_and_a_longer_field_weakens)
{
    struct buf b = BUF_INIT(1 << 16);
    unsigned once = impact(terms("{'title':'lamp'}", &b, NULL), "w:lamp");
    unsigned twice = impact(terms("{'title':'lamp lamp'}", &b, NULL), "w:lamp");
    unsigned both = impact(terms("{'title':'lamp','description':'lamp'}", &b, NULL), "w:lamp");
    unsigned longer = impact(terms("{'title':'lamp of iron with a very long and winding name indeed'}", &b, NULL), "w:lamp");
    cr_assert(twice > once && both > once && longer < once && longer, "%u %u %u %u", once, twice, both, longer);
    unsigned most = impact(
        terms("{'title':'a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a','brand':'a a a a a a a a a a a'}", &b,
              NULL),
        "w:a");
    cr_assert_eq(most, 255, "impacts end at 255");
    buf_release(&b);
}

Test(terms, a_stem_counts_less_than_the_word)
{
    struct buf b = BUF_INIT(1 << 16);
    uint32_t languages;
    const char *all = terms("{'title':'running shoes for women'}", &b, &languages);
    cr_assert(impact(all, "w:shoes") > impact(all, "w:shoe") && impact(all, "w:shoe"), "%s", all);
    cr_assert_eq(languages, 1u << stem_find("en", 2));
    all = terms("{'title':{'de':'rote Schuhe','fr':'chaussures rouges'}}", &b, &languages);
    cr_assert(impact(all, "w:schuh") && impact(all, "w:chaussur"), "%s", all);
    cr_assert_eq(languages, 1u << stem_find("de", 2) | 1u << stem_find("fr", 2));
    all = terms("{'title':'携帯電話ケース 42'}", &b, &languages);
    cr_assert_eq(languages, 0);
    cr_assert(impact(all, "w:携帯") && impact(all, "g:携帯") && impact(all, "g:帯電") && impact(all, "w:42"), "%s", all);
    buf_release(&b);
}

Test(terms, the_hint_decides_the_stemmer)
{
    struct buf b = BUF_INIT(1 << 16);
    cr_assert(impact(terms("{'title':'Schuhe','lang':'de'}", &b, NULL), "w:schuh"));
    cr_assert_not(impact(terms("{'title':'Schuhe'}", &b, NULL), "w:schuh"), "one word is in no language");
    buf_release(&b);
}

Test(terms, tools_forget_the_product_before)
{
    struct buf first = BUF_INIT(4 << 20), again = BUF_INIT(4 << 20), many = BUF_INIT(4 << 20);
    terms("{'title':'red lamp','lang':'en'}", &first, NULL);
    buf_str(&many, "{'title':'");
    for (int i = 0; i < 5000; i++) buf_printf(&many, "w%d ", i);
    buf_str(&many, "'}");
    const char *all = terms(many.data, &again, NULL);
    cr_assert(impact(all, "w:w0") && impact(all, "w:w4999"));
    terms("{'title':'red lamp','lang':'en'}", &again, NULL);
    cr_assert_str_eq(first.data, again.data);
    cr_assert_str_eq(terms("{}", &again, NULL), " ");
    buf_release(&first);
    buf_release(&again);
    buf_release(&many);
}

Test(terms, the_longest_words_and_their_stems_fit)
{
    struct buf b = BUF_INIT(1 << 16), text = BUF_INIT(1 << 16);
    for (int i = 0; i < stem_languages(); i++) {
        buf_clear(&text);
        buf_printf(&text, "{'lang':'%s','title':'", stem_language(i));
        for (int k = 0; k < WORD_MAX - 2; k++) buf_byte(&text, "abcdefgh"[k % 8]);
        buf_str(&text, "es'}");
        const char *all = terms(text.data, &b, NULL);
        for (const char *p = strchr(all, ':'); p; p = strchr(p + 1, ':'))
            cr_assert_leq(strcspn(p + 1, "="), WORD_MAX, "%s: a stem longer than any word", stem_language(i));
    }
    buf_release(&b);
    buf_release(&text);
}
