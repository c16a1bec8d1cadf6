/* The JSON writer: commas, escapes, numbers that read back the same. */
#include "base/json.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

Test(json, commas_stand_where_they_must)
{
    struct buf b = BUF_INIT(1000);
    struct json_writer w = {.out = &b};
    json_begin(&w, '{');
    json_key(&w, "a"), json_begin(&w, '['), json_uint(&w, 1), json_begin(&w, '['), json_end(&w, ']'), json_int(&w, -2);
    json_begin(&w, '{'), json_key(&w, "k"), json_bool(&w, true), json_keyn(&w, "null!", 4), json_null_value(&w);
    json_end(&w, '}'), json_end(&w, ']');
    json_key(&w, "b"), json_raw(&w, "[ ]", 3);
    json_key(&w, "c"), json_strn(&w, "xyz", 2);
    json_end(&w, '}');
    cr_assert_str_eq(b.data, "{\"a\":[1,[],-2,{\"k\":true,\"null\":null}],\"b\":[ ],\"c\":\"xy\"}");
    buf_release(&b);
}

static const struct escape {
    const char *s;
    size_t n;
    const char *want;
} escapes[] = {
    {"Straße 携帯 👟", sizeof "Straße 携帯 👟" - 1, "\"Straße 携帯 👟\""},
    {"say \"hi\" \\ /", 12, "\"say \\\"hi\\\" \\\\ /\""},
    {"\n\t\r\b\f\x01\x1f\x7f", 8, "\"\\n\\t\\r\\u0008\\u000c\\u0001\\u001f\x7f\""},
    {"a\0b", 3, "\"a\\u0000b\""},
    {"", 0, "\"\""},
};
Test(json, text_is_escaped)
{
    for (const struct escape *r = escapes; r < escapes + sizeof escapes / sizeof *escapes; r++) {
        struct buf b = BUF_INIT(1000);
        struct json_writer w = {.out = &b};
        json_strn(&w, r->s, r->n);
        cr_assert_str_eq(b.data, r->want);
        json_t *back = json_loadb(b.data, b.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        cr_assert(json_is_string(back) && json_string_length(back) == r->n && !memcmp(json_string_value(back), r->s, r->n));
        json_decref(back);
        buf_release(&b);
    }
}

static const struct number {
    double v;
    const char *want;
} numbers[] = {
    {0, "0"},          {12.9, "12.9"},     {0.1, "0.1"},        {1.0 / 3, "0.3333333333333333"},
    {1e300, "1e+300"}, {-5, "-5"},         {1e15, "1e+15"},     {123456789, "123456789"},
    {NAN, "null"},     {INFINITY, "null"}, {-INFINITY, "null"},
};
Test(json, numbers_are_as_short_as_they_can_be)
{
    for (const struct number *r = numbers; r < numbers + sizeof numbers / sizeof *numbers; r++) {
        struct buf b = BUF_INIT(1000);
        struct json_writer w = {.out = &b};
        json_num(&w, r->v);
        cr_assert_str_eq(b.data, r->want);
        buf_release(&b);
    }
}

Test(json, any_number_reads_back_the_same)
{
    struct buf b = BUF_INIT(1000);
    uint64_t x = 1;
    for (int i = 0; i < 20000; i++) {
        double v;
        float f;
        x = x * 6364136223846793005u + 1442695040888963407u;
        memcpy(&v, &x, sizeof v);
        memcpy(&f, (char *)&x + 4, sizeof f);
        struct json_writer w = {.out = &b};
        buf_clear(&b);
        if (!isfinite(v) || !isfinite(f)) continue;
        json_num(&w, v);
        cr_assert(strtod(b.data, NULL) == v, "%s", b.data);
        buf_clear(&b);
        w = (struct json_writer){.out = &b};
        json_float(&w, f);
        cr_assert(strtof(b.data, NULL) == f, "%s", b.data);
    }
    buf_release(&b);
}

Test(json, a_value_keeps_its_keys_in_order)
{
    static const char text[] = "{\"z\":[1,2.5,-3,\"x\",true,false,null,{}],\"a\":{\"m\":[],\"b\":9007199254740993}}";
    struct buf b = BUF_INIT(1000);
    struct json_writer w = {.out = &b};
    json_t *v = json_loads(text, JSON_READ, NULL);
    json_value(&w, v);
    cr_assert_str_eq(b.data, text);
    json_decref(v);
    buf_release(&b);
}

Test(json, a_full_buffer_is_seen_at_the_end)
{
    struct buf b = BUF_INIT(8);
    struct json_writer w = {.out = &b};
    json_begin(&w, '[');
    for (int i = 0; i < 100; i++) json_str(&w, "shoe");
    json_end(&w, ']');
    cr_assert(b.failed);
    buf_release(&b);
}
