#include "indexer/dict.h"

#include "base/json.h"
#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static uint32_t *slot_of(const struct dict *d, const char *text, size_t n)
{
    size_t i = XXH3_64bits(text, n) & (d->table_size - 1);
    for (; d->table[i]; i = (i + 1) & (d->table_size - 1)) {
        const struct dict_value *v = &d->values[d->table[i] - 1];
        if (v->n == n && !memcmp(v->text, text, n)) break;
    }
    return &d->table[i];
}

uint32_t dict_find(const struct dict *d, const char *text, size_t n)
{
    return d->table_size ? *slot_of(d, text, n) - 1 : UINT32_MAX; /* 0 - 1 is UINT32_MAX: not there */
}

static void grow_table(struct dict *d)
{
    free(d->table);
    d->table_size = d->table_size ? d->table_size * 2 : 64;
    d->table = xcalloc(d->table_size, sizeof *d->table);
    for (uint32_t i = 0; i < d->n_values; i++) *slot_of(d, d->values[i].text, d->values[i].n) = i + 1;
}

/* Digits as people write them: a brand may be called NAN or Infinity, which strtod would take, and 0x10 is no size. */
static bool reads_as_number(const char *text, size_t n, double *number)
{
    char *end;
    if (!n || strspn(text, "+-.0123456789eE") < n) return false;
    *number = strtod(text, &end);
    return *end == 0 && isfinite(*number);
}

/* The number of a value, which is added when it is new. */
static uint32_t value_number(struct dict *d, const char *text, size_t n, const json_t *from)
{
    if (2 * (size_t)d->n_values >= d->table_size) grow_table(d);
    uint32_t *slot = slot_of(d, text, n);
    if (*slot) return *slot - 1;
    xgrow(&d->values, &d->cap_values, d->n_values + 1u, sizeof *d->values);
    struct dict_value *v = &d->values[d->n_values++];
    *v = (struct dict_value){.text = arena_strn(&d->arena, text, n), .n = (uint32_t)n, .is_text = json_is_string(from)};
    v->is_number = reads_as_number(v->text, n, &v->number);
    *slot = d->n_values;
    return d->n_values - 1;
}

/* Adds the values of one scalar to list: one, or one for each step of a category path. */
static void add_scalar(struct dict *d, const json_t *v, uint32_t *list, uint32_t *n, uint32_t max)
{
    char number[40];
    const char *text = json_string_value(v);
    size_t len = json_string_length(v);
    if (json_is_boolean(v)) text = json_is_true(v) ? "true" : "false", len = strlen(text);
    if (json_is_number(v)) {
        struct buf b = BUF_INIT(sizeof number - 1);
        struct json_writer w = {.out = &b};
        json_value(&w, v);
        memcpy(number, b.data ? b.data : "", b.n + 1);
        text = number;
        len = b.n;
        buf_release(&b);
    }
    for (size_t i = 0; d->is_path && i + 3 <= len; i++)
        if (!memcmp(text + i, " > ", 3) && *n < max) list[(*n)++] = value_number(d, text, i, v);
    if (*n < max) list[(*n)++] = value_number(d, text, len, v);
}

static void add_entry(struct dict *d, const char *json, size_t n)
{
    enum { MAX = 256 };
    uint32_t list[MAX], k = 0, distinct = 0;
    json_t *v = json_loadb(json, n, JSON_DECODE_ANY, NULL);
    if (json_is_array(v))
        for (size_t i = 0; i < json_array_size(v); i++) add_scalar(d, json_array_get(v, i), list, &k, MAX);
    else if (v)
        add_scalar(d, v, list, &k, MAX);
    for (uint32_t i = 0; i < k; i++) { /* a document counts once for a value */
        uint32_t j = 0;
        while (j < distinct && list[j] != list[i]) j++;
        if (j == distinct) list[distinct++] = list[i];
    }
    xgrow(&d->entries, &d->cap_entries, d->n_entries + 1u, sizeof *d->entries);
    d->entries[d->n_entries++] = (struct dict_entry){arena_dup(&d->arena, list, distinct * sizeof *list), distinct};
    json_decref(v);
}

/* Reads the entries that d lacks. Called under the write lock. */
static int extend(struct dict *d, const struct store *s, MDB_txn *txn, const struct field_entry *field)
{
    MDB_cursor *cur;
    uint8_t key[6];
    int rc = mdb_cursor_open(txn, s->dict, &cur);
    if (rc) return rc;
    if (!d->n_entries) add_entry(d, "[]", 2);
    column_key(key, field->id, d->n_entries);
    MDB_val k = val(key, 6), v;
    rc = mdb_cursor_get(cur, &k, &v, MDB_SET_RANGE);
    for (; !rc && d->n_entries <= field->n_ordinals; rc = mdb_cursor_get(cur, &k, &v, MDB_NEXT)) {
        if (k.mv_size != 6 || memcmp(k.mv_data, key, 2)) break;
        add_entry(d, v.mv_data, v.mv_size);
    }
    mdb_cursor_close(cur);
    while (d->n_entries <= field->n_ordinals) add_entry(d, "[]", 2); /* damaged: missing ones have no value */
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static struct dict *dict_of(struct index *ix, const char *name, uint16_t id)
{
    pthread_mutex_lock(&ix->lock);
    if (id >= ix->n_dicts) {
        size_t n = id + 1u;
        ix->dicts = xrealloc(ix->dicts, n, sizeof *ix->dicts);
        for (size_t i = ix->n_dicts; i < n; i++) ix->dicts[i] = NULL;
        ix->n_dicts = n;
    }
    struct dict *d = ix->dicts[id];
    if (!d) {
        d = ix->dicts[id] = xcalloc(1, sizeof *d);
        d->is_path = !strcmp(name, "category");
        pthread_rwlock_init(&d->lock, NULL);
    }
    pthread_mutex_unlock(&ix->lock);
    return d;
}

int dict_acquire(struct index *ix, MDB_txn *txn, const char *name, const struct field_entry *field, const struct dict **out)
{
    struct dict *d = dict_of(ix, name, field->id);
    int rc = 0;
    pthread_rwlock_rdlock(&d->lock);
    if (d->n_entries <= field->n_ordinals || !d->n_entries) {
        pthread_rwlock_unlock(&d->lock);
        pthread_rwlock_wrlock(&d->lock);
        rc = extend(d, &ix->store, txn, field);
        pthread_rwlock_unlock(&d->lock);
        pthread_rwlock_rdlock(&d->lock);
    }
    if (rc) pthread_rwlock_unlock(&d->lock);
    *out = d;
    return rc;
}

void dict_release(const struct dict *d)
{
    if (d) pthread_rwlock_unlock(&((struct dict *)d)->lock);
}

void dict_free(struct dict *d)
{
    if (!d) return;
    pthread_rwlock_destroy(&d->lock);
    arena_release(&d->arena);
    free(d->entries);
    free(d->values);
    free(d->table);
    free(d);
}
