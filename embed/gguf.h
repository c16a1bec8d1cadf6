/* GGUF files: metadata and tensors, mapped read-only and checked as if an enemy had written them.
 *
 *     struct gguf *g;
 *     if ((rc = gguf_open(&g, path, &e)) != 0) return rc;
 *     struct gguf_str arch = gguf_string(g, "general.architecture");
 *     const struct gguf_tensor *t = gguf_tensor(g, "token_embd.weight");
 *     gguf_close(g);
 *
 * The whole table of contents is read and checked at open; afterwards nothing in it can point outside the file. Strings
 * and tensor data are pointers into the map: valid until gguf_close, not NUL-terminated, numbers in metadata unaligned
 * (read them through the calls below). An open file is immutable, so any number of threads may use it.
 *
 * Layout (little-endian; so must the machine be), versions 2 and 3:
 *
 *     0   4  "GGUF"        4  4  u32 version       8  8  u64 tensors      16  8  u64 keys
 *     24     keys x    { string key; u32 type; value }       string = u64 length, bytes
 *            tensors x { string name; u32 n_dims; u64 ne[n_dims], innermost first; u32 type; u64 offset }
 *            padding to general.alignment (32 unless the key says otherwise), then tensor data; offsets count from there
 *
 * Like every map, this one dies with SIGBUS when somebody cuts the file short while it is in use: replace a model by
 * renaming a new file over it, as `make install` does. */
#ifndef SOUK_GGUF_H
#define SOUK_GGUF_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum gguf_type {
    GGUF_U8,
    GGUF_I8,
    GGUF_U16,
    GGUF_I16,
    GGUF_U32,
    GGUF_I32,
    GGUF_F32,
    GGUF_BOOL,
    GGUF_STRING,
    GGUF_ARRAY,
    GGUF_U64,
    GGUF_I64,
    GGUF_F64,
    GGUF_TYPES,
};

struct gguf_str {
    const char *s;
    size_t n;
};

/* One metadata key: n items of type `item` lie at data. A scalar is an array of one. */
struct gguf_value {
    struct gguf_str key;
    uint32_t type, item; /* item == type unless type is GGUF_ARRAY; GGUF_ARRAY itself for arrays of arrays */
    uint64_t n;
    const uint8_t *data;
};

enum { GGUF_MAX_DIMS = 4 };

struct gguf_tensor {
    struct gguf_str name;
    uint32_t type; /* enum tensor_type of dequant.h, or one that souk does not know */
    uint32_t n_dims;
    uint64_t ne[GGUF_MAX_DIMS]; /* innermost first; 1 from n_dims on */
    uint64_t offset;            /* from the start of tensor data */
    uint64_t bytes;             /* 0 when the type is unknown */
    const uint8_t *data;        /* NULL when the type is unknown */
};

struct gguf {
    char *path; /* or the name given to gguf_open_memory */
    const uint8_t *base;
    size_t size;
    bool mapped;
    uint32_t version;
    struct gguf_value *values;
    size_t n_values;
    struct gguf_tensor *tensors;
    size_t n_tensors;
    size_t head_bytes; /* everything before the padding in front of tensor data */
    size_t data_at;    /* where tensor data begins; may lie behind the end when there is none */
};

/* ---- life ---- */

/* Opens and checks a file. Returns 0, ERR_FORMAT for anything wrong with the content, or errno of open and mmap. */
int gguf_open(struct gguf **out, const char *path, struct errmsg *e);

/* The same over n bytes in memory, which must outlive *out; `name` stands in messages. */
int gguf_open_memory(struct gguf **out, const void *bytes, size_t n, const char *name, struct errmsg *e);
void gguf_close(struct gguf *g);

/* 32 hex digits (and a NUL) that tell this content from another: XXH3-128 of the file's size, of the whole head (metadata
 * and tensor table) and of tensor data; of more than 1 MiB of that, 256 evenly spread pieces of 4 KiB. A retrained or
 * requantised model differs in all of them; a single flipped bit may go unseen. About a millisecond, nothing is cached. */
void gguf_content_id(const struct gguf *g, char id[33]);

/* ---- metadata ---- */

const struct gguf_value *gguf_find(const struct gguf *g, const char *key); /* NULL: no such key */
struct gguf_str gguf_string(const struct gguf *g, const char *key);        /* {NULL, 0}: none, or not a string */

/* A number of any integer type, or a bool. False, and *v untouched, when there is none or it does not fit. */
bool gguf_int(const struct gguf *g, const char *key, int64_t *v);
bool gguf_u32(const struct gguf *g, const char *key, uint32_t *v);
bool gguf_bool(const struct gguf *g, const char *key, bool missing);

/* An array of this item type; NULL when there is none or it holds something else. */
const struct gguf_value *gguf_array(const struct gguf *g, const char *key, enum gguf_type item);

/* Item i < v->n. Integers of any width; 0 for items that are no integers. */
int64_t gguf_int_at(const struct gguf_value *v, uint64_t i);
float gguf_f32_at(const struct gguf_value *v, uint64_t i); /* v->item is GGUF_F32 */

/* Walks an array of strings: start with *p = v->data and call at most v->n times. */
struct gguf_str gguf_next_string(const uint8_t **p);

bool gguf_str_is(struct gguf_str s, const char *text);

/* ---- tensors ---- */

const struct gguf_tensor *gguf_tensor(const struct gguf *g, const char *name); /* NULL: no such tensor */
uint64_t gguf_tensor_count(const struct gguf_tensor *t);                       /* numbers in it */
uint64_t gguf_tensor_rows(const struct gguf_tensor *t);                        /* ne[1] * ne[2] * ne[3] */

/* Text of the file as a message may show it: at most 60 bytes, nothing that moves a terminal. */
const char *gguf_shown(struct gguf_str s, char out[64]);

#endif
