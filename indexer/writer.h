/* The one writer of an index: products in, commits out.
 *
 *     struct writer *w;
 *     if ((rc = writer_new(&w, ix, model, &e))) ...              takes the lock, makes the manifest of a new index
 *     writer_begin(w, &e);
 *     for each line: writer_put(w, &prepared, &outcome, &e);
 *     writer_commit(w, &e);                                       all lanes of the batch become visible at once, durably
 *     writer_merge(w, false, NULL, NULL, &e);                     when enough has gathered
 *     writer_free(w);                                             gives the lock back
 *
 * One thread. A failed call leaves the transaction to be aborted (writer_abort); what was committed stays. */
#ifndef SOUK_WRITER_H
#define SOUK_WRITER_H

#include "indexer/index.h"
#include "indexer/prepare.h"

struct writer;

enum outcome { ADDED, REPLACED, UPDATED, UNCHANGED, DELETED, ABSENT, N_OUTCOMES }; /* ABSENT: nothing there to delete or update */

/* model may be NULL for a writer that only deletes. */
int writer_new(struct writer **out, struct index *ix, const struct embedder *model, struct errmsg *e);
void writer_free(struct writer *w);

int writer_begin(struct writer *w, struct errmsg *e);
int writer_commit(struct writer *w, struct errmsg *e);
void writer_abort(struct writer *w);

/* Stores a product, or deletes it when it says so. p's second half is made if it is missing and needed. */
int writer_put(struct writer *w, struct prepared *p, enum outcome *outcome, struct errmsg *e);

/* Changes only the fields that p carries; ABSENT when the product is not there. p is used up. */
int writer_update(struct writer *w, struct prepared *p, enum outcome *outcome, struct errmsg *e);

int writer_delete(struct writer *w, const char *id, size_t n, enum outcome *outcome, struct errmsg *e);

/* For --prune: forgets, and then remembers, which products were put, updated or found unchanged; and deletes the others. */
void writer_mark_all(struct writer *w);
int writer_prune(struct writer *w, uint32_t *deleted, struct errmsg *e);

/* Facet values cut at FACET_MAX bytes since writer_new. */
unsigned writer_cut_values(const struct writer *w);
const struct manifest *writer_manifest(const struct writer *w);

/* Moves the delta into the next epoch of the graph and joins posting segments, if that is due (or anyway, with force).
 * Not inside a transaction. progress as in ann_build. Killed at any point, the index is as before or as after. */
int writer_merge(struct writer *w, bool force, bool (*progress)(void *, uint32_t, uint32_t), void *arg, struct errmsg *e);

#endif
