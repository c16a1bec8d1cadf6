/* Answers: always JSON, whatever the products hold; the right language; marks that cannot become markup. */
#include "query/answer.h"

#include "tests/test_query.h"

/* The answer to a request, parsed; json_decref it. */
static json_t *answer(struct shop *s, const struct search_request *q)
{
    struct buf out = BUF_INIT(64 << 20);
    struct json_writer w = {.out = &out};
    struct search_result r = shop_search(s, q);
    answer_write(&w, s->searcher, q, &r);
    search_end(s->searcher);
    json_error_t err;
    json_t *a = json_loadb(out.data, out.n, JSON_READ, &err);
    cr_assert(a, "%s at %d: %.*s", err.text, err.position, (int)(out.n < 400 ? out.n : 400), out.data);
    buf_release(&out);
    return a;
}

static json_t *answer_to(struct shop *s, const char *json)
{
    struct search_request q = shop_request(s, json);
    return answer(s, &q);
}

/* A member of a member: "hits.0.product.title". */
static const json_t *at(const json_t *v, const char *path)
{
    while (v && *path) {
        char key[64];
        size_t n = strcspn(path, ".");
        snprintf(key, sizeof key, "%.*s", (int)n, path);
        v = json_is_array(v) ? json_array_get(v, (size_t)atoi(key)) : json_object_get(v, key);
        path += n + (path[n] == '.');
    }
    return v;
}

static const char *text_at(const json_t *v, const char *path)
{
    const char *s = json_string_value(at(v, path));
    return s ? s : "(no text)";
}

/* ---- the form ---- */

static void check_members(const json_t *object, const char *const *names, size_t n)
{
    const char *key;
    json_t *v;
    size_t i = 0;
    json_object_foreach((json_t *)object, key, v)
    {
        cr_assert(i < n, "%s is one too many", key);
        cr_expect_str_eq(key, names[i++]);
    }
    cr_expect_eq(i, n);
}

Test(answer, has_the_members_that_clients_rely_on)
{
    static const char *const members[] = {"query",  "hits",  "offset", "limit",  "total",  "total_exact",
                                          "facets", "stats", "rules",  "rerank", "took_ms"},
                             *const query[] = {"q", "language", "script", "identifier", "corrected"},
                             *const hit[] = {"id", "score", "product"}, *const rerank[] = {"seen", "ms", "cut"};
    struct shop s;
    shop_open_sample(&s);
    json_t *a = answer_to(&s, "{'q':'2055040645849','facets':['brand','nothing'],'limit':3}");
    check_members(a, members, 11);
    check_members(at(a, "query"), query, 5);
    check_members(at(a, "hits.0"), hit, 3);
    check_members(at(a, "rerank"), rerank, 3);
    cr_expect_str_eq(text_at(a, "query.q"), "2055040645849");
    cr_expect_str_eq(text_at(a, "query.identifier"), "2055040645849");
    cr_expect_str_eq(text_at(a, "hits.0.id"), "de-0001");
    cr_expect(json_number_value(at(a, "hits.0.score")) == 1);
    cr_expect_eq(json_integer_value(at(a, "limit")), 3);
    cr_expect_eq(json_integer_value(at(a, "total")), 1);
    cr_expect_eq(json_integer_value(at(a, "facets.brand.Olivarda")), 1);
    cr_expect_eq(json_object_size(at(a, "facets.nothing")), 0);
    cr_expect(json_number_value(at(a, "stats.price.min")) == 11.9 && json_number_value(at(a, "stats.price.max")) == 11.9);
    cr_expect(json_is_true(at(a, "total_exact")) && json_is_array(at(a, "rules")));
    json_decref(a);
    shop_close(&s);
}

Test(answer, explains_itself_when_asked)
{
    struct shop s;
    shop_open_sample(&s);
    json_t *a = answer_to(&s, "{'q':'olivenöl qwzxv','explain':true,'limit':1}");
    cr_expect(json_is_number(at(a, "hits.0.explain.cosine")) && json_is_number(at(a, "hits.0.explain.lexical")));
    cr_expect(json_is_number(at(a, "hits.0.explain.coverage")) && json_is_false(at(a, "hits.0.explain.identifier")));
    cr_expect(json_is_number(at(a, "explain.floor")) && json_is_number(at(a, "explain.semantic_ms")));
    cr_expect_eq(json_array_size(at(a, "explain.words")), 2);
    cr_expect(json_is_true(at(a, "explain.words.0.known")) && json_is_false(at(a, "explain.words.1.known")));
    cr_expect_str_eq(text_at(a, "explain.words.0.found_by.0"), "olivenol");
    json_decref(a);
    a = answer_to(&s, "{'q':'olivenöl','limit':1}");
    cr_expect(!at(a, "explain") && !at(a, "hits.0.explain") && !at(a, "hits.0.highlight"));
    json_decref(a);
    a = answer_to(&s, "{'q':'olivenöl','mode':'lexical','explain':true,'limit':1}");
    cr_expect(json_is_null(at(a, "hits.0.explain.cosine")), "what was not asked for is null");
    json_decref(a);
    shop_close(&s);
}

static const char nasty[] =
    "{\"id\":\"q\\\"\\\\/\",\"title\":\"quote \\\" slash \\\\ tab \\t feed \\f del \\u007f\",\"x\":\"\\u2028\\u2029 "
    "\\ud83d\\ude00 \\u0001\"}\n"
    "{\"id\":\"n\",\"title\":\"numbers\",\"a\":1e308,\"b\":-0.0,\"c\":5e-324,\"d\":9223372036854775807,\"e\":0.1,\"f\":[1,2.5]}\n"
    "{\"id\":\"deep\",\"title\":\"deep\",\"x\":[[[[[[[[[[[[[[{\"y\":1}]]]]]]]]]]]]]]}\n"
    "{\"id\":\"empty\",\"title\":\"\",\"attributes\":{},\"x\":{},\"y\":[],\"z\":null,\"brand\":\"\"}\n"
    "{\"id\":\"none\",\"attributes\":{\"a\\\"b\":\"c\\\"d\",\"\":\"\"}}\n"
    "{\"id\":\"texts\",\"title\":{},\"description\":{\"\":\"\",\"de\":\"\"}}\n"
    "{\"id\":\"null\",\"title\":null,\"description\":null,\"price\":null}\n";

static const char *const requests[] = {
    "{}",
    "{'fields':['id','title','x','description']}",
    "{'fields':['nothing']}",
    "{'highlight':['title','description','brand','x','nothing'],'q':'quote slash numbers deep'}",
    "{'highlight':['title','description'],'fields':['title'],'lang':'de','explain':true}",
    "{'facets':['attributes.a\\\"b','attributes.','x','f','brand','\\\"','\\u0001'],'explain':true,'q':'deep'}",
    "{'q':'\\\"\\\\\\u0001\\u2028<script>','explain':true}",
    "{'lang':'-','highlight':['title']}",
    "{'lang':'','highlight':['title']}",
};

Test(answer, is_json_whatever_the_products_hold)
{
    struct shop s;
    shop_open(&s, nasty);
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) json_decref(answer_to(&s, requests[i]));
    json_t *a = answer_to(&s, "{'filter':'id = n'}");
    cr_expect(json_number_value(at(a, "hits.0.product.a")) == 1e308 && json_number_value(at(a, "hits.0.product.c")) == 5e-324);
    cr_expect_eq(json_integer_value(at(a, "hits.0.product.d")), 9223372036854775807);
    json_decref(a);
    shop_close(&s);
}

Test(answer, gives_products_back_as_they_came)
{
    struct shop s;
    shop_open_sample(&s);
    json_t *a = answer_to(&s, "{'limit':1000}");
    char *line = shop_sample(&s);
    size_t n = 0, compared = 0;
    for (; *line; n++) {
        size_t len = strcspn(line, "\n");
        json_t *p = json_loadb(line, len, 0, NULL);
        for (size_t i = 0; i < json_array_size(at(a, "hits")); i++) {
            const json_t *hit = json_array_get(at(a, "hits"), i);
            if (!json_equal(at(hit, "id"), at(p, "id")) || json_is_object(at(p, "title"))) continue;
            cr_expect(json_equal(at(hit, "product"), p), "%s", text_at(p, "id"));
            compared++;
        }
        json_decref(p);
        line += len + 1;
    }
    cr_expect_eq(n, json_array_size(at(a, "hits")));
    cr_expect_eq(compared, n - 12, "twelve have texts by language");
    json_decref(a);
    shop_close(&s);
}

/* ---- languages and fields ---- */

static const struct {
    const char *lang, *q, *title;
} titles[] = {
    {"fr", "", "kettle-fr"},
    {"de", "", "kettle-de"},
    {"de-AT", "", "kettle-de"},
    {"DE", "", "kettle-de"},
    {"pt", "", "kettle-pt-BR"},
    {"pt-PT", "", "kettle-pt-BR"},
    {"ja", "", "kettle-en"},
    {"", "", "kettle-en"},
    {NULL, "", "kettle-en"},
    {NULL, "чайник для кухни с подсветкой", "kettle-ru"},
    {"fr", "чайник для кухни с подсветкой", "kettle-fr"},
    {"ja", "чайник для кухни с подсветкой", "kettle-ru"},
    {"d", "", "kettle-en"},
    {"deu", "", "kettle-en"},
};

Test(answer, shows_the_text_of_the_shoppers_language)
{
    struct shop s;
    shop_open(
        &s, "{\"id\":\"a\",\"title\":{\"en\":\"kettle-en\",\"de\":\"kettle-de\",\"fr\":\"kettle-fr\",\"pt-BR\":\"kettle-pt-BR\","
            "\"ru\":\"kettle-ru\"},\"description\":\"чайник для кухни с подсветкой\",\"brand\":\"B\"}\n");
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) {
        struct search_request q = SEARCH_REQUEST_INIT;
        q.q = titles[i].q;
        q.q_n = strlen(q.q);
        q.lang = titles[i].lang;
        q.highlight = (struct names){.list = {"title"}, .n = 1};
        json_t *a = answer(&s, &q);
        cr_assert_eq(json_array_size(at(a, "hits")), 1, "%s", q.q);
        cr_expect_str_eq(text_at(a, "hits.0.product.title"), titles[i].title, "%s %s", q.lang ? q.lang : "", q.q);
        const char *marked = text_at(a, "hits.0.highlight.title");
        cr_expect(strstr(marked, strrchr(titles[i].title, '-') + 1), "%s: another text is marked than shown", marked);
        cr_expect_str_eq(text_at(a, "hits.0.product.brand"), "B");
        json_decref(a);
    }
    shop_close(&s);
}

Test(answer, has_the_fields_that_were_asked_for)
{
    struct shop s;
    shop_open(&s, "{\"id\":\"a\",\"title\":\"t\",\"brand\":\"B\",\"price\":5,\"attributes\":{\"color\":\"red\"}}\n");
    json_t *a = answer_to(&s, "{'fields':['price','title','nothing']}");
    static const char *const members[] = {"title", "price"};
    check_members(at(a, "hits.0.product"), members, 2);
    cr_expect_str_eq(text_at(a, "hits.0.id"), "a");
    json_decref(a);
    shop_close(&s);
}

/* ---- marks ---- */

static const struct {
    const char *query, *title, *marked;
} marks[] = {
    {"shoes", "Running shoes", "Running <mark>shoes</mark>"},
    {"bold", "<b>bold</b> & \"co\" 'x'", "&lt;b&gt;<mark>bold</mark>&lt;/b&gt; &amp; &quot;co&quot; &#39;x&#39;"},
    {"script", "<script>alert(1)</script>", "&lt;<mark>script</mark>&gt;alert(1)&lt;/<mark>script</mark>&gt;"},
    {"mark", "<mark>mark</mark>", "&lt;<mark>mark</mark>&gt;<mark>mark</mark>&lt;/<mark>mark</mark>&gt;"},
    {"amp", "a&amp;b", "a&amp;<mark>amp</mark>;b"},
    {"naive", "Naïve, naïve", "<mark>Naïve</mark>, <mark>naïve</mark>"},
    {"运动鞋", "红色运动鞋", "红色<mark>运动鞋</mark>"},
    {"zzz", "nothing & none", "nothing &amp; none"},
    {"", "browsing <i>", "browsing &lt;i&gt;"},
};

Test(answer, marks_words_and_escapes_everything)
{
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        struct shop s;
        json_t *p = json_pack("{s:s,s:s}", "id", "a", "title", marks[i].title);
        char *line = json_dumps(p, 0);
        shop_open(&s, line);
        struct search_request q = SEARCH_REQUEST_INIT;
        struct search_result r;
        struct buf out = BUF_INIT(4096);
        q.q = marks[i].query;
        q.q_n = strlen(q.q);
        r = shop_search(&s, &q);
        answer_highlight(s.searcher, marks[i].title, &out);
        search_end(s.searcher);
        cr_expect_str_eq(out.data, marks[i].marked, "%s: %s", q.q, out.data);
        (void)r;
        buf_release(&out);
        free(line);
        json_decref(p);
        shop_close(&s);
    }
}

/* Takes the marks out again and undoes the escapes: what is left must be the text. */
static void check_marks(const char *marked, const char *text)
{
    static const char *const names[][2] = {{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}};
    bool open = false;
    const char *from = text;
    for (const char *p = marked; *p;) {
        size_t k = 0;
        while (k < 5 && strncmp(p, names[k][0], strlen(names[k][0]))) k++;
        if (!strncmp(p, open ? "</mark>" : "<mark>", open ? 7 : 6)) {
            p += open ? 7 : 6;
            open = !open;
            continue;
        }
        cr_assert(*p != '<' && *p != '>' && *p != '"' && (*p != '&' || k < 5), "%s", marked);
        cr_assert_eq(*text, k < 5 ? *names[k][1] : *p, "%s of %s", marked, from);
        p += k < 5 ? strlen(names[k][0]) : 1;
        text++;
    }
    cr_assert(!open && !*text, "%s", marked);
}

Test(answer, marks_leave_every_text_as_it_was)
{
    struct shop s;
    shop_open_sample(&s);
    static const char *const queries[] = {
        "rote turnschuhe leder", "赤いスニーカー",    "รองเท้าผ้าใบสีแดง", "huile d'olive",    "ماء زيت",
        "5 l 10 cm usb-c",       "красные кроссовки", "운동화 빨간",    "with and the for", "लाल"};
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        struct search_request q = SEARCH_REQUEST_INIT;
        q.q = queries[i];
        q.q_n = strlen(q.q);
        shop_search(&s, &q);
        for (uint32_t doc = 0; doc < snapshot_docs(searcher_snapshot(s.searcher)); doc++) {
            json_t *p = shop_product(&s, doc);
            const char *text = answer_text(p, "description", NULL, NULL);
            struct buf out = BUF_INIT(1 << 20);
            answer_highlight(s.searcher, text, &out);
            check_marks(out.data, text);
            buf_release(&out);
            json_decref(p);
        }
        search_end(s.searcher);
    }
    shop_close(&s);
}
