/* Many lines into an index: batches that are prepared on all cores while the batch before is being committed.
 *
 *     struct import *im;
 *     if ((rc = import_new(&im, ix, model, &options, &e))) ...
 *     while (... line ...) if ((rc = import_line(im, source, number, line, n, &e))) break;
 *     rc = import_finish(im, &e);
 *     import_free(im);
 *
 * Results come back through options.result, one for each line, in order, after the commit that holds the line: what was
 * reported is durable and visible. A bad line is reported and the rest goes on. */
#ifndef SOUK_IMPORT_H
#define SOUK_IMPORT_H

#include "indexer/writer.h"

#include <stdatomic.h>

struct import_result {
    const char *source; /* as given to import_line */
    uint64_t line;
    const char *id; /* NULL when the line has none that can be read */
    int rc;         /* 0, or why the line was refused */
    enum outcome outcome;
    bool repeated;       /* its id came before in this import: this one wins */
    const char *message; /* for rc != 0 */
};

struct import_options {
    bool update;         /* lines carry single fields */
    bool prune;          /* delete what no line named */
    bool dry_run;        /* check only */
    unsigned threads;    /* 0: all CPUs */
    struct index *reuse; /* vectors of the same texts are taken from here; may be NULL */
    void (*result)(void *arg, const struct import_result *r);
    void (*committed)(void *arg, uint64_t lines); /* lines committed so far; may be NULL */
    void *arg;
};

struct import;
int import_new(struct import **out, struct index *ix, const struct embedder *model, const struct import_options *o,
               struct errmsg *e);

/* Takes a copy of the line. Fails when the store does (disk full): then nothing more can be added. */
int import_line(struct import *im, const char *source, uint64_t number, const char *line, size_t n, struct errmsg *e);

/* Reports a line that could not even be read (too long). */
int import_refuse(struct import *im, const char *source, uint64_t number, int rc, const char *message, struct errmsg *e);

/* Commits what is left. */
int import_finish(struct import *im, struct errmsg *e);

/* After import_finish: deletes what no line named. Refused while lines were refused, or when no line named a product. */
int import_prune(struct import *im, uint32_t *deleted, struct errmsg *e);

struct writer *import_writer(struct import *im);
void import_free(struct import *im);

#endif
