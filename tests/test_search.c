/* What must hold for every query, whatever the mode and the model: on the sample catalogue. */
#include "query/search.h"

#include "tests/test_query.h"

#include <math.h>

static const char *const modes[] = {"hybrid", "semantic", "lexical"};

struct sample {
    struct shop shop;
    const char *queries[600];
    size_t n;
};

/* The texts of bench/sample/queries.tsv, and some that no shopper would type. */
static void open_sample(struct sample *s)
{
    static const char *const odd[] = {"", " ", "a", "42", "de", "!?", "qwzxv asdfgh", "的", "\"quoted\" AND <b>", "0", "١٢٣٤٥"};
    shop_open_sample(&s->shop);
    s->n = 0;
    for (char *p = shop_read(&s->shop, "bench/sample/queries.tsv"); *p && s->n < 580;) {
        char *line = p, *text = strchr(strchr(p, '\t') + 1, '\t') + 1;
        p += strcspn(line, "\n") + 1;
        s->queries[s->n++] = arena_strn(&s->shop.arena, text, strcspn(text, "\t\n"));
    }
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) s->queries[s->n++] = odd[i];
}

static struct search_request ask(const char *q, int mode, uint32_t limit)
{
    struct search_request r = SEARCH_REQUEST_INIT;
    r.q = q;
    r.q_n = strlen(q);
    r.mode = (enum search_mode)mode;
    r.limit = limit;
    return r;
}

/* The whole set of a request as bits, in the shop's arena. */
static uint64_t *set_of(struct sample *s, const struct search_request *q, uint32_t *total)
{
    struct search_result r = shop_search(&s->shop, q);
    uint64_t *set = arena_dup(&s->shop.arena, r.set, bits_words(snapshot_docs(searcher_snapshot(s->shop.searcher))) * 8);
    *total = r.total;
    search_end(s->shop.searcher);
    return set;
}

/* ---- paging ---- */

static void check_scores(const struct search_result *r, const char *q)
{
    for (uint32_t i = 0; i < r->n_hits; i++) {
        cr_assert(r->hits[i].score >= 0 && r->hits[i].score <= 1, "%s: score %g", q, (double)r->hits[i].score);
        cr_assert(!i || r->hits[i].score <= r->hits[i - 1].score, "%s: place %u rises", q, i);
        cr_assert(r->hits[i].identifier == (r->hits[i].score == 1), "%s: 1 is for identifiers", q);
        cr_assert(r->hits[i].coverage >= 0 && r->hits[i].coverage <= 1.0001f && r->hits[i].lexical >= 0 &&
                  r->hits[i].lexical <= 1.0001f);
        cr_assert(isnan(r->hits[i].cosine) || fabsf(r->hits[i].cosine) <= 1.0001f);
    }
}

/* Walks all pages of this size and compares them with the one that has everything. */
static void walk(struct sample *s, const char *text, int mode, uint32_t limit)
{
    struct search_request q = ask(text, mode, LIMIT_MAX);
    struct search_result r = shop_search(&s->shop, &q);
    uint32_t total = r.total, n = r.n_hits, at = 0, docs[LIMIT_MAX];
    bool browsing = !text[strspn(text, " ")];
    uint64_t seen[LIMIT_MAX] = {0};
    if (!browsing) check_scores(&r, text);
    for (uint32_t i = 0; i < n; i++) {
        docs[i] = r.hits[i].doc;
        cr_assert(!bits_get(seen, docs[i]), "%s: twice", text);
        cr_assert(bits_get(r.set, docs[i]));
        bits_set(seen, docs[i]);
    }
    search_end(s->shop.searcher);
    cr_assert_eq(n, total, "%s: the sample fits into one page", text);
    q.limit = limit;
    for (q.offset = 0; q.offset <= total; q.offset += limit) {
        r = shop_search(&s->shop, &q);
        cr_assert_eq(r.total, total, "%s: the total depends on the page", text);
        for (uint32_t i = 0; i < r.n_hits; i++) cr_assert_eq(r.hits[i].doc, docs[at++], "%s: place %u", text, at - 1);
        search_end(s->shop.searcher);
    }
    cr_assert_eq(at, total, "%s, %s, pages of %u: %u of %u", text, modes[mode], limit, at, total);
}

Test(search, paging_walks_exactly_the_total)
{
    static const uint32_t limits[] = {1, 7, 20, 999};
    struct sample s;
    open_sample(&s);
    for (size_t i = 0; i < s.n; i++)
        for (int mode = 0; mode < 3; mode++) walk(&s, s.queries[i], mode, limits[i % 16 ? 2 + i % 2 : i / 16 % 4]);
    shop_close(&s.shop);
}

Test(search, a_sorted_page_walks_the_same_set)
{
    struct sample s;
    open_sample(&s);
    for (size_t i = 0; i < s.n; i += 9) {
        struct search_request q = ask(s.queries[i], MODE_HYBRID, LIMIT_MAX);
        uint32_t plain, sorted;
        uint64_t *set = set_of(&s, &q, &plain);
        q.sorts[0] = (struct sort_key){"price", true};
        q.n_sorts = 1;
        uint64_t *same = set_of(&s, &q, &sorted);
        cr_assert_eq(plain, sorted);
        cr_assert_eq(memcmp(set, same, bits_words(320) * 8), 0);
    }
    shop_close(&s.shop);
}

/* ---- filters and facets ---- */

static const char *const filters[] = {
    "price < 50",           "availability = in_stock",        "NOT brand EXISTS",
    "lang IN [de, fr, ja]", "lang != en AND price 10 TO 200", "attributes.color = \"red\" OR attributes.color EXISTS"};

Test(search, a_filter_leaves_every_hit_that_passes_it)
{
    struct sample s;
    open_sample(&s);
    for (size_t i = 0; i < s.n; i += 2)
        for (int mode = 0; mode < 3; mode++) {
            struct search_request q = ask(s.queries[i], mode, 0), all = ask("", mode, 0);
            uint32_t n, n_passing, n_filtered;
            uint64_t *set = set_of(&s, &q, &n);
            q.filter = all.filter = filters[i / 2 % (sizeof filters / sizeof filters[0])];
            uint64_t *passing = set_of(&s, &all, &n_passing), *filtered = set_of(&s, &q, &n_filtered);
            for (size_t w = 0; w < bits_words(320); w++) {
                cr_assert_eq(filtered[w] & ~passing[w], 0, "%s, %s: something does not pass", s.queries[i], q.filter);
                cr_assert_eq(set[w] & passing[w] & ~filtered[w], 0, "%s, %s, %s: a hit is missing", s.queries[i], modes[mode],
                             q.filter);
                if (mode == MODE_LEXICAL) cr_assert_eq(filtered[w], set[w] & passing[w], "%s, %s", s.queries[i], q.filter);
            }
        }
    shop_close(&s.shop);
}

static void check_facets(struct sample *s, const struct search_request *q)
{
    struct search_result r = shop_search(&s->shop, q);
    json_t *counts = json_object();
    uint32_t sum = 0;
    double min = INFINITY, max = -INFINITY;
    struct bits_iter it = bits_begin(r.set, snapshot_docs(searcher_snapshot(s->shop.searcher)));
    for (uint32_t doc; (doc = bits_next(&it)) != UINT32_MAX;) {
        json_t *p = shop_product(&s->shop, doc);
        const char *brand = json_string_value(json_object_get(p, "brand"));
        double price = json_number_value(json_object_get(p, "price"));
        json_object_set_new(counts, brand, json_integer(json_integer_value(json_object_get(counts, brand)) + 1));
        min = fmin(min, price), max = fmax(max, price);
        json_decref(p);
    }
    for (size_t i = 0; i < r.facets[0].n; i++)
        cr_assert_eq(r.facets[0].values[i].count, json_integer_value(json_object_get(counts, r.facets[0].values[i].text)));
    cr_assert(r.facets[0].n == json_object_size(counts) || r.facets[0].n == FACET_VALUES);
    for (size_t i = 0; i < r.facets[1].n; i++) sum += r.facets[1].values[i].count;
    cr_assert_eq(sum, r.total, "%s: every product has an availability: %u of %u", q->q, sum, r.total);
    if (r.total) cr_assert(r.stats[0].min == min && r.stats[0].max == max && r.stats[0].count == r.total);
    json_decref(counts);
    search_end(s->shop.searcher);
}

Test(search, facets_count_the_set_that_the_pages_walk)
{
    struct sample s;
    open_sample(&s);
    for (size_t i = 0; i < s.n; i += 3)
        for (int mode = 0; mode < 3; mode++) {
            struct search_request q = ask(s.queries[i], mode, 5);
            q.facets = (struct names){.list = {"brand", "availability"}, .n = 2};
            if (i % 2) q.filter = "price < 100";
            check_facets(&s, &q);
        }
    shop_close(&s.shop);
}

/* ---- identifiers ---- */

static const char *const identifiers[][2] = {
    {"2055040645849", "de-0001"},  {"2-055040-645849", "de-0001"},  {"2 055040 645849", "de-0001"},
    {"02055040645849", "de-0001"}, {"0002055040645849", "de-0001"}, {" 2055040645849 ", "de-0001"},
    {"LV-3960-LV", "de-0001"},     {"lv-3960-lv", "de-0001"},       {"LV3960LV", "de-0001"},
    {"lv 3960 lv", "de-0001"},     {"Lv_3960.lV", "de-0001"},       {"２０５５０４０６４５８４９", "de-0001"},
    {"٢٠٥٥٠٤٠٦٤٥٨٤٩", "de-0001"},  {"2210031271470", "de-0002"},    {"gr-7918-sn", "de-0002"},
};

Test(search, an_identifier_is_first_however_it_is_written)
{
    struct sample s;
    open_sample(&s);
    for (size_t i = 0; i < sizeof identifiers / sizeof identifiers[0]; i++)
        for (int mode = 0; mode < 3; mode++) {
            struct search_request q = ask(identifiers[i][0], mode, 10);
            struct search_result r = shop_search(&s.shop, &q);
            cr_expect(r.identifier, "%s is not known as an identifier", q.q);
            cr_assert_geq(r.n_hits, 1, "%s, %s", q.q, modes[mode]);
            cr_expect_str_eq(shop_id(&s.shop, r.hits[0].doc), identifiers[i][1], "%s", q.q);
            cr_expect(r.hits[0].identifier && r.hits[0].score == 1);
            if (r.n_hits > 1) cr_expect(!r.hits[1].identifier && r.hits[1].score < 1, "%s", q.q);
            search_end(s.shop.searcher);
        }
    shop_close(&s.shop);
}

Test(search, an_identifier_among_words_is_first_and_the_words_count_too)
{
    static const char *const with[][2] = {
        {"Grovanti GR-7918-SN", "de-0002"}, {"EAN 2210031271470", "de-0002"}, {"lv-3960-lv, dress", "de-0001"}};
    static const char *const without[] = {"dress 3960", "LV 3960 dress", "size 12345 shoes"};
    struct sample s;
    open_sample(&s);
    for (size_t i = 0; i < sizeof with / sizeof with[0]; i++)
        for (int mode = 0; mode < 3; mode++) {
            struct search_request q = ask(with[i][0], mode, 10);
            struct search_result r = shop_search(&s.shop, &q);
            cr_expect(!r.identifier, "%s is more than an identifier", q.q);
            cr_assert_geq(r.n_hits, 1, "%s, %s", q.q, modes[mode]);
            cr_expect_str_eq(shop_id(&s.shop, r.hits[0].doc), with[i][1], "%s", q.q);
            cr_expect(r.hits[0].identifier && r.hits[0].score == 1);
            cr_expect(mode != MODE_HYBRID || r.n_hits > 1, "%s: the other words find nothing", q.q);
            search_end(s.shop.searcher);
        }
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++) {
        struct search_request q = ask(without[i], MODE_HYBRID, 1);
        struct search_result r = shop_search(&s.shop, &q);
        cr_expect(!r.n_hits || !r.hits[0].identifier, "%s", q.q);
        search_end(s.shop.searcher);
    }
    shop_close(&s.shop);
}

Test(search, every_gtin_and_sku_of_the_catalogue_finds_its_product)
{
    struct sample s;
    open_sample(&s);
    uint32_t docs = snapshot_docs(shop_begin(&s.shop));
    snapshot_end(searcher_snapshot(s.shop.searcher));
    for (uint32_t doc = 0; doc < docs; doc++) {
        shop_begin(&s.shop);
        json_t *p = shop_product(&s.shop, doc);
        snapshot_end(searcher_snapshot(s.shop.searcher));
        for (int k = 0; k < 2; k++) {
            struct search_request q = ask(json_string_value(json_object_get(p, k ? "sku" : "gtin")), MODE_HYBRID, 1);
            struct search_result r = shop_search(&s.shop, &q);
            cr_assert(r.n_hits == 1 && r.hits[0].doc == doc, "%s", q.q);
            search_end(s.shop.searcher);
        }
        json_decref(p);
    }
    shop_close(&s.shop);
}

/* Digits with a right check digit, near those of the catalogue, as people write them. */
static const char *random_gtin(struct sample *s, uint64_t *seed)
{
    static const char *const forms[] = {"%.1s%.6s%.6s", "%.1s-%.6s-%.6s", "%.1s %.6s %.6s", "0%.1s%.6s%.6s"};
    char d[14] = "2055040645849";
    int sum = 0;
    for (int i = 3 + (int)draw(seed, 8); i < 12; i++) d[i] = (char)('0' + draw(seed, 10));
    for (int i = 0; i < 12; i++) sum += (d[i] - '0') * (i % 2 ? 3 : 1);
    d[12] = (char)('0' + (10 - sum % 10) % 10);
    const char *form = forms[draw(seed, 4)];
    return arena_printf(&s->shop.arena, form, d, d + 1, d + 7);
}

Test(search, a_gtin_that_no_product_has_finds_nothing_near_it)
{
    struct sample s;
    uint64_t seed = 5;
    open_sample(&s);
    for (int i = 0; i < 1000; i++) {
        struct search_request q = ask(random_gtin(&s, &seed), i % 3, 10);
        struct search_result r = shop_search(&s.shop, &q);
        if (!r.identifier)
            cr_assert_eq(r.total, 0, "%s, %s: %u hits, the first is %s", q.q, modes[i % 3], r.total,
                         shop_id(&s.shop, r.hits[0].doc));
        search_end(s.shop.searcher);
    }
    shop_close(&s.shop);
}

Test(search, numbers_in_other_products_are_no_part_of_a_gtin)
{
    struct shop s;
    shop_open(&s, "{\"id\":\"a\",\"title\":\"case 2 for 40064 bottles\",\"description\":\"978 3 16\"}\n");
    for (int mode = 0; mode < 3; mode++) {
        static const char *const gtins[] = {"978-3-16-148410-0", "2 40064 000000 5", "2-40064-00000-5"};
        for (size_t i = 0; i < 3; i++) {
            struct search_request q = ask(gtins[i], mode, 10);
            struct search_result r = shop_search(&s, &q);
            cr_expect_eq(r.total, 0, "%s, %s", gtins[i], modes[mode]);
            search_end(s.searcher);
        }
    }
    shop_close(&s);
}

Test(search, a_filter_holds_for_identifiers_too)
{
    struct sample s;
    open_sample(&s);
    cr_expect_str_eq(shop_ids(&s.shop, "{'q':'LV-3960-LV','filter':'id = \\'de-0002\\''}"), "");
    shop_close(&s.shop);
}

/* ---- browsing ---- */

Test(search, an_empty_query_browses_by_popularity_then_newest)
{
    struct shop s;
    shop_open(&s, "{\"id\":\"a\",\"title\":\"a\",\"popularity\":3}\n{\"id\":\"b\",\"title\":\"b\"}\n"
                  "{\"id\":\"c\",\"title\":\"c\",\"popularity\":9}\n{\"id\":\"d\",\"title\":\"d\",\"popularity\":3}\n"
                  "{\"id\":\"e\",\"title\":\"e\"}\n{\"id\":\"f\",\"title\":\"f\",\"popularity\":-1}\n");
    static const char *const empty[] = {
        "{}", "{'q':''}", "{'q':'  \\t\\n'}", "{'q':'　\\u00a0\\u200b'}", "{'q':'','mode':'lexical'}", "{'mode':'semantic'}"};
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) cr_expect_str_eq(shop_ids(&s, empty[i]), "c d a f e b");
    cr_expect_str_eq(shop_ids(&s, "{'sort':['popularity:asc']}"), "f d a c e b");
    cr_expect_str_eq(shop_ids(&s, "{'limit':2,'offset':1}"), "d a");
    shop_close(&s);
}

Test(search, an_index_without_popularity_or_products_can_be_browsed)
{
    struct shop s;
    shop_open(&s, "{\"id\":\"a\",\"title\":\"a\"}\n{\"id\":\"b\",\"title\":\"b\"}\n");
    cr_expect_str_eq(shop_ids(&s, "{}"), "b a");
    shop_import(&s, "{\"id\":\"a\",\"deleted\":true}\n{\"id\":\"b\",\"deleted\":true}\n", false);
    cr_expect_str_eq(shop_ids(&s, "{}"), "");
    cr_expect_str_eq(shop_ids(&s, "{'q':'a'}"), "");
    shop_close(&s);
}

/* ---- what changes ---- */

static bool finds(struct shop *s, const char *json, const char *id)
{
    const char *ids = shop_ids(s, json), *at = strstr(ids, id);
    return at && (at == ids || at[-1] == ' ');
}

Test(search, a_deleted_product_is_gone_from_every_lane)
{
    static const char *const questions[] = {"{'q':'Grovanti Damen Sneaker Rondo','mode':'lexical','limit':1000}",
                                            "{'q':'Grovanti Damen Sneaker Rondo','mode':'semantic','limit':1000}",
                                            "{'q':'Grovanti Damen Sneaker Rondo','limit':1000}",
                                            "{'q':'GR-7918-SN'}",
                                            "{'q':'2210031271470'}",
                                            "{'limit':1000}",
                                            "{'filter':'id = \\\"de-0002\\\"'}",
                                            "{'filter':'NOT id = x','limit':1000}",
                                            "{'sort':['price:asc'],'limit':1000}"};
    struct sample s;
    struct search_request q = ask("", MODE_HYBRID, 1000);
    uint32_t before, after;
    open_sample(&s);
    set_of(&s, &q, &before);
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++)
        cr_assert(finds(&s.shop, questions[i], "de-0002"), "%s", questions[i]);
    shop_import(&s.shop, "{\"id\":\"de-0002\",\"deleted\":true}", false);
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++)
        cr_expect(!finds(&s.shop, questions[i], "de-0002"), "%s", questions[i]);
    set_of(&s, &q, &after);
    cr_expect_eq(after, before - 1);
    struct search_result r;
    cr_expect_eq(search_similar_begin(s.shop.searcher, "de-0002", 7, &q, &r, NULL), ERR_NOT_FOUND);
    search_end(s.shop.searcher);
    shop_close(&s.shop);
}

Test(search, an_update_of_price_shows_everywhere)
{
    struct sample s;
    open_sample(&s);
    shop_import(&s.shop, "{\"id\":\"de-0002\",\"price\":0.5}", true);
    cr_expect_str_eq(shop_ids(&s.shop, "{'filter':'price < 0.6'}"), "de-0002");
    cr_expect_str_eq(shop_ids(&s.shop, "{'sort':['price:asc'],'limit':1}"), "de-0002");
    cr_expect(finds(&s.shop, "{'q':'Grovanti Sneaker'}", "de-0002"), "its words are still there");
    struct search_request q = shop_request(&s.shop, "{'q':'GR-7918-SN'}");
    struct search_result r = shop_search(&s.shop, &q);
    cr_expect(r.stats[0].min == 0.5);
    json_t *p = shop_product(&s.shop, r.hits[0].doc);
    cr_expect(json_number_value(json_object_get(p, "price")) == 0.5);
    json_decref(p);
    search_end(s.shop.searcher);
    shop_close(&s.shop);
}

Test(search, a_replaced_text_is_found_by_its_new_words_only)
{
    struct shop s;
    shop_open(&s,
              "{\"id\":\"a\",\"title\":\"granite worktop\",\"sku\":\"AB-1234\"}\n{\"id\":\"b\",\"title\":\"wooden spoon\"}\n");
    shop_import(&s, "{\"id\":\"a\",\"title\":\"velvet curtain\",\"sku\":\"AB-5678\"}\n", false);
    cr_expect_str_eq(shop_ids(&s, "{'q':'velvet curtain','mode':'lexical'}"), "a");
    cr_expect_str_eq(shop_ids(&s, "{'q':'granite worktop','mode':'lexical'}"), "");
    cr_expect_str_eq(shop_ids(&s, "{'q':'ab5678','mode':'lexical'}"), "a");
    cr_expect_str_eq(shop_ids(&s, "{'q':'ab1234','mode':'lexical'}"), "");
    cr_expect_str_eq(shop_ids(&s, "{}"), "a b");
    shop_close(&s);
}

/* ---- other questions ---- */

Test(search, similar_products_are_others_by_falling_score)
{
    struct sample s;
    open_sample(&s);
    uint32_t total = 0;
    for (uint32_t limit = 1; limit <= 100; limit += 9) {
        struct search_request q = ask("", MODE_HYBRID, limit);
        struct search_result r;
        cr_assert_eq(search_similar_begin(s.shop.searcher, "de-0002", 7, &q, &r, NULL), 0);
        if (limit == 1) total = r.total;
        cr_assert(total > 0 && r.total == total, "the page does not change what is similar");
        cr_assert_eq(r.n_hits, limit < total ? limit : total);
        check_scores(&r, "similar");
        for (uint32_t i = 0; i < r.n_hits; i++) cr_assert_str_neq(shop_id(&s.shop, r.hits[i].doc), "de-0002");
        search_end(s.shop.searcher);
    }
    struct search_request q = ask("", MODE_HYBRID, 10);
    q.filter = "lang = ja";
    struct search_result r;
    cr_assert_eq(search_similar_begin(s.shop.searcher, "de-0002", 7, &q, &r, NULL), 0);
    for (uint32_t i = 0; i < r.n_hits; i++) cr_assert_eq(strncmp(shop_id(&s.shop, r.hits[i].doc), "ja-", 3), 0);
    cr_assert(r.n_hits > 0 && r.n_hits <= 10);
    search_end(s.shop.searcher);
    shop_close(&s.shop);
}

Test(search, named_products_are_scored_whatever_their_rank)
{
    static const char *const ids[] = {"de-0001", "nobody", "ja-0007", "de-0001"};
    struct sample s;
    open_sample(&s);
    for (int mode = 0; mode < 3; mode++) {
        struct search_request q = ask("olivenöl nativ extra", mode, 1000);
        q.score_ids = ids;
        q.n_score_ids = 4;
        struct search_result r = shop_search(&s.shop, &q);
        cr_expect(r.scores[0] > 0 && r.scores[0] <= 1 && r.scores[0] == r.scores[3]);
        cr_expect(r.scores[1] == -1 && r.scores[2] >= 0);
        for (uint32_t i = 0; i < r.n_hits; i++)
            if (!strcmp(shop_id(&s.shop, r.hits[i].doc), ids[0])) cr_expect(r.hits[i].score == r.scores[0]);
        search_end(s.shop.searcher);
    }
    shop_close(&s.shop);
}

Test(search, the_same_question_has_the_same_answer)
{
    struct sample s;
    open_sample(&s);
    for (size_t i = 0; i < s.n; i += 5) {
        struct search_request q = ask(s.queries[i], (int)i % 3, 50), other = ask(s.queries[(i + 7) % s.n], 0, 50);
        struct search_result r = shop_search(&s.shop, &q);
        struct search_hit hits[50];
        uint32_t n = r.n_hits;
        memcpy(hits, r.hits, n * sizeof *hits);
        search_end(s.shop.searcher);
        shop_search(&s.shop, &other), search_end(s.shop.searcher);
        r = shop_search(&s.shop, &q);
        cr_assert_eq(r.n_hits, n);
        for (uint32_t k = 0; k < n; k++) cr_assert(hits[k].doc == r.hits[k].doc && hits[k].score == r.hits[k].score, "%s", q.q);
        search_end(s.shop.searcher);
    }
    shop_close(&s.shop);
}
