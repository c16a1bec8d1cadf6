#include "indexer/terms.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static const struct {
    float weight, b, typical; /* typical: words of that field in a shop */
} fields[N_TEXT_FIELDS] = {
    [FIELD_TITLE] = {3.0f, 0.5f, 9},       [FIELD_BRAND] = {2.5f, 0, 1},           [FIELD_CATEGORY] = {1.5f, 0.3f, 4},
    [FIELD_ATTRIBUTES] = {0.6f, 0.7f, 20}, [FIELD_DESCRIPTION] = {1.0f, 0.7f, 25},
};

enum { SLOTS = 1024, TEXTS_MAX = 4 << 20 };

struct slot {
    uint64_t hash;
    uint32_t at; /* in texts */
    uint8_t n;
    uint8_t used;
    float tf;
};

struct term_tools {
    struct words *words;
    struct stemmers *stemmers;
    struct slot *slots;
    uint32_t *order; /* slots in the order of first use */
    size_t n, cap;
    struct buf texts;
    int language; /* of the product, or of the text being read */
    int product_language;
    uint32_t used_languages;
};

struct term_tools *term_tools_new(void)
{
    struct term_tools *t = xcalloc(1, sizeof *t);
    t->words = words_new();
    t->stemmers = stemmers_new();
    t->cap = SLOTS;
    t->slots = xcalloc(t->cap, sizeof *t->slots);
    t->order = xmalloc(t->cap * sizeof *t->order);
    t->texts = (struct buf)BUF_INIT(TEXTS_MAX);
    return t;
}

void term_tools_free(struct term_tools *t)
{
    if (!t) return;
    words_free(t->words);
    stemmers_free(t->stemmers);
    buf_release(&t->texts);
    free(t->slots);
    free(t->order);
    free(t);
}

static struct slot *find(struct term_tools *t, char kind, const char *s, size_t n, uint64_t hash)
{
    size_t i = hash & (t->cap - 1);
    for (; t->slots[i].used; i = (i + 1) & (t->cap - 1)) {
        const char *at = t->texts.data + t->slots[i].at;
        if (t->slots[i].hash == hash && t->slots[i].n == n + 1 && at[0] == kind && !memcmp(at + 1, s, n)) break;
    }
    return &t->slots[i];
}

static void grow(struct term_tools *t)
{
    struct slot *old = t->slots;
    size_t n = t->cap;
    t->cap *= 2;
    t->slots = xcalloc(t->cap, sizeof *t->slots);
    t->order = xrealloc(t->order, t->cap, sizeof *t->order);
    t->n = 0;
    for (size_t i = 0; i < n; i++) {
        if (!old[i].used) continue;
        const char *s = t->texts.data + old[i].at;
        struct slot *to = find(t, s[0], s + 1, old[i].n - 1u, old[i].hash);
        *to = old[i];
        t->order[t->n++] = (uint32_t)(to - t->slots);
    }
    free(old);
}

static void count(struct term_tools *t, char kind, const char *s, size_t n, float tf)
{
    if (t->n * 2 >= t->cap) grow(t);
    uint64_t hash = XXH3_64bits_withSeed(s, n, (uint64_t)kind);
    struct slot *slot = find(t, kind, s, n, hash);
    if (!slot->used) {
        if (t->texts.max - t->texts.n < n + 1) return; /* a product of millions of distinct words: the first ones do */
        *slot = (struct slot){hash, (uint32_t)t->texts.n, (uint8_t)(n + 1), 1, 0};
        buf_byte(&t->texts, kind);
        buf_add(&t->texts, s, n);
        t->order[t->n++] = (uint32_t)(slot - t->slots);
    }
    slot->tf += tf;
}

static void count_word(struct term_tools *t, const struct word *w, float tf)
{
    count(t, w->flags & WORD_GRAM ? 'g' : 'w', w->text, w->n, tf);
    if (t->language < 0 || w->flags & (WORD_GRAM | WORD_DENSE | WORD_NUMBER)) return;
    size_t n;
    const char *s = stem(t->stemmers, t->language, w->text, w->n, &n);
    if (n >= 2 && (n != w->n || memcmp(s, w->text, n))) count(t, 'w', s, n, tf * STEM_SHARE);
    t->used_languages |= 1u << t->language;
}

static void visit_text(void *arg, enum text_field field, const char *lang, const char *s, size_t n)
{
    struct term_tools *t = arg;
    t->language = lang ? stem_find(lang, strlen(lang)) : t->product_language;
    size_t words = words_split(t->words, s, n), length = 0;
    for (size_t i = 0; i < words; i++) length += !(t->words->list[i].flags & WORD_GRAM);
    float b = fields[field].b, tf = fields[field].weight / (1 - b + b * (float)length / fields[field].typical);
    for (size_t i = 0; i < words; i++) count_word(t, &t->words->list[i], tf);
}

static void reset(struct term_tools *t)
{
    if (t->n * 8 > t->cap)
        memset(t->slots, 0, t->cap * sizeof *t->slots);
    else
        for (size_t i = 0; i < t->n; i++) t->slots[t->order[i]].used = 0;
    t->n = 0;
    t->used_languages = 0;
    buf_clear(&t->texts);
}

uint32_t terms_of(struct term_tools *t, const json_t *product, struct buf *out)
{
    reset(t);
    struct language l = product_language(product);
    t->product_language = l.certainty > 0 ? stem_find(l.code, strlen(l.code)) : -1;
    product_texts(product, visit_text, t);
    for (size_t i = 0; i < t->n; i++) {
        const struct slot *s = &t->slots[t->order[i]];
        float impact = s->tf / IMPACT_UNIT + 0.5f;
        buf_byte(out, (char)s->n);
        buf_add(out, t->texts.data + s->at, s->n);
        buf_byte(out, (char)(impact < 1 ? 1 : impact > 255 ? 255 : (int)impact));
    }
    return t->used_languages;
}
