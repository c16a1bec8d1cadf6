/* The store: one LMDB environment that holds everything of a generation except the vector graph.
 *
 *   data/<index>/gen-000001/store.mdb
 *
 *   database  key                          value
 *   meta      "manifest"                   struct manifest
 *             "dead"                       Roaring bitmap (portable form) of document numbers no longer alive
 *   ids       product id                   u32 document number
 *   docs      u32 document number          struct doc_head, then the product as compact JSON
 *   keys      normalised identifier        u32 document numbers (sorted duplicates)
 *   fields    field name                   struct field_entry
 *   cols      field u16, block u32 (BE)    4,096 values of one column, see columns.h
 *   dict      field u16, ordinal u32 (BE)  the value that an ordinal stands for, as JSON
 *   rdict     field u16, XXH3-128 of it    u32 ordinal
 *   lex       u32 segment number           one immutable posting segment, see segment.h
 *   vecs      u32 first document number    vectors not yet in the graph, see vectors.h
 *
 * Document numbers are given at insert and shared by every lane. A product whose text changes gets a new number and the
 * old one is dead; a new price keeps its number. The address space for the map is reserved once (1 TiB, halved until
 * mmap agrees), so nothing ever has to be remapped while readers look at it; the file is as large as its content.
 *
 * Errors: LMDB's codes and ours, with a sentence that names the file. */
#ifndef SOUK_STORE_H
#define SOUK_STORE_H

#include "base/err.h"

#include <lmdb.h>
#include <stdbool.h>
#include <stdint.h>

enum { STORE_VERSION = 1, ID_MAX = 256 };

struct manifest {
    char magic[8]; /* "SOUKSTOR" */
    uint32_t version;
    uint32_t dim;
    uint32_t next_doc; /* the number the next product gets: numbers below it exist or existed */
    uint32_t n_live;
    uint32_t next_segment;
    uint32_t graph_epoch; /* 0: no graph yet */
    uint32_t graph_docs;  /* documents below it are in the graph; the rest is in vecs */
    uint32_t languages;   /* bit i: stem_language(i) occurs */
    uint64_t commits;
    uint64_t created_s, updated_s;
    float noise;         /* evidence that meaningless queries reach in this catalogue, see calibrate.h */
    uint32_t noise_live; /* n_live when that was measured */
    char model_id[40], model_name[64];
    char lang_version[32];
};

/* In front of each stored product. text covers what words, identifiers and vector are made of, all the whole product. */
struct doc_head {
    uint64_t text[2], all[2];
};

struct store {
    MDB_env *env;
    MDB_dbi meta, ids, docs, keys, fields, cols, dict, rdict, lex, vecs;
    char *path;
    bool read_only;
};

enum store_flags { STORE_CREATE = 1u << 0, STORE_READ = 1u << 1 };

/* Opens (or creates) the store in folder dir. STORE_READ opens for reading only and works in a read-only folder. */
int store_open(struct store *s, const char *dir, unsigned flags, struct errmsg *e);
void store_close(struct store *s);

/* mdb_txn_commit, and makes the file as long as LMDB counts it, so that the next open sees at once that it is whole. */
int store_commit(const struct store *s, MDB_txn *txn);

/* The manifest as of txn; checks magic, version and the versions of what the store depends on. */
int manifest_get(const struct store *s, MDB_txn *txn, struct manifest *m, struct errmsg *e);
int manifest_put(const struct store *s, MDB_txn *txn, struct manifest *m);

/* Small helpers over mdb_get / mdb_put for keys of fixed form. */
static inline MDB_val val(const void *p, size_t n)
{
    return (MDB_val){.mv_size = n, .mv_data = (void *)p};
}

/* Turns an LMDB failure into a sentence: full disk, no permission, damaged file, out of reader slots. */
int store_error(const struct store *s, int rc, struct errmsg *e);

#endif
