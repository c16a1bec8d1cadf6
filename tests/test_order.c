/* Sorting and paging: every page of a heap is the same page of a full sort. */
#include "query/order.h"

#include "tests/test_query.h"

enum { N = 4300 };

struct row {
    const json_t *product;
    uint32_t doc;
    float score;
};

struct catalogue {
    struct shop shop;
    json_t *products[N];
    struct row rows[N];
    uint64_t seed;
};

static json_t *random_product(uint64_t *seed, int i)
{
    static const char *const brands[] = {"Acme", "acme", "Zoë", "Émile", "携帯電話", "10", "9", ""};
    json_t *p = json_object();
    json_object_set_new(p, "id", json_sprintf("p%d", i));
    json_object_set_new(p, "title", json_sprintf("thing %d", i % 9));
    if (draw(seed, 4)) json_object_set_new(p, "price", json_real((int)draw(seed, 60) / 4.0 - 3));
    if (draw(seed, 3)) json_object_set_new(p, "popularity", json_integer(draw(seed, 5)));
    if (draw(seed, 5)) json_object_set_new(p, "brand", json_string(brands[draw(seed, 8)]));
    if (draw(seed, 2)) json_object_set_new(p, "weight", json_real(draw(seed, 50) / 4.0));
    return p;
}

static void open_catalogue(struct catalogue *c, uint64_t seed)
{
    struct buf lines = BUF_INIT(8 << 20);
    memset(c, 0, sizeof *c);
    c->seed = seed;
    for (int i = 0; i < N; i++) {
        c->products[i] = random_product(&c->seed, i);
        char *line = json_dumps(c->products[i], JSON_COMPACT);
        buf_printf(&lines, "%s\n", line);
        free(line);
    }
    shop_open(&c->shop, lines.data);
    struct snapshot *s = shop_begin(&c->shop);
    for (int i = 0; i < N; i++) {
        const char *id = json_string_value(json_object_get(c->products[i], "id"));
        uint32_t doc = snapshot_find(s, id, strlen(id));
        c->rows[i] = (struct row){c->products[i], doc, (float)(doc * 2654435761u % 13) / 13};
    }
    buf_release(&lines);
}

static void close_catalogue(struct catalogue *c)
{
    snapshot_end(searcher_snapshot(c->shop.searcher));
    for (int i = 0; i < N; i++) json_decref(c->products[i]);
    shop_close(&c->shop);
}

static float score_of(void *arg, uint32_t doc)
{
    ++*(unsigned *)arg;
    return (float)(doc * 2654435761u % 13) / 13;
}

/* ---- the full sort ---- */

struct keys {
    const struct sort_key *list;
    size_t n;
};

/* 0: a number, 1: other text, 2: nothing there. Text that reads as a number is one. */
static int rank_of(const json_t *v, double *number)
{
    char *end;
    if (!v) return 2;
    if (json_is_number(v)) return *number = json_number_value(v), 0;
    *number = strtod(json_string_value(v), &end);
    return *end || end == json_string_value(v);
}

static int compare_rows(const void *x, const void *y, void *arg)
{
    const struct row *a = x, *b = y;
    const struct keys *keys = arg;
    for (size_t i = 0; i < keys->n; i++) {
        const json_t *v = json_object_get(a->product, keys->list[i].field), *w = json_object_get(b->product, keys->list[i].field);
        double m = 0, n = 0;
        int ra = rank_of(v, &m), rb = rank_of(w, &n);
        if ((ra == 2) != (rb == 2)) return ra == 2 ? 1 : -1; /* missing ones are last in both directions */
        if (ra == 2) continue;
        int c = ra != rb ? ra - rb : ra ? strcmp(json_string_value(v), json_string_value(w)) : (m > n) - (m < n);
        if (c) return keys->list[i].descending ? -c : c;
    }
    if (a->score != b->score) return a->score > b->score ? -1 : 1;
    return a->doc > b->doc ? -1 : 1;
}

static const struct {
    const char *name;
    struct sort_key keys[3];
    size_t n;
} orders[] = {{"score", {{NULL, false}}, 0},
              {"price up", {{"price", false}}, 1},
              {"price down", {{"price", true}}, 1},
              {"brand up", {{"brand", false}}, 1},
              {"brand down", {{"brand", true}}, 1},
              {"weight, kept in a dictionary", {{"weight", false}}, 1},
              {"popularity down, price up", {{"popularity", true}, {"price", false}}, 2},
              {"brand, popularity, price", {{"brand", false}, {"popularity", false}, {"price", true}}, 3},
              {"price twice", {{"price", false}, {"price", true}}, 2},
              {"brand twice", {{"brand", true}, {"brand", false}}, 2}};

static void check_page(struct catalogue *c, const uint64_t *set, const struct row *sorted, uint32_t total, size_t o,
                       uint32_t offset, uint32_t limit)
{
    struct arena a = ARENA_INIT;
    struct errmsg e = {0};
    uint32_t *docs = ARENA_NEW(&a, uint32_t, limit), n = 99, expected = offset >= total ? 0 : total - offset;
    unsigned calls = 0;
    if (expected > limit) expected = limit;
    int rc = order_page(searcher_snapshot(c->shop.searcher), set, orders[o].keys, orders[o].n, score_of, &calls, offset, limit,
                        &a, docs, &n, &e);
    cr_assert_eq(rc, 0, "%s: %s", orders[o].name, e.text);
    cr_assert_eq(n, expected, "%s: %u from %u on: %u of %u", orders[o].name, limit, offset, n, expected);
    for (uint32_t i = 0; i < n; i++) cr_assert_eq(docs[i], sorted[offset + i].doc, "%s: place %u", orders[o].name, offset + i);
    arena_release(&a);
}

/* A random set, sorted whole; then pages of it. */
static void check_order(struct catalogue *c, size_t o)
{
    static const uint32_t limits[] = {0, 1, 2, 20, 1000};
    struct row *sorted = ARENA_NEW(&c->shop.arena, struct row, N);
    uint32_t n_docs = snapshot_docs(searcher_snapshot(c->shop.searcher)), total = 0, share = 1 + draw(&c->seed, 100);
    uint64_t *set = arena_zero(&c->shop.arena, (bits_words(n_docs) + 1) * 8);
    for (int i = 0; i < N; i++)
        if (draw(&c->seed, 100) < share) bits_set(set, c->rows[i].doc), sorted[total++] = c->rows[i];
    struct keys keys = {orders[o].keys, orders[o].n};
    qsort_r(sorted, total, sizeof *sorted, compare_rows, &keys);
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        check_page(c, set, sorted, total, o, 0, limits[i]);
        check_page(c, set, sorted, total, o, draw(&c->seed, total + 1), limits[i]);
        check_page(c, set, sorted, total, o, total ? total - 1 : 0, limits[i]);
        check_page(c, set, sorted, total, o, total, limits[i]);
        check_page(c, set, sorted, total, o, OFFSET_MAX, limits[i]);
    }
    check_page(c, set, sorted, total, o, 0, N);
}

Test(order, pages_of_the_heap_are_pages_of_a_full_sort)
{
    struct catalogue c;
    open_catalogue(&c, 3);
    for (size_t o = 0; o < sizeof orders / sizeof orders[0]; o++)
        for (int round = 0; round < 4; round++) check_order(&c, o);
    close_catalogue(&c);
}

Test(order, an_empty_set_has_no_page)
{
    struct catalogue c;
    open_catalogue(&c, 4);
    uint64_t *set = arena_zero(&c.shop.arena, (bits_words(snapshot_docs(searcher_snapshot(c.shop.searcher))) + 1) * 8);
    for (size_t o = 0; o < sizeof orders / sizeof orders[0]; o++) {
        check_page(&c, set, NULL, 0, o, 0, 20);
        check_page(&c, set, NULL, 0, o, 7, 20);
    }
    close_catalogue(&c);
}

Test(order, a_field_that_no_product_has_is_a_mistake)
{
    struct shop s;
    shop_open(&s, "{\"id\":\"a\",\"title\":\"a\",\"price\":1}\n");
    struct search_request q = shop_request(&s, "{'sort':['price:asc','colour:desc']}");
    struct search_result r;
    struct errmsg e = {0};
    cr_expect_eq(search_begin(s.searcher, &q, &r, &e), ERR_INPUT);
    cr_expect_str_eq(e.text, "sort: no product has a field \"colour\"");
    search_end(s.searcher);
    shop_close(&s);
}
