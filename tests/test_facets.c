/* Counts and statistics against counting by hand, over more than one block of a column, with dead documents between. */
#include "query/facets.h"

#include "tests/test_query.h"

#include <math.h>

enum { N = 4500, SHOWN = FACET_VALUES };

struct catalogue {
    struct shop shop;
    json_t *products[N];
    uint32_t docs[N];
    uint64_t seed;
};

static const char *const paths[] = {"A", "A > B", "A > B > C", "A > D", "E > B"};

static json_t *random_product(uint64_t *seed, int i)
{
    json_t *p = json_object(), *attributes = json_object(), *colors = json_array();
    json_object_set_new(p, "id", json_sprintf("p%d", i));
    json_object_set_new(p, "title", json_sprintf("thing %d", i % 9));
    json_object_set_new(p, "brand", json_sprintf("brand %u", draw(seed, 1 + draw(seed, 150))));
    if (draw(seed, 2)) json_object_set_new(p, "category", json_string(paths[draw(seed, 5)]));
    if (draw(seed, 4)) json_object_set_new(p, "price", json_real((int)draw(seed, 400) / 4.0 - 10));
    if (i == 4200) json_object_set_new(p, "list_price", json_integer(7)); /* one product of the last block */
    for (uint32_t k = draw(seed, 4); k; k--) json_array_append_new(colors, json_string(draw(seed, 2) ? "red" : "blue"));
    json_object_set_new(attributes, "color", colors);
    json_object_set_new(attributes, "size", draw(seed, 2) ? json_integer(draw(seed, 5)) : json_string("XL"));
    json_object_set_new(attributes, "eco", json_boolean(draw(seed, 2)));
    json_object_set_new(p, "attributes", attributes);
    return p;
}

static void open_catalogue(struct catalogue *c, uint64_t seed)
{
    struct buf lines = BUF_INIT(8 << 20);
    memset(c, 0, sizeof *c);
    c->seed = seed;
    for (int round = 0; round < 2; round++) /* the second time, texts changed: every tenth gets a new number */
        for (int i = 0; i < N; i += round ? 10 : 1) {
            json_decref(c->products[i]);
            c->products[i] = random_product(&c->seed, i);
            if (round) json_object_set_new(c->products[i], "description", json_string("second edition"));
            char *line = json_dumps(c->products[i], JSON_COMPACT);
            buf_printf(&lines, "%s\n", line);
            free(line);
        }
    shop_open(&c->shop, lines.data);
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

/* ---- counting by hand: a JSON object from value to count ---- */

static void count(json_t *counts, const char *value)
{
    json_object_set_new(counts, value, json_integer(json_integer_value(json_object_get(counts, value)) + 1));
}

/* Every value of one product once; a category with all steps of its path. */
static void count_values(json_t *counts, const json_t *v)
{
    json_t *mine = json_object();
    const char *key;
    json_t *one;
    for (size_t i = 0; v && i < (json_is_array(v) ? json_array_size(v) : 1); i++) {
        const json_t *x = json_is_array(v) ? json_array_get(v, i) : v;
        char text[64];
        if (json_is_string(x)) snprintf(text, sizeof text, "%s", json_string_value(x));
        if (json_is_integer(x)) snprintf(text, sizeof text, "%lld", (long long)json_integer_value(x));
        if (json_is_boolean(x)) snprintf(text, sizeof text, "%s", json_is_true(x) ? "true" : "false");
        for (char *p = text; (p = strstr(p, " > ")) != NULL; p += 3) {
            json_t *step = json_stringn(text, (size_t)(p - text));
            json_object_set_new(mine, json_string_value(step), json_true());
            json_decref(step);
        }
        json_object_set_new(mine, text, json_true());
    }
    json_object_foreach(mine, key, one) count(counts, key);
    json_decref(mine);
}

static json_t *count_by_hand(const struct catalogue *c, const char *field, const bool in[N])
{
    json_t *counts = json_object();
    for (int i = 0; i < N; i++) {
        if (!in[i]) continue;
        const json_t *attributes = json_object_get(c->products[i], "attributes");
        count_values(counts, !strncmp(field, "attributes.", 11) ? json_object_get(attributes, field + 11)
                                                                : json_object_get(c->products[i], field));
    }
    return counts;
}

static void check_facet(const struct facet *f, json_t *counts)
{
    size_t values = json_object_size(counts);
    cr_assert_eq(f->n, values < SHOWN ? values : SHOWN, "%s: %zu of %zu values", f->field, f->n, values);
    for (size_t i = 0; i < f->n; i++) {
        cr_assert_eq(f->values[i].count, json_integer_value(json_object_get(counts, f->values[i].text)), "%s = %s", f->field,
                     f->values[i].text);
        cr_assert_eq(f->values[i].n, strlen(f->values[i].text));
        if (!i) continue;
        const struct facet_value *a = &f->values[i - 1], *b = &f->values[i];
        cr_assert(a->count > b->count || (a->count == b->count && strcmp(a->text, b->text) < 0), "%s before %s", a->text,
                  b->text);
    }
    json_t *left;
    const char *key;
    for (size_t i = 0; i < f->n; i++) json_object_del(counts, f->values[i].text);
    json_object_foreach(counts, key, left)
        cr_assert_leq(json_integer_value(left), f->values[f->n - 1].count, "%s is more frequent than what is shown", key);
}

static void check_stats(const struct catalogue *c, const struct number_stats *st, const bool in[N])
{
    double min = INFINITY, max = -INFINITY;
    uint32_t n = 0;
    for (int i = 0; i < N; i++) {
        const json_t *v = json_object_get(c->products[i], st->field);
        if (!in[i] || !v) continue;
        n++;
        min = fmin(min, json_number_value(v));
        max = fmax(max, json_number_value(v));
    }
    cr_assert_eq(st->count, n, "%s", st->field);
    cr_assert(st->min == min && st->max == max, "%s: %g to %g, not %g to %g", st->field, st->min, st->max, min, max);
}

/* ---- the suite ---- */

static const struct names all = {.list = {"brand", "category", "attributes.color", "attributes.size", "attributes.eco", "price",
                                          "list_price", "price", "nothing"},
                                 .n = 9};

Test(facets, counts_over_any_set_are_those_made_by_hand)
{
    struct catalogue c;
    open_catalogue(&c, 7);
    struct snapshot *s = searcher_snapshot(c.shop.searcher);
    static const uint32_t shares[] = {1, 1000, 0, 500, 20}; /* in thousandths */
    for (size_t k = 0; k < sizeof shares / sizeof shares[0]; k++) {
        struct arena a = ARENA_INIT;
        uint64_t *set = arena_zero(&a, (bits_words(snapshot_docs(s)) + 1) * 8);
        bool in[N] = {false};
        struct facet *facets;
        struct number_stats *stats;
        size_t n_facets, n_stats;
        for (int i = 0; i < N; i++)
            if (draw(&c.seed, 1000) < shares[k]) in[i] = true, bits_set(set, c.docs[i]);
        cr_assert_eq(facets_compute(s, &all, set, &a, &facets, &n_facets, &stats, &n_stats), 0);
        cr_assert_eq(n_facets, 6, "numbers have statistics instead");
        for (size_t i = 0; i < n_facets; i++) {
            json_t *counts = count_by_hand(&c, facets[i].field, in);
            check_facet(&facets[i], counts);
            json_decref(counts);
        }
        for (size_t i = 0; i < n_stats; i++) check_stats(&c, &stats[i], in);
        cr_assert_eq(n_stats, (size_t)in[4200] + (shares[k] > 0), "price once, list_price where a product has it");
        arena_release(&a);
    }
    close_catalogue(&c);
}

Test(facets, a_number_and_a_text_that_look_alike_are_one_value)
{
    struct shop s;
    shop_open(&s, "{\"id\":\"a\",\"title\":\"a\",\"attributes\":{\"size\":5}}\n"
                  "{\"id\":\"b\",\"title\":\"b\",\"attributes\":{\"size\":\"5\"}}\n"
                  "{\"id\":\"c\",\"title\":\"c\",\"attributes\":{\"size\":[5,\"5\"]}}\n");
    struct search_request q = shop_request(&s, "{'facets':['attributes.size']}");
    struct search_result r = shop_search(&s, &q);
    cr_assert_eq(r.facets[0].n, 1);
    cr_expect_eq(r.facets[0].values[0].count, 3);
    search_end(s.searcher);
    shop_close(&s);
}

Test(facets, price_statistics_come_unasked_and_only_where_there_are_prices)
{
    struct shop s;
    shop_open(&s, "{\"id\":\"a\",\"title\":\"a\",\"price\":3}\n{\"id\":\"b\",\"title\":\"b\"}\n");
    struct search_request q = shop_request(&s, "{}"), none = shop_request(&s, "{'filter':'id = b'}");
    struct search_result r = shop_search(&s, &q);
    cr_assert_eq(r.n_stats, 1);
    cr_expect(r.stats[0].min == 3 && r.stats[0].max == 3 && r.stats[0].count == 1);
    search_end(s.searcher);
    r = shop_search(&s, &none);
    cr_expect_eq(r.n_stats, 0);
    search_end(s.searcher);
    shop_close(&s);
}
