/* Evaluating filters: a test on a field of ordinals is first decided once for each entry of its dictionary, then the column is
 * scanned through that table; a test on numbers scans the column itself. AND narrows one set in place. */
#include "base/bits.h"
#include "query/filter_tree.h"

#include <math.h>
#include <string.h>

struct context {
    struct snapshot *s;
    struct arena *arena;
    struct errmsg *e;
    uint32_t n; /* documents */
};

static bool number_passes(const struct filter *f, double v)
{
    switch (f->op) {
    case FILTER_EXISTS: return !isnan(v);
    case FILTER_LT: return v < f->values[0].number;
    case FILTER_LE: return v <= f->values[0].number;
    case FILTER_GT: return v > f->values[0].number;
    case FILTER_GE: return v >= f->values[0].number;
    case FILTER_RANGE: return v >= f->values[0].number && v <= f->values[1].number;
    default:
        for (size_t i = 0; i < f->n_values; i++)
            if (v == f->values[i].number) return true;
        return false;
    }
}

static bool text_passes(const struct filter *f, const struct dict_value *v)
{
    if (f->op == FILTER_EXISTS) return true;
    if (f->op != FILTER_IN) return v->is_number && number_passes(f, v->number);
    for (size_t i = 0; i < f->n_values; i++) {
        const struct filter_value *w = &f->values[i];
        if (v->n == w->n && !memcmp(v->text, w->text, w->n)) return true;
        if (w->is_number && v->is_number && v->number == w->number) return true;
    }
    return false;
}

static int check_numbers(const struct filter *f, struct errmsg *e)
{
    for (size_t i = 0; i < f->n_values; i++)
        if (!f->values[i].is_number)
            return errmsg_set(e, ERR_INPUT, "filter: \"%s\" is a number; it cannot be \"%.60s\"", f->field, f->values[i].text);
    return 0;
}

static void scan_numbers(const struct filter *f, const struct column *c, uint64_t *set, struct context *x)
{
    double *tmp = arena_alloc(x->arena, BLOCK_DOCS * sizeof *tmp);
    for (uint32_t b = 0; b * BLOCK_DOCS < x->n; b++) {
        const double *v = column_numbers(c, b, tmp);
        for (uint32_t w = 0; w < BLOCK_DOCS / 64 && b * BLOCK_DOCS + w * 64 < x->n; w++) {
            uint64_t *word = &set[b * (BLOCK_DOCS / 64) + w];
            for (uint64_t left = *word; left; left &= left - 1) {
                int i = __builtin_ctzll(left);
                if (!number_passes(f, v[w * 64 + (uint32_t)i])) *word &= ~(1ull << i);
            }
        }
    }
}

/* passes[ordinal] says whether the documents with it pass; ordinals beyond the dictionary do not. */
static void scan_ordinals(const uint8_t *passes, uint32_t n_passes, const struct column *c, uint64_t *set, struct context *x)
{
    uint32_t *tmp = arena_alloc(x->arena, BLOCK_DOCS * sizeof *tmp);
    for (uint32_t b = 0; b * BLOCK_DOCS < x->n; b++) {
        const uint32_t *v = column_ordinals(c, b, tmp);
        for (uint32_t w = 0; w < BLOCK_DOCS / 64 && b * BLOCK_DOCS + w * 64 < x->n; w++) {
            uint64_t *word = &set[b * (BLOCK_DOCS / 64) + w];
            for (uint64_t left = *word; left; left &= left - 1) {
                int i = __builtin_ctzll(left);
                uint32_t ordinal = v[w * 64 + (uint32_t)i];
                if (ordinal >= n_passes || !passes[ordinal]) *word &= ~(1ull << i);
            }
        }
    }
}

static int apply_ordinals(const struct filter *f, const struct column *c, uint64_t *set, struct context *x)
{
    const struct dict *d;
    int rc = snapshot_dict(x->s, f->field, c, &d);
    if (rc) return rc;
    uint8_t *value_passes = arena_alloc(x->arena, d->n_values), *passes = arena_zero(x->arena, d->n_entries);
    for (uint32_t i = 0; i < d->n_values; i++) value_passes[i] = text_passes(f, &d->values[i]);
    for (uint32_t i = 1; i < d->n_entries; i++)
        for (uint32_t k = 0; k < d->entries[i].n; k++) passes[i] |= value_passes[d->entries[i].values[k]];
    uint32_t n = d->n_entries;
    dict_release(d);
    scan_ordinals(passes, n, c, set, x);
    return 0;
}

static int apply_ids(const struct filter *f, uint64_t *set, struct context *x)
{
    if (f->op == FILTER_EXISTS) return 0;
    if (f->op != FILTER_IN) return errmsg_set(x->e, ERR_INPUT, "filter: \"id\" can only be compared with =, != and IN");
    uint64_t *wanted = arena_zero(x->arena, (bits_words(x->n) + 1) * 8);
    for (size_t i = 0; i < f->n_values; i++) {
        uint32_t doc = snapshot_find(x->s, f->values[i].text, f->values[i].n);
        if (doc != UINT32_MAX) bits_set(wanted, doc);
    }
    bits_and(set, wanted, x->n);
    return 0;
}

static int apply_test(const struct filter *f, uint64_t *set, struct context *x)
{
    if (!strcmp(f->field, "id")) return apply_ids(f, set, x);
    const struct column *c = snapshot_column(x->s, f->field);
    if (!c && x->n && snapshot_fields(x->s))
        return errmsg_set(x->e, ERR_INPUT, "filter: no product has a field \"%.100s\"", f->field);
    if (!c) return memset(set, 0, bits_words(x->n) * 8), 0;
    if (c->field.kind == COLUMN_ORDINAL) return apply_ordinals(f, c, set, x);
    int rc = check_numbers(f, x->e);
    if (!rc) scan_numbers(f, c, set, x);
    return rc;
}

static uint64_t *copy(const uint64_t *set, struct context *x)
{
    return arena_dup(x->arena, set, (bits_words(x->n) + 1) * 8);
}

static int apply(const struct filter *f, uint64_t *set, struct context *x)
{
    int rc;
    uint64_t *other;
    switch (f->op) {
    case FILTER_AND: return (rc = apply(f->left, set, x)) ? rc : apply(f->right, set, x);
    case FILTER_OR:
        other = copy(set, x);
        if ((rc = apply(f->left, other, x)) != 0 || (rc = apply(f->right, set, x)) != 0) return rc;
        bits_or(set, other, x->n);
        return 0;
    case FILTER_NOT:
        other = copy(set, x);
        if ((rc = apply(f->left, other, x)) == 0) bits_andnot(set, other, x->n);
        return rc;
    default: return apply_test(f, set, x);
    }
}

int filter_apply(const struct filter *f, struct snapshot *s, uint64_t *set, struct arena *a, struct errmsg *e)
{
    struct context x = {s, a, e, snapshot_docs(s)};
    return apply(f, set, &x);
}
