#include "indexer/segment.h"

#include "base/utf8.h"

#include <string.h>
#include <xxhash.h>

enum { HEAD = 48 };

static uint32_t u32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}

bool segment_open(struct segment *s, const void *data, size_t n)
{
    const uint8_t *p = data;
    if (n < HEAD || n > UINT32_MAX || memcmp(p, "SOUKSEG1", 8)) return false;
    *s = (struct segment){p,           u32(p + 8),  u32(p + 12), u32(p + 16), u32(p + 20), u32(p + 24),
                          u32(p + 28), u32(p + 32), u32(p + 36), u32(p + 40), u32(p + 44)};
    uint64_t table = 4 * ((uint64_t)s->n_terms + 1);
    return s->size == n && s->terms_at == HEAD && s->texts_at == s->terms_at + table && s->posts_at >= s->texts_at &&
           s->lists_at == s->posts_at + table && s->grams_at >= s->lists_at &&
           s->gram_lists_at == s->grams_at + 8 * (uint64_t)s->n_grams && s->gram_lists_at <= s->size;
}

/* The bytes of entry i of a table of offsets into [from, to). */
static const uint8_t *entry(const struct segment *s, uint32_t table, uint32_t i, uint32_t from, uint32_t to, size_t *n)
{
    uint32_t a = u32(s->base + table + 4 * (size_t)i), b = u32(s->base + table + 4 * (size_t)i + 4);
    *n = 0;
    if (a > b || b > to - from) return s->base + from;
    *n = b - a;
    return s->base + from + a;
}

const char *segment_term(const struct segment *s, uint32_t term, size_t *n)
{
    return (const char *)entry(s, s->terms_at, term, s->texts_at, s->posts_at, n);
}

uint32_t segment_find(const struct segment *s, const char *term, size_t n)
{
    uint32_t lo = 0, hi = s->n_terms;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        size_t len;
        const char *t = segment_term(s, mid, &len);
        int c = memcmp(t, term, len < n ? len : n);
        if (!c && len == n) return mid;
        if (c < 0 || (!c && len < n))
            lo = mid + 1;
        else
            hi = mid;
    }
    return UINT32_MAX;
}

static struct postings list(const uint8_t *p, const uint8_t *end)
{
    struct postings l = {p, end, 0, 0};
    uint64_t count;
    if (varint_get(&l.p, l.end, &count) && count <= UINT32_MAX) l.left = (uint32_t)count;
    return l;
}

struct postings segment_postings(const struct segment *s, uint32_t term)
{
    size_t n;
    const uint8_t *p = entry(s, s->posts_at, term, s->lists_at, s->grams_at, &n);
    return list(p, p + n);
}

struct postings segment_gram(const struct segment *s, uint32_t gram)
{
    uint32_t lo = 0, hi = s->n_grams;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        const uint8_t *p = s->base + s->grams_at + 8 * (size_t)mid;
        if (u32(p) == gram) {
            uint32_t at = u32(p + 4);
            if (at > s->size - s->gram_lists_at) break;
            return list(s->base + s->gram_lists_at + at, s->base + s->size);
        }
        if (u32(p) < gram)
            lo = mid + 1;
        else
            hi = mid;
    }
    return (struct postings){0};
}

size_t word_grams(const char *s, size_t n, uint32_t *out, size_t max)
{
    uint32_t window[3] = {0, '^', 0}, cp;
    size_t k = 0, seen = 1;
    for (size_t i = 0; i <= n && k < max; seen++) {
        size_t step = i < n ? utf8_decode(s + i, n - i, &cp) : 1;
        if (i == n) cp = '$';
        if (!step) step = 1;
        window[2] = cp;
        if (seen >= 2) out[k++] = (uint32_t)XXH3_64bits(window, sizeof window);
        window[0] = window[1];
        window[1] = window[2];
        i += step;
    }
    return k;
}
