/* Search requests out of JSON, of addresses and of command lines. */
#include "query/request.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct arena arena;

static int from_json(struct search_request *r, const char *text, const char **field, struct errmsg *e)
{
    *r = (struct search_request)SEARCH_REQUEST_INIT;
    json_t *body = json_loads(text, JSON_DECODE_ANY, NULL);
    cr_assert(body, "%s", text);
    int rc = request_from_json(r, body, &arena, field, e);
    json_decref(body);
    return rc;
}

/* ---- what is taken ---- */

Test(request, every_option_comes_out_of_json)
{
    struct search_request r;
    const char *field;
    struct errmsg e = {0};
    int rc = from_json(
        &r,
        "{\"q\":\"rote schuhe\",\"limit\":7,\"offset\":30,\"mode\":\"lexical\",\"filter\":\"price < 5\","
        "\"sort\":[\"price:asc\",\"attributes.size:desc\"],\"facets\":[\"brand\",\"category\"],\"fields\":[\"id\"],"
        "\"highlight\":[\"title\"],\"lang\":\"de\",\"explain\":true,\"rerank\":50,\"budget_ms\":200}",
        &field, &e);
    cr_assert_eq(rc, 0, "%s", e.text);
    cr_expect_str_eq(r.q, "rote schuhe");
    cr_expect_eq(r.q_n, 11);
    cr_expect_eq(r.limit, 7);
    cr_expect_eq(r.offset, 30);
    cr_expect_eq(r.mode, MODE_LEXICAL);
    cr_expect_str_eq(r.filter, "price < 5");
    cr_assert_eq(r.n_sorts, 2);
    cr_expect_str_eq(r.sorts[0].field, "price");
    cr_expect(!r.sorts[0].descending);
    cr_expect_str_eq(r.sorts[1].field, "attributes.size");
    cr_expect(r.sorts[1].descending);
    cr_assert_eq(r.facets.n, 2);
    cr_expect_str_eq(r.facets.list[1], "category");
    cr_assert_eq(r.fields.n, 1);
    cr_assert_eq(r.highlight.n, 1);
    cr_expect_str_eq(r.highlight.list[0], "title");
    cr_expect_str_eq(r.lang, "de");
    cr_expect(r.explain);
    cr_expect_eq(r.rerank, 50);
    cr_expect_eq(r.budget_ms, 200);
}

Test(request, nothing_said_is_the_default)
{
    struct search_request r;
    const char *field;
    cr_assert_eq(from_json(&r, "{}", &field, NULL), 0);
    cr_expect_str_eq(r.q, "");
    cr_expect_eq(r.limit, 20);
    cr_expect_eq(r.offset, 0);
    cr_expect_eq(r.mode, MODE_HYBRID);
    cr_expect(!r.filter && !r.lang && !r.explain && !r.n_sorts && !r.facets.n && !r.fields.n && !r.highlight.n);
    cr_assert_eq(from_json(&r, "{\"q\":null,\"limit\":null,\"filter\":null,\"sort\":null,\"explain\":null}", &field, NULL), 0);
    cr_expect_eq(r.limit, 20, "null is nothing said");
}

Test(request, text_and_json_say_the_same)
{
    static const char *const options[][2] = {{"q", "a  b"},           {"limit", "0"},    {"offset", "1000000"},
                                             {"mode", "semantic"},    {"lang", "pt-BR"}, {"explain", "1"},
                                             {"facets", "a,b,,a"},    {"fields", "x"},   {"sort", "a:b:desc,,price:asc"},
                                             {"highlight", "title,"}, {"rerank", "9"},   {"budget_ms", "60000"},
                                             {"filter", "a = 1"}};
    struct search_request r = SEARCH_REQUEST_INIT, j;
    const char *field;
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        struct errmsg e = {0};
        cr_assert_eq(request_set(&r, options[i][0], options[i][1], &arena, &e), 0, "%s", e.text);
    }
    cr_assert_eq(
        from_json(&j,
                  "{\"q\":\"a  b\",\"limit\":0,\"offset\":1000000,\"mode\":\"semantic\",\"lang\":\"pt-BR\",\"explain\":1,"
                  "\"facets\":\"a,b\",\"fields\":[\"x\",\"x\"],\"sort\":[\"a:b:desc\",\"price:asc\"],"
                  "\"highlight\":\"title\",\"rerank\":9,\"budget_ms\":60000,\"filter\":\"a = 1\"}",
                  &field, NULL),
        0);
    cr_expect(!strcmp(r.q, j.q) && r.q_n == j.q_n && r.limit == j.limit && r.offset == j.offset && r.mode == j.mode);
    cr_expect(!strcmp(r.lang, j.lang) && r.explain == j.explain && r.rerank == j.rerank && r.budget_ms == j.budget_ms);
    cr_expect(r.facets.n == 2 && j.facets.n == 2 && r.fields.n == 1 && j.fields.n == 1 && r.highlight.n == 1);
    cr_assert(r.n_sorts == 2 && j.n_sorts == 2);
    cr_expect_str_eq(r.sorts[0].field, "a:b", "the last colon counts");
    cr_expect_str_eq(j.sorts[0].field, "a:b");
    cr_expect(r.sorts[0].descending && j.sorts[0].descending);
}

Test(request, what_was_parsed_outlives_the_json)
{
    struct search_request r;
    const char *field;
    cr_assert_eq(
        from_json(&r, "{\"q\":\"携帯電話\",\"facets\":[\"brand\"],\"sort\":[\"price:asc\"],\"lang\":\"ja\"}", &field, NULL), 0);
    for (int i = 0; i < 1000; i++) free(malloc((size_t)i)); /* stirs what json_decref gave back */
    cr_expect_str_eq(r.q, "携帯電話");
    cr_expect_str_eq(r.facets.list[0], "brand");
    cr_expect_str_eq(r.sorts[0].field, "price");
}

/* ---- what is refused ---- */

static const struct refusal {
    const char *json, *field, *words;
} refusals[] = {
    {"{\"q\":5}", "q", "must be a string"},
    {"{\"q\":[\"a\"]}", "q", "must be a string"},
    {"{\"q\":true}", "q", "must be a string"},
    {"{\"filter\":{}}", "filter", "must be a string"},
    {"{\"mode\":1}", "mode", "must be a string"},
    {"{\"mode\":\"psychic\"}", "mode", "hybrid, semantic or lexical"},
    {"{\"mode\":\"Hybrid\"}", "mode", "hybrid, semantic or lexical"},
    {"{\"mode\":\"\"}", "mode", "hybrid, semantic or lexical"},
    {"{\"lang\":false}", "lang", "must be a string"},
    {"{\"limit\":\"5\"}", "limit", "must be a whole number"},
    {"{\"limit\":-1}", "limit", "from 0 to 1000"},
    {"{\"limit\":1001}", "limit", "from 0 to 1000"},
    {"{\"limit\":2.5}", "limit", "must be "},
    {"{\"limit\":1e3}", "limit", "must be "},
    {"{\"limit\":true}", "limit", "whole number"},
    {"{\"limit\":[]}", "limit", "must be "},
    {"{\"limit\":9223372036854775807}", "limit", "from 0 to 1000"},
    {"{\"offset\":1000001}", "offset", "from 0 to 1000000"},
    {"{\"offset\":\"1\"}", "offset", "must be a whole number"},
    {"{\"rerank\":1001}", "rerank", "from 0 to 1000"},
    {"{\"budget_ms\":60001}", "budget_ms", "from 0 to 60000"},
    {"{\"budget_ms\":{}}", "budget_ms", "must be "},
    {"{\"explain\":\"true\"}", "explain", "true or false"},
    {"{\"explain\":2}", "explain", "true or false"},
    {"{\"explain\":{}}", "explain", "must be "},
    {"{\"sort\":5}", "sort", "must be "},
    {"{\"sort\":[5]}", "sort", "array of strings"},
    {"{\"sort\":[\"price\"]}", "sort", "price:asc"},
    {"{\"sort\":[\":asc\"]}", "sort", "price:asc"},
    {"{\"sort\":[\"price:up\"]}", "sort", "price:asc"},
    {"{\"sort\":[\"\"]}", "sort", "price:asc"},
    {"{\"facets\":true}", "facets", "array of strings"},
    {"{\"facets\":{\"a\":1}}", "facets", "must be "},
    {"{\"facets\":[null]}", "facets", "array of strings"},
    {"{\"fields\":7}", "fields", "must be "},
    {"{\"highlight\":[[]]}", "highlight", "array of strings"},
    {"{\"limt\":5}", "limt", "no search option \"limt\""},
    {"{\"limt\":[]}", "limt", "no search option \"limt\""},
    {"{\"limt\":null}", "limt", "no search option \"limt\""},
    {"{\"limt\":1.5}", "limt", "no search option \"limt\""},
    {"{\"q\":\"a\",\"Q\":\"b\"}", "Q", "no search option \"Q\""},
    {"{\"\":\"b\"}", "", "no search option"},
    {"[]", NULL, "JSON object"},
    {"\"q\"", NULL, "JSON object"},
    {"null", NULL, "JSON object"},
};

Test(request, a_wrong_value_is_named)
{
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const struct refusal *c = &refusals[i];
        struct search_request r;
        const char *field = "unset";
        struct errmsg e = {0};
        cr_expect_eq(from_json(&r, c->json, &field, &e), ERR_INPUT, "%s", c->json);
        cr_expect(strstr(e.text, c->words), "%s: %s", c->json, e.text);
        cr_expect(c->field ? field && !strcmp(field, c->field) : !field, "%s: field %s", c->json, field ? field : "none");
    }
}

static const char *const bad_texts[][2] = {{"limit", ""},
                                           {"limit", " 5"},
                                           {"limit", "+5"},
                                           {"limit", "-5"},
                                           {"limit", "5x"},
                                           {"limit", "0x5"},
                                           {"limit", "1001"},
                                           {"limit", "1e2"},
                                           {"limit", "99999999999999999999999"},
                                           {"offset", "1000001"},
                                           {"mode", ""},
                                           {"mode", "LEXICAL"},
                                           {"explain", "yes"},
                                           {"explain", ""},
                                           {"sort", "price"},
                                           {"sort", "price:asc,size"},
                                           {"sort", ":desc"},
                                           {"budget_ms", "60001"},
                                           {"rerank", "1001"},
                                           {"", ""},
                                           {"Q", "a"},
                                           {"why", "not"}};

Test(request, a_wrong_text_is_refused)
{
    for (size_t i = 0; i < sizeof bad_texts / sizeof bad_texts[0]; i++) {
        struct search_request r = SEARCH_REQUEST_INIT;
        struct errmsg e = {0};
        cr_expect_eq(request_set(&r, bad_texts[i][0], bad_texts[i][1], &arena, &e), ERR_INPUT, "%s=%s", bad_texts[i][0],
                     bad_texts[i][1]);
        cr_expect(e.text[0]);
    }
}

/* ---- limits ---- */

static char *repeated(const char *what, size_t times)
{
    size_t n = strlen(what);
    char *s = arena_alloc(&arena, n * times + 1);
    for (size_t i = 0; i < times; i++) memcpy(s + i * n, what, n);
    s[n * times] = 0;
    return s;
}

Test(request, a_query_may_be_so_long_and_no_longer)
{
    struct search_request r = SEARCH_REQUEST_INIT;
    const char *field = NULL;
    request_set(&r, "q", repeated("x", QUERY_MAX), &arena, NULL);
    cr_expect_eq(request_check(&r, &field, NULL), 0);
    request_set(&r, "q", repeated("x", QUERY_MAX + 1), &arena, NULL);
    cr_expect_eq(request_check(&r, &field, NULL), ERR_TOO_BIG);
    cr_expect_str_eq(field, "q");
}

Test(request, a_filter_may_be_so_long_and_no_longer)
{
    struct search_request r = SEARCH_REQUEST_INIT;
    const char *field = NULL;
    request_set(&r, "filter", repeated(" ", FILTER_MAX), &arena, NULL);
    cr_expect_eq(request_check(&r, &field, NULL), 0);
    request_set(&r, "filter", repeated(" ", FILTER_MAX + 1), &arena, NULL);
    cr_expect_eq(request_check(&r, &field, NULL), ERR_TOO_BIG);
    cr_expect_str_eq(field, "filter");
}

Test(request, lists_have_an_end)
{
    struct search_request r = SEARCH_REQUEST_INIT;
    char *names = arena_strn(&arena, "", 0);
    for (int i = 0; i < NAMES_MAX; i++) names = arena_printf(&arena, "%sf%d,", names, i);
    cr_expect_eq(request_set(&r, "facets", names, &arena, NULL), 0);
    cr_expect_eq(r.facets.n, NAMES_MAX);
    cr_expect_eq(request_set(&r, "facets", "f0,f63", &arena, NULL), 0, "known ones may come again");
    cr_expect_eq(request_set(&r, "facets", "one-more", &arena, NULL), ERR_INPUT);
    cr_expect_eq(request_set(&r, "sort", repeated("a:asc,", SORTS_MAX), &arena, NULL), 0);
    cr_expect_eq(request_set(&r, "sort", "a:asc", &arena, NULL), ERR_INPUT);
}

Test(request, text_that_is_not_utf8_is_refused)
{
    static const char *const bad[] = {"\xff", "a\xc0\x80", "\xed\xa0\x80", "caf\xe9", "\xf4\x90\x80\x80", "\xe6\x90"};
    static const char *const names[] = {"q", "filter", "lang", "facets", "fields", "highlight"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
            struct search_request r = SEARCH_REQUEST_INIT;
            const char *field = NULL;
            cr_assert_eq(request_set(&r, names[k], bad[i], &arena, NULL), 0);
            cr_expect_eq(request_check(&r, &field, NULL), ERR_INPUT, "%s, %zu", names[k], i);
            cr_expect(field && !strcmp(field, names[k]), "%s: field %s", names[k], field ? field : "none");
        }
}

Test(request, a_sentence_never_cuts_a_letter_in_two)
{
    struct search_request r;
    const char *field;
    for (int pad = 0; pad < 4; pad++) {
        struct errmsg e = {0};
        char *json = arena_printf(&arena, "{\"mode\":\"%.*s携帯電話携帯電話携帯電話携帯電話\"}", pad, "abc");
        cr_expect_eq(from_json(&r, json, &field, &e), ERR_INPUT);
        json_t *s = json_string(e.text);
        cr_expect(s, "not UTF-8: %s", e.text);
        json_decref(s);
    }
}
