/* Columns: one value a document and field, for filters, facets, sort and statistics.
 *
 * A column is cut into blocks of BLOCK_DOCS documents. A block is stored in one of two forms, told apart by length:
 *
 *   dense    BLOCK_DOCS values                          width bytes each
 *   sparse   n pairs, n <= SPARSE_MAX                   u16 offset in the block, then the value: 2 + width bytes each
 *
 * Two kinds of value: COLUMN_NUMBER is a double (NaN: none) for price, list_price and popularity; COLUMN_ORDINAL is a u32
 * that stands for a value in the field's dictionary (0: none): a string, a number, a boolean, or a whole array of these,
 * since the arrays of a catalogue repeat. A field's name and kind live in `fields`; of more than
 * FIELDS_MAX fields the later ones are kept and shown, but cannot be filtered. A price change rewrites one block in
 * place; text and vectors are not touched. */
#ifndef SOUK_COLUMNS_H
#define SOUK_COLUMNS_H

#include "indexer/product.h"
#include "indexer/store.h"

enum { BLOCK_DOCS = 4096, SPARSE_MAX = 512, FIELDS_MAX = 4096 };
enum column_kind { COLUMN_NUMBER = 1, COLUMN_ORDINAL = 2 };

struct field_entry {
    uint16_t id;
    uint8_t kind, reserved;
    uint32_t n_ordinals; /* ordinals 1..n_ordinals are in the dictionary */
};

static inline size_t column_width(enum column_kind kind)
{
    return kind == COLUMN_NUMBER ? 8 : 4;
}

/* The key of a block or of a dictionary entry: big-endian, so that those of a field lie together and in order. */
static inline void column_key(uint8_t key[6], uint16_t field, uint32_t n)
{
    key[0] = (uint8_t)(field >> 8);
    key[1] = (uint8_t)field;
    for (int i = 0; i < 4; i++) key[2 + i] = (uint8_t)(n >> (24 - 8 * i));
}

/* The kind a field of this name has. */
enum column_kind column_kind_of(const char *name);

/* ---- reading, within one transaction ---- */

struct column {
    struct field_entry field;
    uint32_t n_blocks;
    struct column_block {
        const void *data; /* into the map; NULL: empty block */
        uint32_t bytes;
    } * blocks;
};

/* Finds the blocks of field f for documents below n_docs. blocks is malloc'ed: column_release frees it. */
int column_load(const struct store *s, MDB_txn *txn, const struct field_entry *f, uint32_t n_docs, struct column *c);
void column_release(struct column *c);

double column_number(const struct column *c, uint32_t doc);    /* NaN: none */
uint32_t column_ordinal(const struct column *c, uint32_t doc); /* 0: none */

/* One whole block as a dense array: a pointer into the map, or tmp filled. */
const uint32_t *column_ordinals(const struct column *c, uint32_t block, uint32_t tmp[BLOCK_DOCS]);
const double *column_numbers(const struct column *c, uint32_t block, double tmp[BLOCK_DOCS]);

/* ---- writing, within one write transaction ---- */

struct column_writer;
struct column_writer *column_writer_new(const struct store *s);
void column_writer_free(struct column_writer *w);
int column_writer_begin(struct column_writer *w, MDB_txn *txn);
void column_writer_forget(struct column_writer *w); /* after an aborted transaction */

/* Sets every filterable field of a product; fields of old (may be NULL) that the new one lacks are cleared. *cut counts
 * the facet values that were longer than FACET_MAX bytes. */
int column_writer_set(struct column_writer *w, uint32_t doc, const json_t *old, const json_t *product, unsigned *cut);
int column_writer_flush(struct column_writer *w); /* writes the changed blocks; before the commit */

#endif
