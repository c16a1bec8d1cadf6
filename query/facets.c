#include "query/facets.h"

#include "base/bits.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void count_ordinals(const struct column *c, const uint64_t *set, uint32_t n, uint32_t *counts, uint32_t n_counts,
                           struct arena *a)
{
    uint32_t *tmp = arena_alloc(a, BLOCK_DOCS * sizeof *tmp);
    for (uint32_t b = 0; b * BLOCK_DOCS < n; b++) {
        const uint64_t *words = set + b * (BLOCK_DOCS / 64);
        const uint32_t *v = NULL;
        for (uint32_t w = 0; w < BLOCK_DOCS / 64 && b * BLOCK_DOCS + w * 64 < n; w++) {
            for (uint64_t left = words[w]; left; left &= left - 1) {
                if (!v) v = column_ordinals(c, b, tmp); /* only blocks that the set touches */
                uint32_t ordinal = v[w * 64 + (uint32_t)__builtin_ctzll(left)];
                if (ordinal < n_counts) counts[ordinal]++;
            }
        }
    }
}

static int by_count(const void *x, const void *y)
{
    const struct facet_value *a = x, *b = y;
    if (a->count != b->count) return a->count < b->count ? 1 : -1;
    return strcmp(a->text, b->text);
}

/* The values with a count, the most frequent FACET_VALUES of them. */
static void collect(struct facet *f, const struct dict *d, const uint32_t *counts, struct arena *a)
{
    struct facet_value *all = arena_alloc(a, d->n_values * sizeof *all);
    size_t n = 0;
    for (uint32_t i = 0; i < d->n_values; i++)
        if (counts[i]) all[n++] = (struct facet_value){d->values[i].text, d->values[i].n, counts[i]};
    qsort(all, n, sizeof *all, by_count);
    f->n = n < FACET_VALUES ? n : FACET_VALUES;
    f->values = all;
    for (size_t i = 0; i < f->n; i++)
        all[i].text = arena_strn(a, all[i].text, all[i].n); /* the dictionary is about to be let go */
}

static int count_field(struct snapshot *s, struct facet *f, const struct column *c, const uint64_t *set, struct arena *a)
{
    const struct dict *d;
    int rc = snapshot_dict(s, f->field, c, &d);
    if (rc) return rc;
    uint32_t *by_entry = arena_zero(a, d->n_entries * sizeof *by_entry),
             *by_value = arena_zero(a, d->n_values * sizeof *by_value);
    count_ordinals(c, set, snapshot_docs(s), by_entry, d->n_entries, a);
    for (uint32_t i = 1; i < d->n_entries; i++)
        for (uint32_t k = 0; by_entry[i] && k < d->entries[i].n; k++) by_value[d->entries[i].values[k]] += by_entry[i];
    collect(f, d, by_value, a);
    dict_release(d);
    return 0;
}

static void measure(struct number_stats *st, const struct column *c, const uint64_t *set, uint32_t n, struct arena *a)
{
    double *tmp = arena_alloc(a, BLOCK_DOCS * sizeof *tmp);
    st->min = INFINITY;
    st->max = -INFINITY;
    for (uint32_t b = 0; b * BLOCK_DOCS < n; b++) {
        const uint64_t *words = set + b * (BLOCK_DOCS / 64);
        const double *v = NULL;
        for (uint32_t w = 0; w < BLOCK_DOCS / 64 && b * BLOCK_DOCS + w * 64 < n; w++) {
            for (uint64_t left = words[w]; left; left &= left - 1) {
                if (!v) v = column_numbers(c, b, tmp);
                double x = v[w * 64 + (uint32_t)__builtin_ctzll(left)];
                if (isnan(x)) continue;
                st->count++;
                if (x < st->min) st->min = x;
                if (x > st->max) st->max = x;
            }
        }
    }
}

static void add_stats(struct snapshot *s, const char *field, const uint64_t *set, struct arena *a, struct number_stats *stats,
                      size_t *n)
{
    for (size_t i = 0; i < *n; i++)
        if (!strcmp(stats[i].field, field)) return;
    const struct column *c = snapshot_column(s, field);
    if (!c || c->field.kind != COLUMN_NUMBER) return;
    stats[*n] = (struct number_stats){.field = field};
    measure(&stats[*n], c, set, snapshot_docs(s), a);
    if (stats[*n].count) ++*n;
}

int facets_compute(struct snapshot *s, const struct names *names, const uint64_t *set, struct arena *a, struct facet **facets,
                   size_t *n_facets, struct number_stats **stats, size_t *n_stats)
{
    int rc = 0;
    *facets = arena_zero(a, names->n * sizeof **facets);
    *stats = arena_zero(a, (names->n + 1) * sizeof **stats);
    *n_facets = *n_stats = 0;
    add_stats(s, "price", set, a, *stats, n_stats);
    for (size_t i = 0; !rc && i < names->n; i++) {
        const struct column *c = snapshot_column(s, names->list[i]);
        if (c && c->field.kind == COLUMN_NUMBER) {
            add_stats(s, names->list[i], set, a, *stats, n_stats);
            continue;
        }
        struct facet *f = &(*facets)[(*n_facets)++];
        f->field = names->list[i];
        if (c) rc = count_field(s, f, c, set, a);
    }
    return rc;
}
