/* Private to writer.c and writer_merge.c: what a writer holds. */
#ifndef SOUK_WRITER_STATE_H
#define SOUK_WRITER_STATE_H

#include "indexer/columns.h"
#include "indexer/segment.h"
#include "indexer/writer.h"

#include <roaring/roaring.h>

struct writer {
    struct index *ix;
    const struct embedder *model;
    struct preparer *preparer; /* for what no worker prepared */
    bool locked;
    MDB_txn *txn;             /* NULL outside a batch */
    struct manifest m, batch; /* as it will be; as it was when the batch began */
    /* the batch */
    struct segment_builder *segment;
    struct column_writer *columns;
    struct buf vectors;
    roaring_bitmap_t *dead;
    bool batch_dead; /* the batch changed the set */
    unsigned cut;
    /* prune */
    bool marking;
    uint64_t *marks;
    size_t cap_marks;
};

int dead_load(struct writer *w, MDB_txn *txn, struct errmsg *e);
int dead_save(struct writer *w);

#endif
