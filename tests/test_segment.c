/* Segments against a brute-force model: random documents, deletions, merges, grams; and hostile bytes. */
#include "base/bits.h"
#include "base/mem.h"
#include "indexer/segment.h"
#include "indexer/terms.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { N_WORDS = 120, N_DOCS = 700 };

/* ---- the model: impact[word][doc], 0 for none ---- */

struct model {
    uint8_t impact[N_WORDS][N_DOCS];
};

static size_t word_text(int word, char out[40])
{
    static const char *const stems[] = {"shoe", "携帯", "كتاب", "книга", "x", "straße", "42"};
    return (size_t)sprintf(out, "%c%s%d", word % 5 ? 'w' : 'g', stems[word % 7], word * word);
}

/* Random words of one document, as terms_of would write them, into the builder and the model. */
static void add_document(struct segment_builder *b, struct model *m, uint32_t doc)
{
    struct buf terms = BUF_INIT(1 << 16);
    for (int word = 0; word < N_WORDS; word++) {
        char text[40];
        if (rand() % (2 + word) > 1) continue; /* the first words are frequent */
        size_t n = word_text(word, text);
        m->impact[word][doc] = (uint8_t)(1 + rand() % 255);
        buf_byte(&terms, (char)n);
        buf_add(&terms, text, n);
        buf_byte(&terms, (char)m->impact[word][doc]);
    }
    segment_builder_add(b, doc, terms.data ? terms.data : "", terms.n);
    buf_release(&terms);
}

static void expect_same(const struct segment *s, const struct model *m, uint32_t from, uint32_t to, const uint64_t *dead)
{
    uint32_t terms = 0;
    for (int word = 0; word < N_WORDS; word++) {
        char text[40];
        uint32_t count = 0, doc, left;
        uint8_t impact;
        size_t n = word_text(word, text);
        for (uint32_t d = from; d < to; d++) count += m->impact[word][d] && !bits_get(dead, d);
        uint32_t term = segment_find(s, text, n);
        cr_assert_eq(term != UINT32_MAX, count > 0, "%s", text);
        if (!count) continue;
        terms++;
        struct postings p = segment_postings(s, term);
        cr_assert_eq(p.left, count, "%s is in %u documents, not %u", text, p.left, count);
        for (uint32_t d = from; d < to; d++) {
            if (!m->impact[word][d] || bits_get(dead, d)) continue;
            cr_assert(postings_next(&p, &doc, &impact) && doc == d && impact == m->impact[word][d], "%s in %u", text, d);
        }
        left = p.left;
        cr_assert(!left && !postings_next(&p, &doc, &impact));
    }
    cr_assert_eq(s->n_terms, terms);
    for (uint32_t i = 1; i < s->n_terms; i++) {
        size_t a, b;
        const char *x = segment_term(s, i - 1, &a), *y = segment_term(s, i, &b);
        int c = memcmp(x, y, a < b ? a : b);
        cr_assert(c < 0 || (c == 0 && a < b), "terms are sorted");
    }
}

/* Every word of letters is found by its grams, and only such words. */
static void expect_grams(const struct segment *s)
{
    uint32_t g[64], term;
    for (uint32_t i = 0; i < s->n_terms; i++) {
        size_t n, k;
        const char *t = segment_term(s, i, &n);
        bool letters = n >= 4 && t[0] == 'w' && !strpbrk(memcpy((char[80]){0}, t, n), "0123456789");
        k = word_grams(t + 1, n - 1, g, 64);
        for (size_t j = 0; j < k; j++) {
            struct postings p = segment_gram(s, g[j]);
            bool found = false;
            while (gram_next(&p, &term)) found |= term == i;
            cr_assert_eq(found, letters, "%.*s", (int)n, t);
        }
    }
}

struct pieces {
    struct buf bytes[16];
    struct segment seg[16];
    uint32_t from[17];
    size_t n;
};

static void build_pieces(struct pieces *p, struct model *m)
{
    struct segment_builder *b = segment_builder_new();
    uint64_t none[N_DOCS / 64 + 1] = {0};
    uint32_t doc = 0;
    p->n = 1 + (size_t)rand() % 15;
    for (size_t i = 0; i < p->n; i++) {
        p->from[i] = doc;
        cr_assert(segment_builder_empty(b));
        for (uint32_t k = 1 + (uint32_t)rand() % 40; k; k--) add_document(b, m, doc++);
        p->bytes[i] = (struct buf)BUF_INIT(1 << 24);
        segment_builder_finish(b, &p->bytes[i]);
        cr_assert(!p->bytes[i].failed && segment_open(&p->seg[i], p->bytes[i].data, p->bytes[i].n));
        expect_same(&p->seg[i], m, p->from[i], doc, none);
    }
    p->from[p->n] = doc;
    segment_builder_free(b);
}

Test(segment, what_was_built_and_merged_is_found)
{
    struct model *m = xmalloc(sizeof *m);
    srand(11);
    for (int round = 0; round < 30; round++) {
        struct pieces p;
        struct segment merged;
        struct buf out = BUF_INIT(1 << 24);
        uint64_t dead[N_DOCS / 64 + 1] = {0};
        memset(m, 0, sizeof *m);
        build_pieces(&p, m);
        for (uint32_t d = 0; d < p.from[p.n]; d++)
            if (rand() % (1 + round % 4) == 1) bits_set(dead, d);
        size_t first = (size_t)rand() % p.n;
        segment_merge(p.seg + first, p.n - first, dead, p.from[p.n], &out);
        cr_assert(!out.failed && segment_open(&merged, out.data, out.n));
        expect_same(&merged, m, p.from[first], p.from[p.n], dead);
        if (round < 3) expect_grams(&merged);
        buf_release(&out);
        for (size_t i = 0; i < p.n; i++) buf_release(&p.bytes[i]);
    }
    free(m);
}

Test(segment, merging_all_dead_documents_leaves_an_empty_segment)
{
    struct model *m = xcalloc(1, sizeof *m);
    struct segment_builder *b = segment_builder_new();
    struct buf bytes = BUF_INIT(1 << 20), out = BUF_INIT(1 << 20);
    struct segment s, merged;
    uint64_t dead[1] = {~0ull};
    for (uint32_t d = 0; d < 10; d++) add_document(b, m, d);
    segment_builder_finish(b, &bytes);
    cr_assert(segment_open(&s, bytes.data, bytes.n));
    segment_merge(&s, 1, dead, 64, &out);
    cr_assert(segment_open(&merged, out.data, out.n));
    cr_assert_eq(merged.n_terms, 0);
    cr_assert_eq(segment_find(&merged, "wshoe", 5), UINT32_MAX);
    buf_release(&bytes);
    buf_release(&out);
    segment_builder_free(b);
    segment_builder_free(NULL);
    free(m);
}

Test(segment, words_of_letters_have_grams_with_their_ends_marked)
{
    uint32_t a[64], b[64], c[64];
    cr_assert_eq(word_grams("shoe", 4, a, 64), 4);
    cr_assert_eq(word_grams("shot", 4, b, 64), 4);
    cr_assert(a[0] == b[0] && a[1] == b[1] && a[2] != b[2] && a[3] != b[3]);
    cr_assert_eq(word_grams("携帯", 6, c, 64), 2);
    cr_assert_eq(word_grams("x", 1, c, 64), 1);
    cr_assert_eq(word_grams("", 0, c, 64), 0);
    cr_assert_eq(word_grams("abcdefgh", 8, c, 3), 3);
}

Test(segment, changed_and_cut_bytes_are_never_followed_outside)
{
    struct model *m = xcalloc(1, sizeof *m);
    struct segment_builder *b = segment_builder_new();
    struct buf bytes = BUF_INIT(1 << 20);
    srand(17);
    for (uint32_t d = 0; d < 30; d++) add_document(b, m, d);
    segment_builder_finish(b, &bytes);
    for (size_t cut = 0; cut < bytes.n; cut++) {
        struct segment s;
        cr_assert_not(segment_open(&s, bytes.data, cut), "%zu of %zu bytes were accepted", cut, bytes.n);
    }
    for (int round = 0; round < 20000; round++) {
        char *copy = xmemdup(bytes.data, bytes.n); /* of exactly this size, so that a sanitizer sees a read behind it */
        struct segment s;
        for (int k = 1 + rand() % 3; k; k--) copy[(size_t)rand() % (rand() % 2 ? bytes.n : 48)] = (char)(rand() % 256);
        if (segment_open(&s, copy, bytes.n)) {
            uint32_t g[64], x, term = segment_find(&s, "wshoe1", 6);
            uint8_t impact;
            if (s.n_terms) term = (uint32_t)rand() % s.n_terms;
            if (term != UINT32_MAX)
                for (struct postings p = segment_postings(&s, term); postings_next(&p, &x, &impact);) {
                }
            size_t n = word_grams("straße", 7, g, 64);
            for (size_t i = 0; i < n; i++)
                for (struct postings p = segment_gram(&s, g[i]); gram_next(&p, &x);) {
                }
        }
        free(copy);
    }
    buf_release(&bytes);
    segment_builder_free(b);
    free(m);
}
