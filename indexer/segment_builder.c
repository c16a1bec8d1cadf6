/* The writing half of segment.h: collects postings in memory, sorts the terms, lays the parts out; and merges. */
#include "base/bits.h"
#include "base/mem.h"
#include "indexer/segment.h"
#include "indexer/terms.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { GRAMS_OF_A_WORD = 64, SEGMENT_MAX = UINT32_MAX };

/* ---- writer: parts of a segment, appended term by term in sorted order ---- */

struct writer {
    struct buf term_table, texts, post_table, lists;
    uint64_t *grams; /* hash << 32 | term */
    size_t n_grams, cap_grams;
    uint32_t n_terms, n_docs;
};

static void writer_init(struct writer *w)
{
    *w = (struct writer){.term_table = BUF_INIT(SEGMENT_MAX),
                         .texts = BUF_INIT(SEGMENT_MAX),
                         .post_table = BUF_INIT(SEGMENT_MAX),
                         .lists = BUF_INIT(SEGMENT_MAX)};
}

static void put_u32(struct buf *b, size_t v)
{
    uint32_t x = (uint32_t)v;
    buf_add(b, &x, 4);
}

/* Words of letters get grams; numbers and bigrams are found exactly or not at all. */
static bool wants_grams(const char *term, size_t n)
{
    if (n < 4 || term[0] != 'w') return false;
    for (size_t i = 1; i < n; i++)
        if (term[i] >= '0' && term[i] <= '9') return false;
    return true;
}

static void writer_add(struct writer *w, const char *term, size_t n, uint32_t count, const char *postings, size_t bytes)
{
    put_u32(&w->term_table, w->texts.n);
    put_u32(&w->post_table, w->lists.n);
    buf_add(&w->texts, term, n);
    varint_put(&w->lists, count);
    buf_add(&w->lists, postings, bytes);
    if (wants_grams(term, n)) {
        uint32_t g[GRAMS_OF_A_WORD];
        size_t k = word_grams(term + 1, n - 1, g, GRAMS_OF_A_WORD);
        xgrow(&w->grams, &w->cap_grams, w->n_grams + k, sizeof *w->grams);
        for (size_t i = 0; i < k; i++) w->grams[w->n_grams++] = (uint64_t)g[i] << 32 | w->n_terms;
    }
    w->n_terms++;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Turns the sorted (gram, term) pairs into a table and lists; returns the number of distinct grams. */
static uint32_t write_grams(struct writer *w, struct buf *table, struct buf *lists)
{
    uint32_t distinct = 0;
    if (w->n_grams) qsort(w->grams, w->n_grams, sizeof *w->grams, by_value);
    struct buf one = BUF_INIT(SEGMENT_MAX);
    for (size_t i = 0; i < w->n_grams;) {
        uint32_t gram = (uint32_t)(w->grams[i] >> 32), last = 0, count = 0;
        buf_clear(&one);
        for (; i < w->n_grams && w->grams[i] >> 32 == gram; i++) {
            uint32_t term = (uint32_t)w->grams[i];
            if (count && term == last) continue;
            varint_put(&one, term - last);
            last = term;
            count++;
        }
        put_u32(table, gram);
        put_u32(table, lists->n);
        varint_put(lists, count);
        buf_add(lists, one.data, one.n);
        distinct++;
    }
    buf_release(&one);
    return distinct;
}

static void writer_finish(struct writer *w, struct buf *out)
{
    struct buf gram_table = BUF_INIT(SEGMENT_MAX), gram_lists = BUF_INIT(SEGMENT_MAX);
    uint32_t n_grams = write_grams(w, &gram_table, &gram_lists);
    put_u32(&w->term_table, w->texts.n);
    put_u32(&w->post_table, w->lists.n);
    const struct buf *parts[] = {&w->term_table, &w->texts, &w->post_table, &w->lists, &gram_table, &gram_lists};
    size_t at = 48;
    buf_clear(out);
    buf_add(out, "SOUKSEG1", 8);
    put_u32(out, w->n_terms);
    put_u32(out, n_grams);
    put_u32(out, w->n_docs);
    for (int i = 0; i < 6; i++) {
        put_u32(out, at);
        at += parts[i]->n;
        out->failed |= parts[i]->failed;
    }
    put_u32(out, at);
    for (int i = 0; i < 6; i++) buf_add(out, parts[i]->data, parts[i]->n);
    out->failed |= at > SEGMENT_MAX;
    for (int i = 0; i < 4; i++) buf_release((struct buf *)parts[i]);
    buf_release(&gram_table);
    buf_release(&gram_lists);
    free(w->grams);
}

/* ---- builder: terms in a hash table, each with its growing list ---- */

struct posting_list {
    uint64_t hash;
    uint32_t text_at, count, last;
    uint8_t text_n;
    char *data;
    size_t n, cap;
};

struct segment_builder {
    struct posting_list *lists; /* lists[0 .. n) in order of first use */
    size_t n, cap;
    uint32_t *table; /* index + 1 into lists, open addressing */
    size_t table_size;
    struct buf texts;
    uint32_t n_docs;
};

struct segment_builder *segment_builder_new(void)
{
    struct segment_builder *b = xcalloc(1, sizeof *b);
    b->texts = (struct buf)BUF_INIT(SEGMENT_MAX);
    b->table_size = 1 << 14;
    b->table = xcalloc(b->table_size, sizeof *b->table);
    return b;
}

void segment_builder_free(struct segment_builder *b)
{
    if (!b) return;
    for (size_t i = 0; i < b->n; i++) free(b->lists[i].data);
    free(b->lists);
    free(b->table);
    buf_release(&b->texts);
    free(b);
}

static uint32_t *slot_of(struct segment_builder *b, const char *s, size_t n, uint64_t hash)
{
    size_t i = hash & (b->table_size - 1);
    for (; b->table[i]; i = (i + 1) & (b->table_size - 1)) {
        const struct posting_list *l = &b->lists[b->table[i] - 1];
        if (l->hash == hash && l->text_n == n && !memcmp(b->texts.data + l->text_at, s, n)) break;
    }
    return &b->table[i];
}

static void table_grow(struct segment_builder *b)
{
    free(b->table);
    b->table_size *= 2;
    b->table = xcalloc(b->table_size, sizeof *b->table);
    for (size_t i = 0; i < b->n; i++) {
        size_t k = b->lists[i].hash & (b->table_size - 1);
        while (b->table[k]) k = (k + 1) & (b->table_size - 1);
        b->table[k] = (uint32_t)i + 1;
    }
}

static struct posting_list *list_of(struct segment_builder *b, const char *s, uint8_t n)
{
    if (b->n * 2 >= b->table_size) table_grow(b);
    uint64_t hash = XXH3_64bits(s, n);
    uint32_t *slot = slot_of(b, s, n, hash);
    if (!*slot) {
        xgrow(&b->lists, &b->cap, b->n + 1, sizeof *b->lists);
        b->lists[b->n++] = (struct posting_list){.hash = hash, .text_at = (uint32_t)b->texts.n, .text_n = n};
        buf_add(&b->texts, s, n);
        *slot = (uint32_t)b->n;
    }
    return &b->lists[*slot - 1];
}

static size_t put_posting(char *to, uint32_t delta, uint8_t impact)
{
    size_t n = 0;
    for (; delta >= 0x80; delta >>= 7) to[n++] = (char)(delta | 0x80);
    to[n++] = (char)delta;
    to[n++] = (char)impact;
    return n;
}

void segment_builder_add(struct segment_builder *b, uint32_t doc, const char *terms, size_t n)
{
    struct term t;
    for (const char *p = terms; term_next(&p, terms + n, &t);) {
        struct posting_list *l = list_of(b, t.s, t.n);
        if (l->cap - l->n < 8) xgrow(&l->data, &l->cap, l->n + 8, 1);
        l->n += put_posting(l->data + l->n, doc - l->last, t.impact);
        l->last = doc;
        l->count++;
    }
    b->n_docs++;
}

bool segment_builder_empty(const struct segment_builder *b)
{
    return !b->n;
}

static int by_text(const void *x, const void *y, void *arg)
{
    const struct segment_builder *b = arg;
    const struct posting_list *p = &b->lists[*(const uint32_t *)x], *q = &b->lists[*(const uint32_t *)y];
    int c = memcmp(b->texts.data + p->text_at, b->texts.data + q->text_at, p->text_n < q->text_n ? p->text_n : q->text_n);
    return c ? c : p->text_n - q->text_n;
}

void segment_builder_finish(struct segment_builder *b, struct buf *out)
{
    struct writer w;
    uint32_t *order = xmalloc(b->n * sizeof *order);
    for (size_t i = 0; i < b->n; i++) order[i] = (uint32_t)i;
    qsort_r(order, b->n, sizeof *order, by_text, b);
    writer_init(&w);
    w.n_docs = b->n_docs;
    for (size_t i = 0; i < b->n; i++) {
        const struct posting_list *l = &b->lists[order[i]];
        writer_add(&w, b->texts.data + l->text_at, l->text_n, l->count, l->data, l->n);
    }
    writer_finish(&w, out);
    free(order);
    for (size_t i = 0; i < b->n; i++) free(b->lists[i].data);
    b->n = 0;
    b->n_docs = 0;
    memset(b->table, 0, b->table_size * sizeof *b->table);
    buf_clear(&b->texts);
}

/* ---- merge ---- */

static int compare(const char *a, size_t an, const char *b, size_t bn)
{
    int c = memcmp(a, b, an < bn ? an : bn);
    return c ? c : (an > bn) - (an < bn);
}

/* Appends what is alive of one list; *last is the number before. */
static uint32_t append_alive(struct postings p, const uint64_t *dead, uint32_t n_dead, uint32_t *last, struct buf *to)
{
    uint32_t doc, kept = 0;
    uint8_t impact;
    while (postings_next(&p, &doc, &impact)) {
        char t[8];
        if (doc < n_dead && bits_get(dead, doc)) continue;
        buf_add(to, t, put_posting(t, doc - *last, impact));
        *last = doc;
        kept++;
    }
    return kept;
}

/* The smallest term that any of the segments has next. */
static const char *smallest(const struct segment *in, const uint32_t *at, size_t n, size_t *len)
{
    const char *best = NULL;
    for (size_t i = 0; i < n; i++) {
        size_t k;
        if (at[i] == in[i].n_terms) continue;
        const char *t = segment_term(&in[i], at[i], &k);
        if (!best || compare(t, k, best, *len) < 0) best = t, *len = k;
    }
    return best;
}

void segment_merge(const struct segment *in, size_t n, const uint64_t *dead, uint32_t n_dead_bits, struct buf *out)
{
    struct writer w;
    struct buf list = BUF_INIT(SEGMENT_MAX);
    uint32_t *at = xcalloc(n, sizeof *at);
    writer_init(&w);
    for (size_t i = 0; i < n; i++) w.n_docs += in[i].n_docs;
    size_t len = 0;
    for (const char *term; (term = smallest(in, at, n, &len)) != NULL;) {
        uint32_t count = 0, last = 0;
        buf_clear(&list);
        for (size_t i = 0; i < n; i++) {
            size_t k;
            if (at[i] == in[i].n_terms) continue;
            const char *t = segment_term(&in[i], at[i], &k);
            if (k == len && !memcmp(t, term, len))
                count += append_alive(segment_postings(&in[i], at[i]++), dead, n_dead_bits, &last, &list);
        }
        if (count) writer_add(&w, term, len, count, list.data, list.n);
    }
    writer_finish(&w, out);
    buf_release(&list);
    free(at);
}
