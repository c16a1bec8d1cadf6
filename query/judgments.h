/* Judgments that people give in the studio, kept in the files that souk eval reads: DIR/queries.tsv and DIR/qrels.txt.
 *
 * Each change rewrites a file beside itself and renames it, so a reader sees the old or the new one; lines that are not
 * touched stay as they are, comments and all. One caller at a time. */
#ifndef SOUK_JUDGMENTS_H
#define SOUK_JUDGMENTS_H

#include "base/err.h"
#include "base/json.h"
#include "query/trec.h"

enum { NO_GRADE = -100 };

/* Both files as one JSON object: {"queries":[{"qid","lang","text","base"}],"judgments":{"qid":{"docid":grade}}}. Missing files
 * are empty ones. */
int judgments_write_json(const char *dir, struct json_writer *w, struct errmsg *e);

/* Sets the grade, 0 to 9, of a document for a query; NO_GRADE takes the judgment away. */
int judgments_set(const char *dir, const char *qid, const char *doc, int grade, struct errmsg *e);

/* Adds a query and writes its new id into qid. A text that is there already in that language keeps its id. */
int judgments_add_query(const char *dir, const char *lang, const char *text, char qid[TREC_FIELD_MAX + 1], struct errmsg *e);

#endif
