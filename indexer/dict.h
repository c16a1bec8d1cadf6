/* The dictionary of a field, in memory: what each ordinal stands for, cut into facet values.
 *
 * An ordinal can be an array ("red", "blue") and a category is a path, "A > B > C", which counts for "A", "A > B" and
 * "A > B > C". So an ordinal has a list of values, and facets count values while columns hold ordinals.
 *
 * One struct dict a field, shared by all threads and only ever growing. Readers hold its lock while they look:
 *
 *     const struct dict *d;
 *     if ((rc = dict_acquire(ix, txn, "brand", &column.field, &d))) ...
 *     dict_release(d); */
#ifndef SOUK_DICT_H
#define SOUK_DICT_H

#include "base/arena.h"
#include "indexer/columns.h"
#include "indexer/index.h"

struct dict_value {
    const char *text; /* as shown in a facet; NUL-terminated */
    uint32_t n;
    bool is_number, is_text; /* is_number: number is what the text says; is_text: it was a JSON string */
    double number;
};

struct dict_entry {
    const uint32_t *values; /* numbers of values */
    uint32_t n;
};

struct dict {
    pthread_rwlock_t lock;
    struct arena arena;
    struct dict_entry *entries; /* by ordinal; [0] is "none" */
    uint32_t n_entries;
    size_t cap_entries;
    struct dict_value *values;
    uint32_t n_values;
    size_t cap_values;
    uint32_t *table; /* hash of a value's text -> its number + 1 */
    size_t table_size;
    bool is_path;
};

/* The dictionary of a field with at least field->n_ordinals entries, read-locked. */
int dict_acquire(struct index *ix, MDB_txn *txn, const char *name, const struct field_entry *field, const struct dict **out);
void dict_release(const struct dict *d);
void dict_free(struct dict *d);

/* The number of a value by its text, or UINT32_MAX. */
uint32_t dict_find(const struct dict *d, const char *text, size_t n);

#endif
