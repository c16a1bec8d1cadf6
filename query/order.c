/* A heap holds the best offset + limit documents seen so far, the worst of them on top; then it is sorted. */
#include "query/order.h"

#include "base/bits.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct key {
    const struct column *column;
    const struct dict *dict; /* of an ordinal column, read-locked */
    bool descending;
};

struct order {
    struct key keys[SORTS_MAX];
    size_t n_keys;
    order_score score;
    void *arg;
};

struct entry {
    uint32_t doc;
    float score;
    double first; /* the value of the first key when it is a number column, NAN for none */
};

/* The value that an ordinal sorts by: its first one. */
static const struct dict_value *value_of(const struct key *k, uint32_t doc)
{
    uint32_t ordinal = column_ordinal(k->column, doc);
    if (!ordinal || ordinal >= k->dict->n_entries || !k->dict->entries[ordinal].n) return NULL;
    return &k->dict->values[k->dict->entries[ordinal].values[0]];
}

/* Below zero when a comes first. Missing values come last whatever the direction. */
static int compare_numbers(double a, double b, bool descending)
{
    if (isnan(a) || isnan(b)) return isnan(a) - isnan(b);
    return a == b ? 0 : (a < b) != descending ? -1 : 1;
}

static int compare_values(const struct key *k, uint32_t a, uint32_t b)
{
    const struct dict_value *x = value_of(k, a), *y = value_of(k, b);
    if (!x || !y) return (x == NULL) - (y == NULL);
    if (x->is_number && y->is_number) return compare_numbers(x->number, y->number, k->descending);
    int c = x->is_number != y->is_number ? y->is_number - x->is_number : strcmp(x->text, y->text);
    return k->descending ? -c : c;
}

static int compare(const struct entry *a, const struct entry *b, const struct order *o)
{
    for (size_t i = 0; i < o->n_keys; i++) {
        const struct key *k = &o->keys[i];
        int c = k->dict  ? compare_values(k, a->doc, b->doc)
                : i == 0 ? compare_numbers(a->first, b->first, k->descending)
                         : compare_numbers(column_number(k->column, a->doc), column_number(k->column, b->doc), k->descending);
        if (c) return c;
    }
    if (a->score != b->score) return a->score > b->score ? -1 : 1;
    return a->doc > b->doc ? -1 : a->doc < b->doc;
}

static int compare_entries(const void *a, const void *b, void *o)
{
    return compare(a, b, o);
}

/* ---- the heap: heap[0] comes last of all ---- */

static void sift_down(struct entry *heap, uint32_t n, const struct order *o)
{
    for (uint32_t i = 0, child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && compare(&heap[child], &heap[child + 1], o) < 0) child++;
        if (compare(&heap[i], &heap[child], o) >= 0) break;
        struct entry t = heap[i];
        heap[i] = heap[child];
        heap[child] = t;
    }
}

static void push(struct entry *heap, uint32_t *n, uint32_t cap, struct entry e, const struct order *o)
{
    if (*n == cap) {
        if (!cap || compare(&e, &heap[0], o) >= 0) return;
        heap[0] = e;
        sift_down(heap, *n, o);
        return;
    }
    uint32_t i = (*n)++;
    heap[i] = e;
    for (uint32_t up; i && compare(&heap[up = (i - 1) / 2], &heap[i], o) < 0; i = up) {
        struct entry t = heap[i];
        heap[i] = heap[up];
        heap[up] = t;
    }
}

static int open_keys(struct order *o, struct snapshot *s, const struct sort_key *sorts, size_t n, struct errmsg *e)
{
    for (size_t i = 0; i < n; i++) {
        struct key *k = &o->keys[o->n_keys];
        k->column = snapshot_column(s, sorts[i].field);
        k->descending = sorts[i].descending;
        if (!k->column && !snapshot_fields(s)) continue; /* an empty index */
        if (!k->column) return errmsg_set(e, ERR_INPUT, "sort: no product has a field \"%.100s\"", sorts[i].field);
        int rc = k->column->field.kind == COLUMN_ORDINAL ? snapshot_dict(s, sorts[i].field, k->column, &k->dict) : 0;
        if (rc) return rc;
        o->n_keys++;
    }
    return 0;
}

int order_page(struct snapshot *s, const uint64_t *set, const struct sort_key *sorts, size_t n_sorts, order_score score,
               void *arg, uint32_t offset, uint32_t limit, struct arena *a, uint32_t *docs, uint32_t *n, struct errmsg *e)
{
    struct order o = {.score = score, .arg = arg};
    uint32_t total = bits_count(set, snapshot_docs(s)), held = 0;
    uint32_t cap = offset >= total ? 0 : limit < total - offset ? offset + limit : total;
    struct entry *heap = arena_alloc(a, cap * sizeof *heap);
    int rc = open_keys(&o, s, sorts, n_sorts, e);
    struct bits_iter it = bits_begin(set, snapshot_docs(s));
    for (uint32_t doc; !rc && cap && (doc = bits_next(&it)) != UINT32_MAX;) {
        struct entry x = {doc, score(arg, doc), NAN};
        if (o.n_keys && !o.keys[0].dict) x.first = column_number(o.keys[0].column, doc);
        push(heap, &held, cap, x, &o);
    }
    if (!rc) qsort_r(heap, held, sizeof *heap, compare_entries, &o);
    *n = 0;
    for (uint32_t i = offset; !rc && i < held; i++) docs[(*n)++] = heap[i].doc;
    for (size_t i = 0; i < o.n_keys; i++) dict_release(o.keys[i].dict);
    return rc;
}
