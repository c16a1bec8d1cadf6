/* Queries, judgments and labels from files, and runs into files: the plain forms of the TREC evaluations.
 *
 *   queries.tsv   qid TAB lang TAB text [TAB base qid]     no header; base: the query that this one is a translation of
 *   qrels.txt     qid 0 docid grade                        separated by blanks or tabs
 *   labels.tsv    qid docid 0|1                            does this document fit this query?
 *   run           qid Q0 docid rank score tag
 *
 *     struct trec_set set = {.complain = say, .arg = me};
 *     rc = trec_read_queries(&set, "queries.tsv", &e);       first, the others refer to it
 *     if (!rc) rc = trec_read_qrels(&set, "qrels.txt", &e);
 *     ...
 *     trec_release(&set);                                    after a failure too
 *
 * Files may be compressed (indexer/input.h). A line that is wrong is refused with one sentence, "file:line: why", through
 * `complain`, counted in `refused`, and reading goes on; what a reader returns is about the file as a whole. Lines, fields and
 * their number are bounded, so that a file that is not what it should be ends in sentences and not in a machine out of memory.
 * Everything read lives in the set until trec_release. Once read, a set may be used by many threads. */
#ifndef SOUK_TREC_H
#define SOUK_TREC_H

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
    TREC_LINE_MAX = 64 << 10,
    TREC_FIELD_MAX = 256, /* bytes of a qid, docid */
    TREC_LANG_MAX = 35,   /* bytes of a language tag: what BCP 47 asks software to allow for */
    TREC_QUERIES_MAX = 1 << 20,
    TREC_JUDGMENTS_MAX = 1 << 26, /* and as many labels */
    GRADE_MIN = -9,               /* some collections mark junk with negative grades */
    GRADE_MAX = 60,               /* 2^grade is summed in doubles */
};
#define TREC_NO_QUERY UINT32_MAX

struct trec_query {
    const char *qid, *lang, *text, *base; /* base: the qid itself where the line has none */
    size_t text_n;                        /* 0: nothing to ask; it still counts in means */
    uint32_t language;                    /* number in set.languages */
    size_t judged, n_judged;              /* its part of set.judgments */
    size_t labels, n_labels;              /* its part of set.labels */
};

struct trec_judgment {
    const char *doc;
    int grade;
    uint32_t query, line;
};

struct trec_label {
    const char *doc;
    bool match;
    uint32_t query; /* TREC_NO_QUERY: queries.tsv does not have it */
};

struct trec_set {
    void (*complain)(void *arg, const char *sentence);
    void *arg;
    uint64_t refused;          /* lines, of all files */
    uint64_t foreign_judgment; /* judgments of queries that queries.tsv does not have: left out, as files are often shared */

    struct trec_query *queries; /* in the order of the file */
    size_t n_queries, cap_queries;
    const char **languages; /* sorted, each once */
    size_t n_languages;
    struct trec_judgment *judgments; /* by query, then by document; each pair once */
    size_t n_judgments, cap_judgments;
    struct trec_label *labels; /* by query, then by document; a pair may come twice */
    size_t n_labels, cap_labels;

    uint32_t *table; /* hash of a qid -> number of the query + 1; a power of two, at most half full */
    size_t table_size;
    struct arena arena;
};

/* ---- reading ---- */

/* A qid that comes twice is refused the second time. */
int trec_read_queries(struct trec_set *set, const char *path, struct errmsg *e);
/* A pair that is judged twice keeps the later grade; when they differ, that is said but not counted as refused. */
int trec_read_qrels(struct trec_set *set, const char *path, struct errmsg *e);
int trec_read_labels(struct trec_set *set, const char *path, struct errmsg *e);
void trec_release(struct trec_set *set);

/* The number of a query, or TREC_NO_QUERY. */
uint32_t trec_find(const struct trec_set *set, const char *qid, size_t n);

/* The grade that a query's judgments give a document, or UNJUDGED (measure.h). */
int trec_grade(const struct trec_set *set, const struct trec_query *q, const char *doc);

/* ---- runs ---- */

struct run_entry {
    const char *doc;
    float score;
    uint32_t rank; /* from 1 */
};

/* Makes a ranking into the list that a run holds. The first n_hits entries are an engine's hits in its order, the rest are
 * documents that were scored besides (labelled pairs). Scorers order a run by score and look at the rank only in a tie, so
 *   - a hit that scores above the one before it is given that one's score: its place is what the engine said with it
 *   - the others join where their score puts them, behind hits that score the same
 * Then entries are in order and have ranks 1 .. n. */
void run_arrange(struct run_entry *list, size_t n_hits, size_t n);

/* Writes the list with scores that read back as the same floats. Blanks in a document's id, which would break the line,
 * become %20 and the like. The caller looks at ferror. */
void run_write(FILE *f, const char *qid, const struct run_entry *list, size_t n);

#endif
