/* What a reader sees: one committed state of an index, all lanes of it, until snapshot_end.
 *
 *     struct snapshot *s;                                   one a thread
 *     if ((rc = snapshot_new(&s, ix, &e))) ...
 *     if ((rc = snapshot_begin(s, &e))) ...                 a look-up when nothing was committed since the last time
 *     ... read ...                                          pointers into the map are valid
 *     snapshot_end(s);                                      nothing pins the map between requests
 *     snapshot_free(s);
 *
 * Document numbers are below snapshot_docs; those whose bit is not set in `live` are dead or were never given. Nothing in
 * this header is LMDB's: the planner works against it alone. */
#ifndef SOUK_SNAPSHOT_H
#define SOUK_SNAPSHOT_H

#include "indexer/columns.h"
#include "indexer/dict.h"
#include "indexer/index.h"
#include "indexer/segment.h"

struct snapshot;

int snapshot_new(struct snapshot **out, struct index *ix, struct errmsg *e);
void snapshot_free(struct snapshot *s);
int snapshot_begin(struct snapshot *s, struct errmsg *e);
void snapshot_end(struct snapshot *s);

const struct manifest *snapshot_manifest(const struct snapshot *s);
uint32_t snapshot_docs(const struct snapshot *s);
const uint64_t *snapshot_live(const struct snapshot *s); /* bits 0 .. snapshot_docs - 1 */

/* ---- documents ---- */

uint32_t snapshot_find(struct snapshot *s, const char *id, size_t n); /* UINT32_MAX: no such product */
bool snapshot_product(struct snapshot *s, uint32_t doc, const char **json, size_t *n);
bool snapshot_head(struct snapshot *s, uint32_t doc, struct doc_head *head);

/* True when the product is there with the same text (words, identifiers and vector need not be made again). */
bool snapshot_has(struct snapshot *s, const char *id, size_t n, const struct doc_head *head);

/* Live documents with this normalised identifier, at most max. */
size_t snapshot_identifier(struct snapshot *s, const char *key, size_t n, uint32_t *docs, size_t max);

/* ---- words ---- */

const struct segment *snapshot_segments(const struct snapshot *s, size_t *n);

/* ---- columns ---- */

size_t snapshot_fields(const struct snapshot *s);
const char *snapshot_field_name(const struct snapshot *s, size_t i);
/* The column of a field, or NULL when no product ever had it. Valid until snapshot_end. */
const struct column *snapshot_column(struct snapshot *s, const char *name);
int snapshot_dict(struct snapshot *s, const char *name, const struct column *c, const struct dict **d); /* then dict_release */

/* ---- vectors ---- */

/* The k nearest documents of unit vector q whose bit is set in ok (n_ok of them), best first; graph and delta together. None
 * below the floor; with a floor, fewer documents are looked at. */
uint32_t snapshot_nearest(struct snapshot *s, const float *q, uint32_t k, const uint64_t *ok, uint32_t n_ok,
                          struct ann_floor floor, struct ann_hit *hits);
float snapshot_similarity(struct snapshot *s, const float *q, uint32_t doc); /* cosine; -1 for a document without vector */
bool snapshot_vector(struct snapshot *s, uint32_t doc, float *out);
const uint16_t *snapshot_vector_f16(struct snapshot *s, uint32_t doc); /* in the map; NULL: none */
uint32_t snapshot_delta_rows(const struct snapshot *s);                /* vectors outside the graph */

#endif
