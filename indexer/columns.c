#include "indexer/columns.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum column_kind column_kind_of(const char *name)
{
    return !strcmp(name, "price") || !strcmp(name, "list_price") || !strcmp(name, "popularity") ? COLUMN_NUMBER : COLUMN_ORDINAL;
}

int column_load(const struct store *s, MDB_txn *txn, const struct field_entry *f, uint32_t n_docs, struct column *c)
{
    uint8_t key[6];
    MDB_cursor *cur;
    int rc = mdb_cursor_open(txn, s->cols, &cur);
    if (rc) return rc;
    *c = (struct column){.field = *f, .n_blocks = (n_docs + BLOCK_DOCS - 1) / BLOCK_DOCS};
    c->blocks = xcalloc(c->n_blocks, sizeof *c->blocks);
    column_key(key, f->id, 0);
    MDB_val k = val(key, 6), v;
    size_t width = column_width(f->kind);
    for (rc = mdb_cursor_get(cur, &k, &v, MDB_SET_RANGE); !rc; rc = mdb_cursor_get(cur, &k, &v, MDB_NEXT)) {
        const uint8_t *p = k.mv_data;
        if (k.mv_size != 6 || (p[0] << 8 | p[1]) != f->id) break;
        uint32_t b = (uint32_t)p[2] << 24 | (uint32_t)p[3] << 16 | (uint32_t)p[4] << 8 | p[5];
        bool dense = v.mv_size == BLOCK_DOCS * width;
        if (b >= c->n_blocks || (!dense && (v.mv_size % (2 + width) || v.mv_size > SPARSE_MAX * (2 + width)))) continue;
        c->blocks[b] = (struct column_block){v.mv_data, (uint32_t)v.mv_size};
    }
    mdb_cursor_close(cur);
    return rc && rc != MDB_NOTFOUND ? rc : 0;
}

void column_release(struct column *c)
{
    free(c->blocks);
    *c = (struct column){0};
}

/* The value of doc, or NULL. Sparse pairs are sorted by offset. */
static const uint8_t *find(const struct column *c, uint32_t doc)
{
    uint32_t b = doc / BLOCK_DOCS, at = doc % BLOCK_DOCS;
    size_t width = column_width(c->field.kind), step = 2 + width;
    if (b >= c->n_blocks || !c->blocks[b].data) return NULL;
    const uint8_t *p = c->blocks[b].data;
    if (c->blocks[b].bytes == BLOCK_DOCS * width) return p + at * width;
    size_t lo = 0, hi = c->blocks[b].bytes / step;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        uint16_t off;
        memcpy(&off, p + mid * step, 2);
        if (off == at) return p + mid * step + 2;
        if (off < at)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

double column_number(const struct column *c, uint32_t doc)
{
    const uint8_t *p = find(c, doc);
    double v = NAN;
    if (p) memcpy(&v, p, 8);
    return v;
}

uint32_t column_ordinal(const struct column *c, uint32_t doc)
{
    const uint8_t *p = find(c, doc);
    uint32_t v = 0;
    if (p) memcpy(&v, p, 4);
    return v <= c->field.n_ordinals ? v : 0;
}

/* Spreads a block over dense, whose values are already "none". */
static void spread(const struct column_block *b, size_t width, uint8_t *dense)
{
    size_t step = 2 + width;
    if (b->bytes == BLOCK_DOCS * width) {
        memcpy(dense, b->data, b->bytes);
        return;
    }
    for (const uint8_t *p = b->data, *end = p + b->bytes; p < end; p += step) {
        uint16_t off;
        memcpy(&off, p, 2);
        if (off < BLOCK_DOCS) memcpy(dense + off * width, p + 2, width);
    }
}

static bool in_place(const struct column_block *b, size_t width)
{
    return b->data && b->bytes == BLOCK_DOCS * width && (uintptr_t)b->data % width == 0;
}

const uint32_t *column_ordinals(const struct column *c, uint32_t block, uint32_t tmp[BLOCK_DOCS])
{
    const struct column_block *b = &c->blocks[block];
    if (in_place(b, 4)) return b->data;
    memset(tmp, 0, BLOCK_DOCS * 4);
    if (b->data) spread(b, 4, (uint8_t *)tmp);
    return tmp;
}

const double *column_numbers(const struct column *c, uint32_t block, double tmp[BLOCK_DOCS])
{
    const struct column_block *b = &c->blocks[block];
    if (in_place(b, 8)) return b->data;
    for (int i = 0; i < BLOCK_DOCS; i++) tmp[i] = NAN;
    if (b->data) spread(b, 8, (uint8_t *)tmp);
    return tmp;
}
