/* Product lines: what is refused and in which words, merging, the views of a product, identifiers. */
#include "base/mem.h"
#include "indexer/product.h"
#include "tests/index_make.h"

#include <criterion/criterion.h>

/* ---- checking ---- */

static const char *refusal(const char *line, size_t n, struct errmsg *e)
{
    struct product p;
    *e = (struct errmsg){0};
    if (product_parse(&p, line, n, e) == 0) {
        product_release(&p);
        return "";
    }
    cr_assert_null(p.json, "nothing is owned after a failure");
    return errmsg_text(e, 0);
}

static const struct {
    const char *line, *says; /* "": accepted */
} lines[] = {
    {"{'id':'1'}", ""},
    {"{'id':'1','title':'Straße','price':1,'attributes':{'a':1,'b':true,'c':['x',2,false],'d':null}}", ""},
    {"{'id':'1','title':{'de':'Schuh','en':'shoe'},'description':{'de':'gut'}}", ""},
    {"{'id':'1','category':'A > B','gtin':['1','2'],'image':['a','b'],'deleted':false}", ""},
    {"{'id':'1','title':null,'price':null,'attributes':null,'availability':null,'deleted':null}", ""},
    {"{'id':'1','anything':{'else':[1,{'x':2}]},'rating':4.5}", ""},
    {"  {'id' : '1'}  ", ""},
    {"{'id':'\\ud83d\\udc5f'}", ""},
    {"", "not JSON"},
    {"id;title;price", "not JSON"},
    {"{'id':'1'", "not JSON"},
    {"{'id':'1'} {'id':'2'}", "not JSON"},
    {"{'id':'1',}", "not JSON"},
    {"{'id':'1','price':12,90}", "not JSON"},
    {"{'id':'1','price':NaN}", "not JSON"},
    {"{'id':'1','price':1e999}", "not JSON"},
    {"{'id':'1','title':'\\ud83d'}", "not JSON"},
    {"{'id':'1','title':'\\udc5f\\ud83d'}", "not JSON"},
    {"{'id':'1','title':'a\\u0000b'}", "NUL"},
    {"{'id':'1','id':'2'}", "the same key twice"},
    {"{'id':'1','title':'caf\xE9'}", "not UTF-8 at byte 23"},
    {"[{'id':'1'}]", "a product must be a JSON object, not an array"},
    {"'1'", "a product must be a JSON object, not a string"},
    {"null", "a product must be a JSON object, not null"},
    {"{}", "\"id\" is missing"},
    {"{'ID':'1'}", "\"id\" is missing"},
    {"{'id':''}", "\"id\" is empty"},
    {"{'id':7}", "\"id\" must be a string, not a number"},
    {"{'id':null}", "\"id\" must be a string, not null"},
    {"{'id':'1','price':'12,90 €'}", "\"price\" must be a number, not the string \"12,90 €\""},
    {"{'id':'1','price':[1]}", "\"price\" must be a number, not an array"},
    {"{'id':'1','popularity':true}", "\"popularity\" must be a number, not true"},
    {"{'id':'1','title':5}", "\"title\" must be a string or an object by language, not a number"},
    {"{'id':'1','title':{'de':5}}", "\"title\".\"de\" must be a string, not a number"},
    {"{'id':'1','brand':['a']}", "\"brand\" must be a string, not an array"},
    {"{'id':'1','category':{'a':1}}", "\"category\" must be a path"},
    {"{'id':'1','gtin':4006381333931}", "\"gtin\" must be a string or an array of strings, not a number"},
    {"{'id':'1','sku':['a',7]}", "\"sku\" must be a string or an array of strings, not a number"},
    {"{'id':'1','availability':'yes'}", "\"availability\" must be \"in_stock\""},
    {"{'id':'1','attributes':[1]}", "\"attributes\" must be an object, not an array"},
    {"{'id':'1','attributes':{'size':{'eu':42}}}", "\"attributes.size\" must be"},
    {"{'id':'1','attributes':{'size':[[1]]}}", "\"attributes.size\" must be"},
    {"{'id':'1','deleted':'yes'}", "\"deleted\" must be true or false"},
    {"{'id':'1','x':[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}", "nested deeper than 16 levels"},
    {"{'id':'1','':'x'}", "the name of a field is empty"},
    {"{'id':'1','attributes':{'':'x'}}", ""},
};

Test(product, a_line_is_accepted_or_refused_in_words)
{
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct errmsg e;
        char *s = quotes(lines[i].line);
        const char *said = refusal(s, strlen(s), &e);
        if (*lines[i].says)
            cr_expect_not_null(strstr(said, lines[i].says), "%s: \"%s\"", s, said);
        else
            cr_expect_str_empty(said, "%s", s);
        free(s);
    }
}

Test(product, a_nul_byte_is_named)
{
    static const char raw[] = "{\"id\":\"1\",\"title\":\"a\0b\"}";
    struct errmsg e;
    cr_assert_not_null(strstr(refusal(raw, sizeof raw - 1, &e), "NUL"));
}

/* {"id":"1", FIELD: "xxx..."} with n bytes of x in the field. */
static const char *refusal_of_size(const char *before, size_t n, const char *behind, struct errmsg *e)
{
    struct buf b = BUF_INIT(4 << 20);
    char *s = quotes(before), *t = quotes(behind);
    buf_str(&b, s);
    memset(buf_room(&b, n), 'x', n);
    buf_str(&b, t);
    free(s);
    free(t);
    const char *said = refusal(b.data, b.n, e);
    buf_release(&b);
    return said;
}

Test(product, limits_are_stated)
{
    static const struct {
        const char *before, *behind;
        size_t n;
        const char *says;
    } rows[] = {
        {"{'id':'", "'}", 256, ""},
        {"{'id':'", "'}", 257, "\"id\" has 257 bytes, at most 256 are allowed"},
        {"{'id':'1','title':'", "'}", 1 << 20, ""},
        {"{'id':'1','title':'", "'}", (1 << 20) + 1, "\"title\" has 1048577 bytes, at most 1048576 are allowed"},
        {"{'id':'1','title':{'de':'", "'}}", (1 << 20) + 1, "\"title\" has"},
        {"{'id':'1','sku':['", "']}", (1 << 20) + 1, "\"sku\" has"},
        {"{'id':'1','attributes':{'color':'", "'}}", (1 << 20) + 1, "\"color\" has"},
        {"{'id':'1','attributes':{'", "':1}}", 128, ""},
        {"{'id':'1','attributes':{'", "':1}}", 129, "is longer than 128 bytes"},
        {"{'id':'1','", "':1}", 128, ""},
        {"{'id':'1','", "':1}", 600, "is longer than 128 bytes"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct errmsg e;
        const char *said = refusal_of_size(rows[i].before, rows[i].n, rows[i].behind, &e);
        if (*rows[i].says)
            cr_expect_not_null(strstr(said, rows[i].says), "%s: \"%s\"", rows[i].before, said);
        else
            cr_expect_str_empty(said, "%s %zu", rows[i].before, rows[i].n);
    }
}

Test(product, a_deletion_says_so)
{
    struct product p;
    OK(product_parse(&p, "{\"id\":\"a b\",\"deleted\":true}", 27, NULL), NULL);
    cr_assert(p.deleted && p.id_n == 3 && !memcmp(p.id, "a b", 3));
    product_release(&p);
}

/* ---- merging ---- */

static json_t *json_of(const char *text)
{
    char *s = quotes(text);
    json_t *v = json_loads(s, 0, NULL);
    cr_assert_not_null(v, "%s", text);
    free(s);
    return v;
}
static void expect_json(const json_t *got, const char *want)
{
    char *text = json_dumps(got, JSON_COMPACT);
    json_t *v = json_of(want);
    cr_expect(json_equal(got, v), "%s, not %s", text, want);
    json_decref(v);
    free(text);
}

Test(product, merging_changes_what_the_second_carries)
{
    static const char *const rows[][3] = {
        {"{'id':'1','price':5}", "{'id':'1','price':6}", "{'id':'1','price':6}"},
        {"{'id':'1','price':5}", "{'id':'1','price':null}", "{'id':'1'}"},
        {"{'id':'1'}", "{'id':'1','brand':'B'}", "{'id':'1','brand':'B'}"},
        {"{'id':'1','attributes':{'a':1,'b':2}}", "{'id':'1','attributes':{'b':3,'c':4}}",
         "{'id':'1','attributes':{'a':1,'b':3,'c':4}}"},
        {"{'id':'1','attributes':{'a':1,'b':2}}", "{'id':'1','attributes':{'b':null}}", "{'id':'1','attributes':{'a':1}}"},
        {"{'id':'1','attributes':{'a':1}}", "{'id':'1','attributes':null}", "{'id':'1'}"},
        {"{'id':'1','title':{'de':'x'}}", "{'id':'1','title':{'en':'y'}}", "{'id':'1','title':{'en':'y'}}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_t *onto = json_of(rows[i][0]), *from = json_of(rows[i][1]), *merged = product_merge(onto, from);
        expect_json(merged, rows[i][2]);
        expect_json(onto, rows[i][0]);
        expect_json(from, rows[i][1]);
        json_decref(merged);
        json_decref(onto);
        json_decref(from);
    }
}

/* ---- views ---- */

static void note_text(void *arg, enum text_field field, const char *lang, const char *s, size_t n)
{
    static const char letter[] = {'T', 'B', 'C', 'A', 'D'};
    buf_printf(arg, "%c(%s)%.*s;", letter[field], lang ? lang : "", (int)n, s);
}
static void note_identifier(void *arg, const char *field, const char *s, size_t n)
{
    buf_printf(arg, "%s=%.*s;", field, (int)n, s);
}
static void note_value(void *arg, const char *name, const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    buf_printf(arg, "%s=%s;", name, text);
    free(text);
}
static void embed_view(const json_t *p, struct buf *out)
{
    product_embed_text(p, out);
}
static void texts_view(const json_t *p, struct buf *out)
{
    product_texts(p, note_text, out);
}
static void identifiers_view(const json_t *p, struct buf *out)
{
    product_identifiers(p, note_identifier, out);
}
static void values_view(const json_t *p, struct buf *out)
{
    product_values(p, note_value, out);
}
static void language_view(const json_t *p, struct buf *out)
{
    buf_str(out, product_language(p).code);
}

static const struct {
    void (*view)(const json_t *, struct buf *);
    const char *product, *want;
} views[] = {
    {texts_view, "{'title':'t','brand':'b','category':'A > B','description':'d','price':1}", "T()t;B()b;C()A > B;D()d;"},
    {texts_view, "{'title':{'de':'x','en':'y'},'category':['c1','c2']}", "T(de)x;T(en)y;C()c1;C()c2;"},
    {texts_view, "{'attributes':{'a':'red','b':['x',1,'y'],'c':5}}", "A()red;A()x;A()y;"},
    {texts_view, "{'title':null,'attributes':null}", ""},
    {identifiers_view, "{'sku':'s','gtin':['1','2'],'mpn':'m','id':'7'}", "gtin=1;gtin=2;sku=s;mpn=m;"},
    {values_view, "{'id':'7','title':'t','price':5,'brand':'b','url':'u','image':'i','x':[1,'a'],'y':{'z':1},'n':null,'e':[]}",
     "price=5;brand='b';x=[1,'a'];"},
    {values_view, "{'attributes':{'color':'red','size':[1,2],'on':true,'none':null},'gtin':'9'}",
     "gtin='9';attributes.color='red';attributes.size=[1,2];attributes.on=true;"},
    {embed_view, "{'title':'Shoe','brand':'Acme','category':'A > B','description':'Good'}", "Shoe Acme, A > B. Good"},
    {embed_view, "{'title':'Acme Shoe','brand':'ACME','description':'Acme shoe'}", "Acme Shoe"},
    {embed_view, "{'title':{'de':'Schuh','en':'shoe'},'description':{'en':'good'}}", "Schuh shoe. good"},
    {embed_view, "{'category':['c1','c2']}", ", c1"},
    {embed_view, "{}", ""},
    {language_view, "{'title':'Schuhe für Damen'}", "de"},
    {language_view, "{'title':'Schuhe für Damen','lang':'fr'}", "fr"},
    {language_view, "{'title':{'ja':'ケース'}}", "ja"},
    {language_view, "{}", "und"},
    {language_view, "{'lang':'x'}", "und"},
    {language_view, "{'lang':'a-much-too-long-code'}", "und"},
};

Test(product, each_lane_sees_its_view)
{
    struct buf got = BUF_INIT(1 << 16);
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        json_t *p = json_of(views[i].product);
        char *want = quotes(views[i].want);
        buf_clear(&got);
        buf_str(&got, "");
        views[i].view(p, &got);
        cr_expect_str_eq(got.data, want, "%s: %s", views[i].product, got.data);
        json_decref(p);
        free(want);
    }
    buf_release(&got);
}

Test(product, the_vector_sees_the_beginning_of_a_description_in_whole_characters)
{
    struct buf text = BUF_INIT(1 << 16), got = BUF_INIT(1 << 16);
    buf_str(&text, "{\"description\":\"");
    for (int i = 0; i < 200; i++) buf_str(&text, "é");
    buf_str(&text, "\"}");
    json_t *p = json_loads(text.data, 0, NULL);
    product_embed_text(p, &got);
    cr_assert_eq(got.n, 2 + 2 * 80, "%zu bytes", got.n);
    json_decref(p);
    buf_release(&text);
    buf_release(&got);
}

static void key_of(const char *product, struct buf *out)
{
    json_t *p = json_of(product);
    buf_clear(out);
    product_text_key(p, out);
    json_decref(p);
}

Test(product, only_what_is_searched_as_text_is_in_the_text_key)
{
    static const struct {
        const char *a, *b;
        bool same;
    } rows[] = {
        {"{'id':'1','title':'t','price':1}", "{'id':'2','price':9,'title':'t','popularity':4,'url':'u'}", true},
        {"{'title':'t'}", "{'title':'u'}", false},
        {"{'title':'t'}", "{'brand':'t'}", false},
        {"{'title':'t'}", "{'title':'t','attributes':{'a':1}}", false},
        {"{'title':'t'}", "{'title':'t','sku':'s'}", false},
        {"{'title':'t'}", "{'title':'t','lang':'de'}", false},
    };
    struct buf a = BUF_INIT(1000), b = BUF_INIT(1000);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        key_of(rows[i].a, &a);
        key_of(rows[i].b, &b);
        cr_expect_eq(!strcmp(a.data, b.data), rows[i].same, "%s %s", rows[i].a, rows[i].b);
    }
    buf_release(&a);
    buf_release(&b);
}

/* ---- identifiers ---- */

Test(product, identifiers_have_one_form)
{
    static const char *const rows[][2] = {
        {"AB-12/3", "ab123"},
        {" ab 12.3 ", "ab123"},
        {"4006381333931", "4006381333931"},
        {"04006381333931", "4006381333931"},
        {"00012345", "12345"},
        {"0012", "0012"},
        {"0000000000000", "0"},
        {"ＡＢ１２", "ab12"},
        {"Größe-Ä1", "grossea1"},
        {"携帯-7", "携帯7"},
        {"--- ", ""},
        {"", ""},
        {"978-3-16-148410-0", "9783161484100"},
        {"0A000001", "0a000001"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char out[IDENTIFIER_MAX];
        size_t n = identifier_normalize(rows[i][0], strlen(rows[i][0]), out);
        cr_expect(n == strlen(rows[i][1]) && !memcmp(out, rows[i][1], n), "%s: %.*s", rows[i][0], (int)n, out);
    }
}

Test(product, an_identifier_that_is_too_long_is_none)
{
    char s[600], out[IDENTIFIER_MAX];
    memset(s, 'x', sizeof s);
    cr_assert_eq(identifier_normalize(s, IDENTIFIER_MAX, out), IDENTIFIER_MAX);
    cr_assert_eq(identifier_normalize(s, IDENTIFIER_MAX + 1, out), 0);
    cr_assert_eq(identifier_normalize(s, sizeof s, out), 0);
}

Test(product, a_gtin_has_a_right_check_digit)
{
    static const struct {
        const char *s;
        bool gtin;
    } rows[] = {{"4006381333931", true},
                {"4006381333932", false},
                {"96385074", true},
                {"036000291452", true},
                {"04006381333931", true},
                {"400-638 1333931", true},
                {"400638133393", false},
                {"4006381333931x", false},
                {"", false},
                {"0", false},
                {"123456789012345", false},
                {"００００００００", false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(identifier_is_gtin(rows[i].s, strlen(rows[i].s)), rows[i].gtin, "%s", rows[i].s);
}
