/* indexer/ - a catalogue in, an index on disk.
 *
 * Read in this order:
 *   product.h    a product line, checked; the views the lanes need of it      product_views.c has the views
 *   input.h      lines from files and pipes, plain or compressed
 *   terms.h      a product's words, with their weight
 *   segment.h    the inverted index of some documents, immutable bytes       segment_builder.c writes and merges it
 *   columns.h    one value a document and field                              column_writer.c writes them
 *   dict.h       what the ordinals of a column stand for
 *   vectors.h    vectors that are not in the graph yet
 *   store.h      the LMDB environment that holds all of this, table by table
 *   index.h      generations, the lock of the writer, graph epochs
 *   snapshot.h   what a reader sees: one committed state, all lanes
 *   prepare.h    a line made ready for the writer, on any thread
 *   writer.h     the one writer                                              writer_merge.c makes large out of small
 *   import.h     many lines, in batches, on all cores
 *   cmd.h        souk index, delete, export, info */
#ifndef SOUK_INDEXER_H
#define SOUK_INDEXER_H

#include "indexer/import.h"
#include "indexer/snapshot.h"

#endif
