/* The lexical lane: what the words of a query find, in many languages. */
#include "query/lexical.h"

#include "indexer/terms.h"
#include "tests/test_query.h"

static const char catalogue[] =
    "{\"id\":\"en1\",\"lang\":\"en\",\"title\":\"Running shoes for women\",\"description\":\"Light shoes that breathe.\"}\n"
    "{\"id\":\"en2\",\"lang\":\"en\",\"title\":\"Leather shoe, black\",\"description\":\"One classic for the office.\"}\n"
    "{\"id\":\"en3\",\"lang\":\"en\",\"title\":\"Wireless keyboard with backlight\",\"description\":\"Quiet keys.\"}\n"
    "{\"id\":\"en4\",\"lang\":\"en\",\"title\":\"Battery for cameras\",\"brand\":\"Naïve\",\"description\":\"Two batteries.\"}\n"
    "{\"id\":\"de1\",\"lang\":\"de\",\"title\":\"Rotes Bücherregal aus Eiche\",\"description\":\"Ein Regal für viele Bücher.\"}\n"
    "{\"id\":\"de2\",\"lang\":\"de\",\"title\":\"Straßenkarte Süddeutschland\",\"description\":\"Karte mit allen Straßen.\"}\n"
    "{\"id\":\"fr1\",\"lang\":\"fr\",\"title\":\"Chaussures de randonnée\",\"description\":\"Pour les sentiers en été.\"}\n"
    "{\"id\":\"es1\",\"lang\":\"es\",\"title\":\"Zapatillas rojas para correr\",\"description\":\"Muy ligeras.\"}\n"
    "{\"id\":\"it1\",\"lang\":\"it\",\"title\":\"Bottiglia di vetro\",\"description\":\"Una bottiglia per l'acqua.\"}\n"
    "{\"id\":\"ru1\",\"lang\":\"ru\",\"title\":\"Красные кроссовки для бега\",\"description\":\"Лёгкая обувь.\"}\n"
    "{\"id\":\"tr1\",\"lang\":\"tr\",\"title\":\"Kırmızı ayakkabı\",\"description\":\"Hafif ve rahat.\"}\n"
    "{\"id\":\"el1\",\"lang\":\"el\",\"title\":\"Ελαιόλαδο από την Κρήτη\",\"description\":\"Εξαιρετικό παρθένο.\"}\n"
    "{\"id\":\"ar1\",\"lang\":\"ar\",\"title\":\"حذاء رياضي أحمر\",\"description\":\"خفيف ومريح.\"}\n"
    "{\"id\":\"zh1\",\"lang\":\"zh\",\"title\":\"红色运动鞋\",\"description\":\"轻便透气。\"}\n"
    "{\"id\":\"zh2\",\"lang\":\"zh\",\"title\":\"特级初榨橄榄油\",\"description\":\"来自希腊。\"}\n"
    "{\"id\":\"ja1\",\"lang\":\"ja\",\"title\":\"赤いスニーカー\",\"description\":\"軽くて丈夫な靴です。\"}\n"
    "{\"id\":\"ja2\",\"lang\":\"ja\",\"title\":\"東京都産の緑茶\",\"description\":\"香り高いお茶。\"}\n"
    "{\"id\":\"th1\",\"lang\":\"th\",\"title\":\"รองเท้าผ้าใบสีแดง\",\"description\":\"เบาและใส่สบาย\"}\n"
    "{\"id\":\"ko1\",\"lang\":\"ko\",\"title\":\"빨간 운동화\",\"description\":\"가볍고 편안합니다.\"}\n";

struct lane {
    struct shop shop;
    struct lexical *x;
    struct query_words words;
};

static void open_lane(struct lane *l, const char *lines)
{
    shop_open(&l->shop, lines);
    l->x = lexical_new();
}

static void close_lane(struct lane *l)
{
    lexical_free(l->x);
    shop_close(&l->shop);
}

static void search(struct lane *l, const char *q, size_t *n)
{
    struct snapshot *s = searcher_snapshot(l->shop.searcher);
    lexical_words(l->x, s, q, strlen(q), &l->shop.arena, &l->words);
    const struct lexical_hit *hits = lexical_search(l->x, s, &l->words, snapshot_live(s), n);
    for (size_t i = 0; i < *n; i++) {
        struct lexical_hit again = lexical_find(l->x, hits[i].doc);
        cr_assert(again.share == hits[i].share && again.coverage == hits[i].coverage);
        cr_assert(hits[i].share >= 0 && hits[i].share <= 1.0001f, "%s: share %g", q, (double)hits[i].share);
        cr_assert(hits[i].coverage >= 0 && hits[i].coverage <= 1.0001f, "%s: coverage %g", q, (double)hits[i].coverage);
    }
}

static struct lexical_hit hit_of(struct lane *l, const char *id)
{
    uint32_t doc = snapshot_find(searcher_snapshot(l->shop.searcher), id, strlen(id));
    cr_assert_neq(doc, UINT32_MAX, "%s", id);
    return lexical_find(l->x, doc);
}

static bool matches(struct lane *l, const char *id)
{
    return hit_of(l, id).coverage >= MATCH_COVERAGE;
}

/* ---- what finds what ---- */

static const struct {
    const char *query, *finds, *not_this; /* ids or NULL */
} cases[] = {
    /* as written, in any case, with or without accents */
    {"keyboard", "en3", "en1"},
    {"KEYBOARD", "en3", NULL},
    {"naive", "en4", NULL},
    {"NAÏVE", "en4", NULL},
    {"strassenkarte", "de2", NULL},
    {"bucherregal", "de1", NULL},
    {"randonnee", "fr1", NULL},
    {"ελαιολαδο", "el1", NULL},
    {"ΕΛΑΙΌΛΑΔΟ", "el1", NULL},
    {"ｋｅｙｂｏａｒｄ", "en3", NULL},
    {"kirmizi", "tr1", NULL},
    /* one and many */
    {"shoe", "en1", NULL},
    {"shoes", "en2", NULL},
    {"battery", "en4", NULL},
    {"camera", "en4", NULL},
    {"keyboards", "en3", NULL},
    {"chaussure", "fr1", NULL},
    {"zapatilla", "es1", NULL},
    {"bottiglie", "it1", NULL},
    {"rote", "de1", NULL},
    {"карты", NULL, "ru1"},
    {"красная", "ru1", NULL},
    /* slips of the finger, when the word is unknown */
    {"keyboardd", "en3", "en1"},
    {"wirelesss", "en3", NULL},
    {"bücheregal", "de1", NULL},
    {"zapatilas", "es1", NULL},
    {"кроссовкии", "ru1", NULL},
    /* without spaces: words of the dictionary, and what lies across them */
    {"运动鞋", "zh1", "zh2"},
    {"红色", "zh1", "zh2"},
    {"橄榄油", "zh2", "zh1"},
    {"スニーカー", "ja1", "ja2"},
    {"緑茶", "ja2", "ja1"},
    {"東京", "ja2", "ja1"},
    {"รองเท้า", "th1", NULL},
    {"สีแดง", "th1", NULL},
    {"운동화", "ko1", NULL},
    {"حذاء", "ar1", NULL},
    /* nothing */
    {"qwzxv", NULL, "en1"},
    {"xkcdpq zzzyx", NULL, "en3"},
    {"电视机", NULL, "zh1"},
    {"!!! ... ---", NULL, "en1"},
    {"😀", NULL, "en1"},
};

Test(lexical, words_find_what_they_name)
{
    struct lane l;
    open_lane(&l, catalogue);
    shop_begin(&l.shop);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t n;
        search(&l, cases[i].query, &n);
        if (cases[i].finds)
            cr_expect(matches(&l, cases[i].finds), "%s does not find %s: coverage %g", cases[i].query, cases[i].finds,
                      (double)hit_of(&l, cases[i].finds).coverage);
        if (cases[i].not_this) cr_expect(!matches(&l, cases[i].not_this), "%s finds %s", cases[i].query, cases[i].not_this);
    }
    snapshot_end(searcher_snapshot(l.shop.searcher));
    close_lane(&l);
}

static const char *const nonsense[] = {"qwzxv", "asdfghjkl", "xkcdpq zzzyx", "ъъщщ", "!!! ... ---", "", " ", "😀", "ㅋㅋㅋㅋ"};

Test(lexical, nonsense_matches_nothing)
{
    struct lane l;
    open_lane(&l, catalogue);
    shop_begin(&l.shop);
    for (size_t i = 0; i < sizeof nonsense / sizeof nonsense[0]; i++) {
        size_t n, matching = 0;
        struct snapshot *s = searcher_snapshot(l.shop.searcher);
        search(&l, nonsense[i], &n);
        for (uint32_t doc = 0; doc < snapshot_docs(s); doc++) matching += lexical_find(l.x, doc).coverage >= MATCH_COVERAGE;
        cr_expect_eq(matching, 0, "%s", nonsense[i]);
    }
    snapshot_end(searcher_snapshot(l.shop.searcher));
    close_lane(&l);
}

Test(lexical, the_stem_never_beats_the_exact_form)
{
    struct lane l;
    size_t n;
    open_lane(
        &l,
        "{\"id\":\"one\",\"lang\":\"en\",\"title\":\"blue shoe\"}\n{\"id\":\"two\",\"lang\":\"en\",\"title\":\"blue shoes\"}\n");
    shop_begin(&l.shop);
    search(&l, "shoes", &n);
    cr_expect(matches(&l, "one") && matches(&l, "two"));
    cr_expect_geq(hit_of(&l, "two").share, hit_of(&l, "one").share);
    search(&l, "shoe", &n);
    cr_expect(matches(&l, "one") && matches(&l, "two"));
    cr_expect_gt(hit_of(&l, "one").share, hit_of(&l, "two").share);
    snapshot_end(searcher_snapshot(l.shop.searcher));
    close_lane(&l);
}

Test(lexical, a_known_word_is_not_taken_for_a_misspelling)
{
    struct lane l;
    size_t n;
    open_lane(&l,
              "{\"id\":\"b\",\"lang\":\"en\",\"title\":\"marmelade\"}\n{\"id\":\"c\",\"lang\":\"en\",\"title\":\"marmelada\"}\n");
    shop_begin(&l.shop);
    search(&l, "marmelada", &n);
    cr_expect(matches(&l, "c") && !matches(&l, "b"));
    search(&l, "marmelado", &n);
    cr_expect(matches(&l, "b") && matches(&l, "c"), "now both are equally near");
    snapshot_end(searcher_snapshot(l.shop.searcher));
    close_lane(&l);
}

Test(lexical, numbers_are_never_taken_for_others)
{
    struct lane l;
    size_t n;
    open_lane(&l, "{\"id\":\"a\",\"title\":\"filter 123456\"}\n{\"id\":\"b\",\"title\":\"filter 123457\"}\n");
    shop_begin(&l.shop);
    search(&l, "123458", &n);
    cr_expect_eq(n, 0);
    search(&l, "123457", &n);
    cr_expect(matches(&l, "b") && !matches(&l, "a"));
    snapshot_end(searcher_snapshot(l.shop.searcher));
    close_lane(&l);
}

Test(lexical, half_of_the_weight_of_a_query_makes_a_match)
{
    struct lane l;
    size_t n;
    open_lane(&l, catalogue);
    shop_begin(&l.shop);
    search(&l, "wireless keyboard", &n);
    cr_expect_float_eq(hit_of(&l, "en3").coverage, 1, 1e-3);
    search(&l, "wireless xqzvw", &n);
    cr_expect(hit_of(&l, "en3").coverage > 0 && !matches(&l, "en3"), "the unknown half weighs more");
    search(&l, "wireless keyboard xqzvw", &n);
    cr_expect(matches(&l, "en3"), "two thirds");
    cr_expect(hit_of(&l, "en3").share < 0.8f, "and words that nobody has count in what could have been reached");
    search(&l, "wireless xqzvw ghjkx plmnb", &n);
    cr_expect(!matches(&l, "en3"), "a quarter");
    snapshot_end(searcher_snapshot(l.shop.searcher));
    close_lane(&l);
}

Test(lexical, only_documents_that_may_be_found_are_found)
{
    struct lane l;
    open_lane(&l, catalogue);
    struct snapshot *s = shop_begin(&l.shop);
    uint64_t *ok = arena_zero(&l.shop.arena, (bits_words(snapshot_docs(s)) + 1) * 8);
    bits_set(ok, snapshot_find(s, "en2", 3));
    size_t n;
    lexical_words(l.x, s, "shoes", 5, &l.shop.arena, &l.words);
    lexical_search(l.x, s, &l.words, ok, &n);
    cr_expect_eq(n, 1);
    cr_expect(matches(&l, "en2") && hit_of(&l, "en1").share == 0);
    snapshot_end(s);
    close_lane(&l);
}

Test(lexical, a_scratch_has_no_memory_of_the_query_before)
{
    struct lane l, fresh;
    open_lane(&l, catalogue);
    fresh = l;
    fresh.shop.arena = (struct arena)ARENA_INIT;
    shop_begin(&l.shop);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t n, m;
        fresh.x = lexical_new();
        search(&l, cases[i].query, &n);
        search(&fresh, cases[i].query, &m);
        cr_expect_eq(n, m, "%s", cases[i].query);
        for (uint32_t doc = 0; doc < 19; doc++)
            cr_expect(lexical_find(l.x, doc).share == lexical_find(fresh.x, doc).share, "%s", cases[i].query);
        lexical_free(fresh.x);
    }
    arena_release(&fresh.shop.arena);
    snapshot_end(searcher_snapshot(l.shop.searcher));
    close_lane(&l);
}

Test(lexical, many_segments_score_like_one)
{
    struct lane one, many;
    open_lane(&one, catalogue);
    open_lane(&many, "{\"id\":\"first\",\"title\":\"zzz\"}\n");
    shop_import(&many.shop, "{\"id\":\"first\",\"deleted\":true}", false);
    for (const char *p = catalogue; *p;) {
        size_t k = strcspn(p, "\n") + 1;
        shop_import(&many.shop, arena_strn(&many.shop.arena, p, k), false);
        p += k;
    }
    shop_begin(&one.shop);
    shop_begin(&many.shop);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t n;
        search(&one, cases[i].query, &n);
        search(&many, cases[i].query, &n);
        if (cases[i].finds)
            cr_expect_float_eq(hit_of(&one, cases[i].finds).share, hit_of(&many, cases[i].finds).share, 1e-4, "%s",
                               cases[i].query);
    }
    snapshot_end(searcher_snapshot(one.shop.searcher));
    snapshot_end(searcher_snapshot(many.shop.searcher));
    close_lane(&many);
    close_lane(&one);
}

Test(lexical, long_queries_are_cut_at_a_number_of_units)
{
    struct lane l;
    struct buf q = BUF_INIT(1 << 16);
    size_t n;
    open_lane(&l, catalogue);
    shop_begin(&l.shop);
    for (int i = 0; i < 200; i++) buf_printf(&q, "shoes%s ", i % 2 ? "" : "运动鞋");
    search(&l, q.data, &n);
    cr_expect_eq(l.words.n, UNITS_MAX);
    snapshot_end(searcher_snapshot(l.shop.searcher));
    buf_release(&q);
    close_lane(&l);
}

/* ---- highlighting ---- */

static const struct {
    const char *query, *text, *marked;
} marks[] = {
    {"shoes", "Running shoes for women", "Running [shoes] for women"},
    {"shoe", "Running SHOES, shoe", "Running [SHOES], [shoe]"},
    {"naive", "Das ist naïve Kunst", "Das ist [naïve] Kunst"},
    {"keybord", "Wireless keyboard", "Wireless [keyboard]"},
    {"strasse", "Straße", "[Straße]"},
    {"运动鞋", "红色运动鞋", "红色[运动][鞋]"},
    {"battery", "", ""},
    {"qwzxv", "nothing of it", "nothing of it"},
};

Test(lexical, spans_cover_the_words_of_the_query)
{
    struct lane l;
    open_lane(&l, catalogue);
    shop_import(&l.shop, "{\"id\":\"de3\",\"lang\":\"de\",\"title\":\"Straße\"}", false);
    struct snapshot *s = shop_begin(&l.shop);
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        struct span spans[16];
        struct buf out = BUF_INIT(4096);
        const char *text = marks[i].text;
        lexical_words(l.x, s, marks[i].query, strlen(marks[i].query), &l.shop.arena, &l.words);
        size_t n = lexical_spans(l.x, &l.words, text, strlen(text), spans, 16), at = 0;
        for (size_t k = 0; k < n; k++) {
            cr_assert(spans[k].from >= at && spans[k].to > spans[k].from && spans[k].to <= strlen(text));
            buf_add(&out, text + at, spans[k].from - at);
            buf_printf(&out, "[%.*s]", (int)(spans[k].to - spans[k].from), text + spans[k].from);
            at = spans[k].to;
        }
        buf_str(&out, text + at);
        cr_expect_str_eq(out.data ? out.data : "", marks[i].marked, "%s: %s", marks[i].query, out.data);
        buf_release(&out);
    }
    snapshot_end(s);
    close_lane(&l);
}
