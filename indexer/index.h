/* An index on disk: its folder, its generations, who may write.
 *
 *   <data>/<name>/CURRENT            the name of the live generation
 *   <data>/<name>/lock               held (flock) by the one writer; says who it is
 *   <data>/<name>/gen-000007/        store.mdb, and one epoch of the graph: graph-003.mdb
 *
 * A struct index is one open generation, shared by all threads of a process: readers take snapshots of it (snapshot.h),
 * the writer commits to it (writer.h). A rebuild makes another generation beside it and swaps CURRENT; index_stale then
 * tells a long-lived process to open the index anew.
 *
 * LMDB's reader table holds process ids: processes that share a data folder must share a pid namespace. */
#ifndef SOUK_INDEX_H
#define SOUK_INDEX_H

#include "ann/ann.h"
#include "indexer/store.h"

#include <pthread.h>

enum { INDEX_NAME_MAX = 64 };
enum index_flags {
    INDEX_READ = 1u << 0,    /* for reading only; else for reading and writing */
    INDEX_CREATE = 1u << 1,  /* make it when it is not there */
    INDEX_REBUILD = 1u << 2, /* open a new, empty generation instead of the live one; index_publish makes it live */
};

/* One epoch of the graph, shared by the snapshots that use it. */
struct graph {
    struct ann *ann;
    uint32_t epoch;
    unsigned refs; /* under index.lock */
};

struct index {
    char *name, *dir, *gen_dir;
    uint32_t generation;
    struct store store;
    pthread_mutex_t lock; /* graph, dicts */
    struct graph *graph;  /* the epoch last asked for; holds one reference */
    struct dict **dicts;  /* by field id, made at first use, see dict.h */
    size_t n_dicts;
    int lock_fd;
    bool unnamed;    /* new: CURRENT does not name it yet; the writer publishes it once it has a manifest */
    bool unfinished; /* of a rebuild that is not live: index_close removes it */
};

/* Default of -D: $SOUK_DATA, else "souk-data". */
const char *index_default_data(void);

int index_open(struct index **out, const char *data, const char *name, unsigned flags, struct errmsg *e);
void index_close(struct index *ix);

/* Becomes the one writer, or says who is (ERR_BUSY); also ERR_BUSY when a newer generation is live: open the index anew. */
int index_lock(struct index *ix, struct errmsg *e);
void index_unlock(struct index *ix);

/* Makes the generation of a rebuild the live one and removes the older ones. */
int index_publish(struct index *ix, struct errmsg *e);

/* True when CURRENT names another generation than this one. */
bool index_stale(const struct index *ix);

/* The names of the indexes in a data folder, sorted; free the array and each name. */
int index_list(const char *data, char ***names, size_t *n, struct errmsg *e);

/* Opens an epoch of the graph, or shares the open one. graph_put gives it back. */
int graph_get(struct index *ix, uint32_t epoch, struct graph **out, struct errmsg *e);
void graph_put(struct index *ix, struct graph *g);
char *graph_path(const struct index *ix, uint32_t epoch); /* malloc'ed */

#endif
