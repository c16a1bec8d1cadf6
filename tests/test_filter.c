/* Filter expressions: the grammar as a table, the meaning against a model that shares no code with the engine. */
#include "query/filter.h"

#include "query/filter_tree.h"
#include "tests/test_query.h"

#include <malloc.h>
#include <math.h>

/* ---- the grammar ---- */

static void write_values(const struct filter *f, struct buf *out)
{
    for (size_t i = 0; i < f->n_values; i++) {
        buf_printf(out, " %s", f->values[i].text);
        if (f->values[i].is_number) buf_str(out, "#");
    }
}

/* A tree as (AND x y), numbers marked with #. */
static void write_tree(const struct filter *f, struct buf *out)
{
    static const char *const names[] = {"AND", "OR", "NOT", "IN", "EXISTS", "<", "<=", ">", ">=", "TO"};
    buf_printf(out, "(%s", names[f->op]);
    if (f->left) buf_byte(out, ' '), write_tree(f->left, out);
    if (f->right) buf_byte(out, ' '), write_tree(f->right, out);
    if (f->field) buf_printf(out, " %s", f->field), write_values(f, out);
    buf_byte(out, ')');
}

static const struct sentence {
    const char *text, *tree; /* or what the complaint begins with, behind "filter: " */
} sentences[] = {
    /* tests */
    {"price = 5", "(IN price 5#)"},
    {"price == 5", "(IN price 5#)"},
    {"price=5", "(IN price 5#)"},
    {"price != 5", "(NOT (IN price 5#))"},
    {"price < 5", "(< price 5#)"},
    {"price <= 5.50", "(<= price 5.50#)"},
    {"price > -5", "(> price -5#)"},
    {"price >= +5", "(>= price +5#)"},
    {"price > 1e3", "(> price 1e3#)"},
    {"price > .5", "(> price .5#)"},
    {"\tprice\n<\r5 ", "(< price 5#)"},
    {"price 10 TO 20", "(TO price 10# 20#)"},
    {"price -1 to -0.5", "(TO price -1# -0.5#)"},
    {"gtin EXISTS", "(EXISTS gtin)"},
    {"gtin not exists", "(NOT (EXISTS gtin))"},
    {"brand IN [\"Acme\"]", "(IN brand Acme)"},
    {"brand in [ Acme , \"Nord Süd\" ,3 ]", "(IN brand Acme Nord Süd 3#)"},
    {"brand NOT IN [a,b]", "(NOT (IN brand a b))"},
    {"brand = Acme", "(IN brand Acme)"},
    {"brand = true", "(IN brand true)"},
    {"brand = 3M", "(IN brand 3M)"},
    {"brand = -", "(IN brand -)"},
    {"brand = \"\"", "(IN brand )"},
    {"brand = \"5\"", "(IN brand 5)"},
    {"marke = 携帯電話", "(IN marke 携帯電話)"},
    {"größe = 5", "(IN größe 5#)"},
    {"attributes.shoe-size = 5", "(IN attributes.shoe-size 5#)"},
    /* quotes, escapes, backquotes */
    {"brand = \"AND\"", "(IN brand AND)"},
    {"brand = \"a \\\"b\\\" c\"", "(IN brand a \"b\" c)"},
    {"brand = \"a\\\\\"", "(IN brand a\\)"},
    {"brand = \"\\u00e9\\ud83d\\ude00\"", "(IN brand é😀)"},
    {"brand = \"a)b]\"", "(IN brand a)b])"},
    {"`attributes.Schuhgröße (EU)` = 42", "(IN attributes.Schuhgröße (EU) 42#)"},
    {"`and` = 1", "(IN and 1#)"},
    {"`NOT` EXISTS AND `x y` EXISTS", "(AND (EXISTS NOT) (EXISTS x y))"},
    /* AND before OR, NOT before both, parentheses before all */
    {"a = 1 AND b = 2", "(AND (IN a 1#) (IN b 2#))"},
    {"a = 1 OR b = 2 AND c = 3", "(OR (IN a 1#) (AND (IN b 2#) (IN c 3#)))"},
    {"a = 1 AND b = 2 OR c = 3", "(OR (AND (IN a 1#) (IN b 2#)) (IN c 3#))"},
    {"(a = 1 OR b = 2) AND c = 3", "(AND (OR (IN a 1#) (IN b 2#)) (IN c 3#))"},
    {"a = 1 AND b = 2 AND c = 3", "(AND (AND (IN a 1#) (IN b 2#)) (IN c 3#))"},
    {"NOT a = 1 AND b = 2", "(AND (NOT (IN a 1#)) (IN b 2#))"},
    {"NOT (a = 1 AND b = 2)", "(NOT (AND (IN a 1#) (IN b 2#)))"},
    {"NOT NOT a = 1", "(NOT (NOT (IN a 1#)))"},
    {"NOT a NOT IN [1]", "(NOT (NOT (IN a 1#)))"},
    {"((((a=1))))", "(IN a 1#)"},
    {"a=1 and(b=2)or(not c=3)", "(OR (AND (IN a 1#) (IN b 2#)) (NOT (IN c 3#)))"},
    {"a 1 TO 2 AND b 3 TO 4", "(AND (TO a 1# 2#) (TO b 3# 4#))"},
    /* words that only begin like a keyword */
    {"andrew = 1", "(IN andrew 1#)"},
    {"notes EXISTS", "(EXISTS notes)"},
    {"brand = order", "(IN brand order)"},
    {"index = into", "(IN index into)"},
    /* mistakes, with their place */
    {"price", "a value is missing at character 6"},
    {"price <", "a value is missing at character 8"},
    {"price < \"5\"", "only numbers can be compared with < and > at character 12"},
    {"price < cheap", "only numbers can be compared"},
    {"price 5", "a comparison (= != < <= > >= IN EXISTS TO) is missing at character 8"},
    {"price TO 5", "a comparison (= != < <= > >= IN EXISTS TO) is missing"},
    {"price 1 TO b", "a range needs two numbers"},
    {"price 1 TO", "a value is missing at character 11"},
    {"= 5", "a field name is missing at character 1, near \"= 5\""},
    {"a = 1 b = 2", "AND or OR is missing at character 7, near \"b = 2\""},
    {"a = 1 AND", "a field name is missing at character 10"},
    {"a = 1 AND AND b = 2", "a comparison (= != < <= > >= IN EXISTS TO) is missing at character 17"},
    {"a = 1)", "AND or OR is missing at character 6"},
    {"(a = 1", "\")\" is missing at character 7"},
    {"()", "a field name is missing at character 2"},
    {"a = \"b", "a quoted text is not closed at character 5"},
    {"a = \"b\\\"", "a quoted text is not closed at character 5"},
    {"a = \"\\x41\"", "a quoted text is not valid (escapes are those of JSON) at character 5"},
    {"a = \"\\u0000\"", "a quoted text is not valid"},
    {"a = \"\\ud800\"", "a quoted text is not valid"},
    {"`a = 1", "a backquote is not closed at character 1"},
    {"`` = 1", "a field name is missing"},
    {"a IN 1", "\"[\" is missing at character 6"},
    {"a IN [", "a value is missing at character 7"},
    {"a IN []", "a value is missing at character 7"},
    {"a IN [1 2]", "\"]\" or \",\" is missing at character 9"},
    {"a IN [1,]", "a value is missing at character 9"},
    {"a NOT = 1", "IN or EXISTS is missing behind NOT at character 7"},
    {"a ! 1", "a value is missing at character 3"},
    {"a = = 1", "a value is missing"},
    {"a < = 1", "a value is missing"},
    {"a = 'b'", "a value is missing at character 5"},
    {"a > nan", "only numbers can be compared"},
    {"a < inf", "only numbers can be compared"},
    {"a < 1e999", "only numbers can be compared"},
    {"a < 0x10", "only numbers can be compared"},
    {"a = 1 ; b = 2", "AND or OR is missing at character 7"},
    {"a < 携帯電話携帯電話", "only numbers can be compared"},
    {"携帯 携帯電話携帯電話 ?", "a comparison"},
};

Test(filter, sentences_and_their_trees)
{
    for (size_t i = 0; i < sizeof sentences / sizeof sentences[0]; i++) {
        const struct sentence *c = &sentences[i];
        struct arena a = ARENA_INIT;
        struct errmsg e = {0};
        struct filter *f = NULL;
        struct buf tree = BUF_INIT(4096);
        int rc = filter_parse(&f, c->text, &a, &e);
        if (!rc) write_tree(f, &tree);
        if (c->tree[0] == '(')
            cr_expect(!rc && !strcmp(tree.data, c->tree), "%s: %s%s", c->text, rc ? e.text : tree.data, c->tree);
        else
            cr_expect(rc == ERR_INPUT && !strncmp(e.text, "filter: ", 8) && !strncmp(e.text + 8, c->tree, strlen(c->tree)),
                      "%s: %s", c->text, rc ? e.text : tree.data);
        json_t *s = rc ? json_string(e.text) : NULL;
        cr_expect(!rc || s, "%s: the complaint is not UTF-8", c->text);
        json_decref(s);
        buf_release(&tree);
        arena_release(&a);
    }
}

static int parse_repeated(const char *before, const char *what, size_t times, const char *after, struct errmsg *e)
{
    struct arena a = ARENA_INIT;
    struct buf b = BUF_INIT(1 << 20);
    struct filter *f;
    buf_str(&b, before);
    for (size_t i = 0; i < times; i++) buf_str(&b, what);
    buf_str(&b, after);
    int rc = filter_parse(&f, b.data, &a, e);
    buf_release(&b);
    arena_release(&a);
    return rc;
}

Test(filter, nesting_and_lists_have_an_end)
{
    struct errmsg e = {0}, e2 = {0}, e3 = {0}, e4 = {0};
    cr_expect_eq(parse_repeated("", "NOT ", 63, "a=1", NULL), 0);
    cr_expect_eq(parse_repeated("", "NOT ", 64, "a=1", &e), ERR_INPUT);
    cr_expect(strstr(e.text, "nested too deeply at character 25"), "%s", e.text);
    cr_expect_eq(parse_repeated("", "(", 64, "a=1", &e2), ERR_INPUT);
    cr_expect(strstr(e2.text, "nested too deeply"), "%s", e2.text);
    cr_expect_eq(parse_repeated("a=1", " AND (b=2 OR c=3)", 127, "", NULL), 0, "side by side is not deep");
    cr_expect_eq(parse_repeated("a=1", " OR b=2", 255, "", NULL), 0);
    cr_expect_eq(parse_repeated("a=1", " OR b=2", 256, "", &e4), ERR_INPUT);
    cr_expect(strstr(e4.text, "more than 256 tests"), "%s", e4.text);
    cr_expect_eq(parse_repeated("a IN [0", ",1", 999, "]", NULL), 0);
    cr_expect_eq(parse_repeated("a IN [0", ",1", 1000, "]", &e3), ERR_INPUT);
    cr_expect(strstr(e3.text, "more than 1000 values"), "%s", e3.text);
}

/* ---- the meaning: random products, random expressions, and what each should leave ---- */

enum { N = 300 };

static const char *const brands[] = {"Acme", "Nord", "Straße & Söhne", "携帯電話", "5", "true", "acme", "a \"b\""};
static const char *const colors[] = {"red", "blue", "green", "ROT"};
static const char *const paths[] = {"A", "A > B", "A > B > C", "A > C", "B", "B > A", "A >B"};

struct catalogue {
    struct shop shop;
    json_t *products[N];
    uint32_t docs[N];
    uint64_t seed;
};

static json_t *random_array(uint64_t *seed, const char *const *from, uint32_t n)
{
    json_t *list = json_array();
    for (uint32_t i = draw(seed, 4); i; i--) json_array_append_new(list, json_string(from[draw(seed, n)]));
    return list;
}

static json_t *random_product(uint64_t *seed, int i)
{
    json_t *p = json_object(), *attributes = json_object();
    json_object_set_new(p, "id", json_sprintf("p%d", i));
    json_object_set_new(p, "title", json_sprintf("thing %d", i));
    if (draw(seed, 5)) json_object_set_new(p, "price", json_real(draw(seed, 40) / 4.0));
    if (draw(seed, 2)) json_object_set_new(p, "popularity", json_integer((int)draw(seed, 7) - 3));
    if (draw(seed, 5)) json_object_set_new(p, "brand", json_string(brands[draw(seed, 8)]));
    if (draw(seed, 3)) json_object_set_new(attributes, "color", random_array(seed, colors, 4));
    if (draw(seed, 3)) json_object_set_new(attributes, "size", draw(seed, 2) ? json_integer(draw(seed, 9)) : json_string("7"));
    if (draw(seed, 3)) json_object_set_new(attributes, "eco", json_boolean(draw(seed, 2)));
    if (json_object_size(attributes)) json_object_set(p, "attributes", attributes);
    json_decref(attributes);
    uint32_t form = draw(seed, 4);
    if (form < 2) json_object_set_new(p, "category", json_string(paths[draw(seed, 7)]));
    if (form == 2) json_object_set_new(p, "category", random_array(seed, paths, 7));
    if (!draw(seed, 3)) json_object_set_new(p, "warehouse", json_integer(draw(seed, 3)));
    return p;
}

static void open_catalogue(struct catalogue *c, uint64_t seed)
{
    struct buf lines = BUF_INIT(1 << 20);
    memset(c, 0, sizeof *c);
    c->seed = seed;
    for (int i = 0; i < N; i++) {
        c->products[i] = random_product(&c->seed, i);
        char *line = json_dumps(c->products[i], JSON_COMPACT);
        buf_printf(&lines, "%s\n", line);
        free(line);
    }
    shop_open(&c->shop, lines.data);
    shop_import(&c->shop, "{\"id\":\"gone\",\"title\":\"gone\",\"brand\":\"Acme\"}", false);
    shop_import(&c->shop, "{\"id\":\"gone\",\"deleted\":true}", false);
    struct snapshot *s = shop_begin(&c->shop);
    for (int i = 0; i < N; i++) {
        const char *id = json_string_value(json_object_get(c->products[i], "id"));
        c->docs[i] = snapshot_find(s, id, strlen(id));
    }
    buf_release(&lines);
}

static void close_catalogue(struct catalogue *c)
{
    snapshot_end(searcher_snapshot(c->shop.searcher));
    for (int i = 0; i < N; i++) json_decref(c->products[i]);
    shop_close(&c->shop);
}

static const json_t *member(const json_t *p, const char *field)
{
    return !strncmp(field, "attributes.", 11) ? json_object_get(json_object_get(p, "attributes"), field + 11)
                                              : json_object_get(p, field);
}

typedef bool (*value_test)(const json_t *value, const char *text, double number);

static bool equals(const json_t *v, const char *text, double number)
{
    if (json_is_boolean(v)) return !strcmp(text, json_is_true(v) ? "true" : "false");
    if (json_is_number(v)) return !isnan(number) && json_number_value(v) == number;
    return !strcmp(json_string_value(v), text) || (!isnan(number) && !strcmp(json_string_value(v), "7") && number == 7) ||
           (!isnan(number) && !strcmp(json_string_value(v), "5") && number == 5);
}

static bool has_step(const json_t *v, const char *text, double number)
{
    (void)number;
    const char *path = json_string_value(v);
    size_t n = strlen(text);
    return !strncmp(path, text, n) && (!path[n] || !strncmp(path + n, " > ", 3));
}

/* A string that looks like a number compares as one. */
static double as_number(const json_t *v)
{
    if (json_is_number(v)) return json_number_value(v);
    const char *s = json_is_string(v) ? json_string_value(v) : "";
    return !strcmp(s, "7") ? 7 : !strcmp(s, "5") ? 5 : NAN;
}

static bool below(const json_t *v, const char *text, double number)
{
    (void)text;
    return as_number(v) < number;
}

static bool above(const json_t *v, const char *text, double number)
{
    (void)text;
    return as_number(v) > number;
}

static bool there(const json_t *v, const char *text, double number)
{
    (void)v, (void)text, (void)number;
    return true;
}

/* One of the values passes. */
static bool any(const json_t *p, const char *field, value_test passes, const char *text, double number)
{
    const json_t *v = member(p, field);
    if (!json_is_array(v)) return v && passes(v, text, number);
    for (size_t i = 0; i < json_array_size(v); i++)
        if (passes(json_array_get(v, i), text, number)) return true;
    return false;
}

static void write_quoted(struct buf *b, const char *s)
{
    struct json_writer w = {.out = b};
    json_str(&w, s);
}

static void number_test(struct catalogue *c, struct buf *b, bool pass[N])
{
    static const char *const fields[] = {"price", "popularity", "attributes.size", "warehouse"};
    static const struct {
        const char *symbol;
        value_test test;
        bool negated;
    } ops[] = {{"=", equals, false}, {"!=", equals, true}, {"<", below, false}, {">", above, false}};
    const char *field = fields[draw(&c->seed, 4)];
    uint32_t op = draw(&c->seed, 6);
    double x = ((int)draw(&c->seed, 44) - 8) / 4.0, y = x + draw(&c->seed, 10);
    if (op < 4) {
        buf_printf(b, "%s %s %g", field, ops[op].symbol, x);
        for (int i = 0; i < N; i++) pass[i] = any(c->products[i], field, ops[op].test, "", x) != ops[op].negated;
    } else if (op == 4) {
        bool least = draw(&c->seed, 2);
        buf_printf(b, "%s %s %g", field, least ? ">=" : "<=", x);
        for (int i = 0; i < N; i++)
            pass[i] = any(c->products[i], field, equals, "", x) || any(c->products[i], field, least ? above : below, "", x);
    } else { /* these fields have one value each, so both ends speak of the same one */
        buf_printf(b, "%s %g TO %g", field, x, y);
        for (int i = 0; i < N; i++)
            pass[i] = any(c->products[i], field, there, "", 0) && !any(c->products[i], field, below, "", x) &&
                      !any(c->products[i], field, above, "", y) && !isnan(as_number(member(c->products[i], field)));
    }
}

static void text_test(struct catalogue *c, struct buf *b, bool pass[N])
{
    static const struct {
        const char *field;
        const char *const *values;
        uint32_t n;
    } fields[] = {{"brand", brands, 8}, {"attributes.color", colors, 4}, {"category", paths, 7}};
    uint32_t f = draw(&c->seed, 3), negated = draw(&c->seed, 2), n = 1 + draw(&c->seed, 3), form = draw(&c->seed, 2);
    const char *field = fields[f].field;
    value_test test = f == 2 ? has_step : equals;
    memset(pass, 0, N * sizeof *pass);
    buf_printf(b, form ? "%s %s" : "`%s` %s", field, form ? (negated ? "!= " : "= ") : (negated ? "NOT IN [" : "IN ["));
    for (uint32_t k = 0; k < (form ? 1 : n); k++) {
        const char *v = fields[f].values[draw(&c->seed, fields[f].n)];
        if (k) buf_str(b, ", ");
        write_quoted(b, v);
        for (int i = 0; i < N; i++) pass[i] |= any(c->products[i], field, test, v, NAN);
    }
    if (!form) buf_byte(b, ']');
    for (int i = 0; i < N; i++) pass[i] ^= negated;
}

static void other_test(struct catalogue *c, struct buf *b, bool pass[N])
{
    static const char *const fields[] = {"price", "brand", "attributes.eco", "category", "warehouse", "id"};
    uint32_t kind = draw(&c->seed, 3), negated = draw(&c->seed, 2);
    if (kind == 0) {
        const char *field = fields[draw(&c->seed, 6)];
        buf_printf(b, "%s %sEXISTS", field, negated ? "NOT " : "");
        for (int i = 0; i < N; i++) pass[i] = any(c->products[i], field, there, "", 0) != negated;
    } else if (kind == 1) {
        const char *v = draw(&c->seed, 2) ? "true" : "false";
        buf_printf(b, "attributes.eco %s %s", negated ? "!=" : "=", v);
        for (int i = 0; i < N; i++) pass[i] = any(c->products[i], "attributes.eco", equals, v, NAN) != negated;
    } else {
        int x = (int)draw(&c->seed, N), y = (int)draw(&c->seed, N);
        buf_printf(b, "id %sIN [p%d, \"p%d\", gone, nobody]", negated ? "NOT " : "", x, y);
        for (int i = 0; i < N; i++) pass[i] = (i == x || i == y) != negated;
    }
}

/* Writes an expression and works out, for each product, whether it passes. */
static void expression(struct catalogue *c, unsigned depth, struct buf *b, bool pass[N])
{
    static void (*const tests[])(struct catalogue *, struct buf *, bool[N]) = {number_test, text_test, other_test};
    uint32_t kind = depth ? draw(&c->seed, 5) : 9;
    bool other[N];
    if (kind > 2) {
        tests[draw(&c->seed, 3)](c, b, pass);
        return;
    }
    buf_str(b, kind == 2 ? "NOT (" : "(");
    expression(c, depth - 1, b, pass);
    if (kind < 2) {
        buf_str(b, kind ? ") OR (" : ") AND (");
        expression(c, depth - 1, b, other);
    }
    buf_byte(b, ')');
    for (int i = 0; i < N; i++) pass[i] = kind == 2 ? !pass[i] : kind ? pass[i] || other[i] : pass[i] && other[i];
}

static void check(struct catalogue *c, const char *text, const bool pass[N])
{
    struct snapshot *s = searcher_snapshot(c->shop.searcher);
    struct arena a = ARENA_INIT;
    struct errmsg e = {0};
    struct filter *f;
    uint32_t n = snapshot_docs(s), expected = 0;
    uint64_t *set = arena_dup(&a, snapshot_live(s), (bits_words(n) + 1) * 8);
    int rc = filter_parse(&f, text, &a, &e);
    if (!rc) rc = filter_apply(f, s, set, &a, &e);
    cr_assert_eq(rc, 0, "%s: %s", text, e.text);
    for (int i = 0; i < N; i++) {
        expected += pass[i];
        cr_assert_eq(bits_get(set, c->docs[i]), pass[i], "%s: product %d should%s pass", text, i, pass[i] ? "" : " not");
    }
    cr_assert_eq(bits_count(set, n), expected, "%s: dead documents pass", text);
    arena_release(&a);
}

Test(filter, random_expressions_leave_what_a_model_leaves)
{
    struct catalogue c;
    open_catalogue(&c, 1);
    for (int i = 0; i < 4000; i++) {
        struct buf text = BUF_INIT(1 << 16);
        bool pass[N];
        expression(&c, (unsigned)i % 5, &text, pass);
        check(&c, text.data, pass);
        buf_release(&text);
    }
    close_catalogue(&c);
}

/* Memory that malloc has given out; 0 where a sanitizer counts instead. */
static size_t allocated(void)
{
    struct mallinfo2 m = mallinfo2();
    return m.uordblks + m.hblkhd;
}

Test(filter, hundreds_of_alternatives_take_no_more_memory_than_one)
{
    static const char *const tests[] = {"price=%d", "brand=b%d", "brand IN[b%d]", "NOT id=p%d", "NOT(price=%d OR NOT brand=a)"};
    struct catalogue c;
    open_catalogue(&c, 6);
    for (size_t t = 0; t < sizeof tests / sizeof tests[0]; t++)
        for (int joined = 0; joined < 2; joined++) {
            struct snapshot *s = searcher_snapshot(c.shop.searcher);
            struct arena a = ARENA_INIT;
            struct buf text = BUF_INIT(1 << 20);
            struct filter *f;
            for (int i = 0; i < 128; i++) { /* two tests each at most */
                if (i) buf_str(&text, joined ? " OR " : " AND ");
                buf_printf(&text, tests[t], i % 10);
            }
            size_t before = allocated();
            uint64_t *set = arena_dup(&a, snapshot_live(s), (bits_words(snapshot_docs(s)) + 1) * 8);
            cr_assert_eq(filter_parse(&f, text.data, &a, NULL), 0);
            cr_assert_eq(filter_apply(f, s, set, &a, NULL), 0);
            cr_expect_lt(allocated() - before, 1 << 20, "%s: %zu bytes", tests[t], allocated() - before);
            buf_release(&text);
            arena_release(&a);
        }
    close_catalogue(&c);
}

static const char *const mismatches[][2] = {
    {"price = \"5\"", "\"price\" is a number; it cannot be \"5\""},
    {"price = cheap", "\"price\" is a number; it cannot be \"cheap\""},
    {"price IN [1, two]", "it cannot be \"two\""},
    {"nonsense = 1", "no product has a field \"nonsense\""},
    {"brand = Acme OR nonsense EXISTS", "no product has a field \"nonsense\""},
    {"NOT Brand EXISTS", "no product has a field \"Brand\""},
    {"id < 5", "\"id\" can only be compared with =, != and IN"},
    {"id 1 TO 5", "\"id\" can only be compared with =, != and IN"},
};

Test(filter, what_a_field_cannot_be_is_said)
{
    struct catalogue c;
    open_catalogue(&c, 2);
    struct snapshot *s = searcher_snapshot(c.shop.searcher);
    for (size_t i = 0; i < sizeof mismatches / sizeof mismatches[0]; i++) {
        struct errmsg e = {0};
        struct filter *f;
        uint64_t *set = arena_dup(&c.shop.arena, snapshot_live(s), (bits_words(snapshot_docs(s)) + 1) * 8);
        cr_assert_eq(filter_parse(&f, mismatches[i][0], &c.shop.arena, NULL), 0);
        cr_expect_eq(filter_apply(f, s, set, &c.shop.arena, &e), ERR_INPUT, "%s", mismatches[i][0]);
        cr_expect(strstr(e.text, mismatches[i][1]), "%s: %s", mismatches[i][0], e.text);
    }
    close_catalogue(&c);
}

Test(filter, a_range_speaks_of_one_value_of_an_array)
{
    struct shop s;
    shop_open(&s, "{\"id\":\"a\",\"title\":\"a\",\"attributes\":{\"size\":[1,9]}}\n"
                  "{\"id\":\"b\",\"title\":\"b\",\"attributes\":{\"size\":[1,5]}}\n");
    cr_expect_str_eq(shop_ids(&s, "{'filter':'attributes.size 4 TO 6'}"), "b");
    cr_expect_str_eq(shop_ids(&s, "{'filter':'attributes.size > 4 AND attributes.size < 6'}"), "b a", "each by another value");
    shop_close(&s);
}

Test(filter, blank_text_is_no_filter)
{
    struct shop s;
    shop_open(&s, "{\"id\":\"a\",\"title\":\"a\"}\n");
    static const char *const blanks[] = {"", " ", "\t \t", "\n", " \r\n "};
    for (size_t i = 0; i < sizeof blanks / sizeof blanks[0]; i++) {
        struct search_request q = SEARCH_REQUEST_INIT;
        q.filter = blanks[i];
        struct search_result r;
        cr_expect_eq(search_begin(s.searcher, &q, &r, NULL), 0, "%zu", i);
        cr_expect_eq(r.total, 1);
        search_end(s.searcher);
    }
    shop_close(&s);
}
