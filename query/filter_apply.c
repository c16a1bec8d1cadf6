/* Evaluating filters: a test on a field of ordinals is first decided once for each entry of its dictionary, then the column is
 * scanned through that table; a test on numbers scans the column itself. AND narrows one set in place. */
#include "base/bits.h"
#include "query/filter_tree.h"

#include <math.h>
#include <string.h>

enum { SPARE_SETS = 256 }; /* more than an expression of any depth has in use at once */

struct context {
    struct snapshot *s;
    struct arena *arena;
    struct errmsg *e;
    uint32_t n; /* documents */
    /* scratch of one test, shared by all of them: an expression may have hundreds */
    double *numbers; /* BLOCK_DOCS */
    uint32_t *ordinals;
    uint8_t *passes;
    size_t cap_passes;
    uint64_t *spare[SPARE_SETS]; /* sets that nobody needs at the moment */
    size_t n_spare;
};

static uint64_t *take_set(struct context *x)
{
    return x->n_spare ? x->spare[--x->n_spare] : arena_alloc(x->arena, (bits_words(x->n) + 1) * 8);
}

static uint64_t *take_copy(struct context *x, const uint64_t *set)
{
    return memcpy(take_set(x), set, bits_words(x->n) * 8);
}

static uint64_t *take_empty(struct context *x)
{
    return memset(take_set(x), 0, bits_words(x->n) * 8);
}

static void give_back(struct context *x, uint64_t *set)
{
    if (x->n_spare < SPARE_SETS) x->spare[x->n_spare++] = set;
}

static bool is_listed(const struct filter *f, double v)
{
    size_t from = 0, to = f->n_numbers;
    while (from < to) {
        size_t mid = (from + to) / 2;
        if (f->numbers[mid] < v)
            from = mid + 1;
        else
            to = mid;
    }
    return from < f->n_numbers && f->numbers[from] == v;
}

static bool number_passes(const struct filter *f, double v)
{
    switch (f->op) {
    case FILTER_EXISTS: return !isnan(v);
    case FILTER_LT: return v < f->values[0].number;
    case FILTER_LE: return v <= f->values[0].number;
    case FILTER_GT: return v > f->values[0].number;
    case FILTER_GE: return v >= f->values[0].number;
    case FILTER_RANGE: return v >= f->values[0].number && v <= f->values[1].number;
    default: return is_listed(f, v);
    }
}

/* passes[value]: does a product with this value of the dictionary pass? */
static void test_values(const struct filter *f, const struct dict *d, uint8_t *passes)
{
    for (uint32_t i = 0; i < d->n_values; i++) {
        const struct dict_value *v = &d->values[i];
        passes[i] = f->op == FILTER_EXISTS || (v->is_number && number_passes(f, v->number));
    }
    for (size_t i = 0; f->op == FILTER_IN && i < f->n_values; i++) {
        uint32_t same = dict_find(d, f->values[i].text, f->values[i].n);
        if (same < d->n_values) passes[same] = 1;
    }
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
    for (uint32_t b = 0; b * BLOCK_DOCS < x->n; b++) {
        const double *v = column_numbers(c, b, x->numbers);
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
    for (uint32_t b = 0; b * BLOCK_DOCS < x->n; b++) {
        const uint32_t *v = column_ordinals(c, b, x->ordinals);
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

static uint8_t *room_for(struct context *x, size_t n)
{
    if (n > x->cap_passes) x->passes = arena_alloc(x->arena, x->cap_passes = n * 2);
    return x->passes;
}

static int apply_ordinals(const struct filter *f, const struct column *c, uint64_t *set, struct context *x)
{
    const struct dict *d;
    int rc = snapshot_dict(x->s, f->field, c, &d);
    if (rc) return rc;
    uint8_t *value_passes = room_for(x, (size_t)d->n_values + d->n_entries), *passes = value_passes + d->n_values;
    memset(passes, 0, d->n_entries);
    test_values(f, d, value_passes);
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
    uint64_t *wanted = take_empty(x);
    for (size_t i = 0; i < f->n_values; i++) {
        uint32_t doc = snapshot_find(x->s, f->values[i].text, f->values[i].n);
        if (doc != UINT32_MAX) bits_set(wanted, doc);
    }
    bits_and(set, wanted, x->n);
    give_back(x, wanted);
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

static int apply(const struct filter *f, uint64_t *set, struct context *x);

/* Adds to any what passes one of the alternatives of f. A chain of ORs leans to the left. */
static int apply_any(const struct filter *f, const uint64_t *set, uint64_t *any, struct context *x)
{
    int rc;
    for (; f->op == FILTER_OR; f = f->left)
        if ((rc = apply_any(f->right, set, any, x)) != 0) return rc;
    uint64_t *one = take_copy(x, set);
    if ((rc = apply(f, one, x)) == 0) bits_or(any, one, x->n);
    give_back(x, one);
    return rc;
}

static int apply_or(const struct filter *f, uint64_t *set, struct context *x)
{
    uint64_t *any = take_empty(x);
    int rc = apply_any(f, set, any, x);
    memcpy(set, any, bits_words(x->n) * 8);
    give_back(x, any);
    return rc;
}

static int apply_not(const struct filter *f, uint64_t *set, struct context *x)
{
    uint64_t *other = take_copy(x, set);
    int rc = apply(f, other, x);
    bits_andnot(set, other, x->n);
    give_back(x, other);
    return rc;
}

static int apply(const struct filter *f, uint64_t *set, struct context *x)
{
    int rc;
    switch (f->op) {
    case FILTER_AND: return (rc = apply(f->left, set, x)) ? rc : apply(f->right, set, x);
    case FILTER_OR: return apply_or(f, set, x);
    case FILTER_NOT: return apply_not(f->left, set, x);
    default: return apply_test(f, set, x);
    }
}

int filter_apply(const struct filter *f, struct snapshot *s, uint64_t *set, struct arena *a, struct errmsg *e)
{
    struct context x = {.s = s, .arena = a, .e = e, .n = snapshot_docs(s)};
    x.numbers = arena_alloc(a, BLOCK_DOCS * sizeof *x.numbers);
    x.ordinals = arena_alloc(a, BLOCK_DOCS * sizeof *x.ordinals);
    return apply(f, set, &x);
}
