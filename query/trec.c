#include "query/trec.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "indexer/input.h"
#include "query/measure.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

struct field {
    const char *s;
    size_t n;
};

/* One file being read. take is called for each line that is clean text; it returns NULL, or why the line is refused. */
struct reader {
    struct trec_set *set;
    struct input *in;
    const char *(*take)(struct reader *r, const struct field *line);
    size_t *count, limit; /* of what the file gives */
    const char *things;
};

/* ---- lines ---- */

static void complain(struct trec_set *set, const char *file, uint64_t line, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
static void complain(struct trec_set *set, const char *file, uint64_t line, const char *fmt, ...)
{
    char why[400], sentence[800];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    snprintf(sentence, sizeof sentence, "%s:%llu: %s", file, (unsigned long long)line, why);
    if (set->complain) set->complain(set->arg, sentence);
}

static bool has_control(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (((unsigned char)s[i] < 0x20 && s[i] != '\t') || s[i] == 0x7F) return true;
    return false;
}

/* Cuts a line at tabs, or at runs of blanks and tabs. Returns the number of fields; those beyond max are counted only. */
static size_t split(const struct field *line, bool tabs_only, struct field *out, size_t max)
{
    const char *cut = tabs_only ? "\t" : " \t", *s = line->s, *end = s + line->n;
    size_t k = 0;
    for (;;) {
        while (!tabs_only && s < end && strchr(cut, *s)) s++;
        if (!tabs_only && s == end) return k;
        const char *from = s;
        while (s < end && !strchr(cut, *s)) s++;
        if (k < max) out[k] = (struct field){from, (size_t)(s - from)};
        k++;
        if (s++ == end) return k;
    }
}

static bool is_blank(const char *s, size_t n)
{
    while (n && (s[n - 1] == ' ' || s[n - 1] == '\t')) n--;
    return !n;
}

static const char *check_and_take(struct reader *r, const struct field *line)
{
    if (line->n > TREC_LINE_MAX) return "the line is longer than 64 KB";
    if (!utf8_valid(line->s, line->n, NULL)) return "the line is not UTF-8";
    if (has_control(line->s, line->n)) return "the line holds a control character";
    return r->take(r, line);
}

static int read_lines(struct reader *r, const char *path, struct errmsg *e)
{
    struct field line;
    int rc = input_open(&r->in, path, e);
    if (rc) return rc;
    while ((rc = input_line(r->in, &line.s, &line.n, e)) == 0 || rc == ERR_TOO_BIG) {
        if (rc == ERR_TOO_BIG) line.n = TREC_LINE_MAX + 1;
        if (!rc && is_blank(line.s, line.n)) continue;
        if (*r->count >= r->limit) {
            rc = errmsg_set(e, ERR_TOO_BIG, "%s: holds more than %zu %s", path, r->limit, r->things);
            break;
        }
        const char *why = check_and_take(r, &line);
        if (!why) continue;
        r->set->refused++;
        complain(r->set, path, input_line_number(r->in), "%s", why);
    }
    input_close(r->in);
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* ---- queries ---- */

/* The place of a qid in the table, or of the gap where it belongs. */
static size_t slot(const struct trec_set *set, const char *qid, size_t n)
{
    size_t mask = set->table_size - 1, i = XXH3_64bits(qid, n) & mask;
    for (; set->table[i]; i = (i + 1) & mask) {
        const char *there = set->queries[set->table[i] - 1].qid;
        if (!strncmp(there, qid, n) && !there[n]) break;
    }
    return i;
}

uint32_t trec_find(const struct trec_set *set, const char *qid, size_t n)
{
    return set->table_size ? set->table[slot(set, qid, n)] - 1 : TREC_NO_QUERY; /* an empty slot is 0 */
}

static void grow_table(struct trec_set *set)
{
    if (set->table_size >= (set->n_queries + 1) * 2) return;
    free(set->table);
    set->table_size = set->table_size ? set->table_size * 2 : 1024;
    set->table = xcalloc(set->table_size, sizeof *set->table);
    for (size_t i = 0; i < set->n_queries; i++)
        set->table[slot(set, set->queries[i].qid, strlen(set->queries[i].qid))] = (uint32_t)i + 1;
}

static const char *take_query(struct reader *r, const struct field *line)
{
    struct trec_set *set = r->set;
    struct field f[4];
    size_t k = split(line, true, f, 4);
    if (k < 3 || k > 4) return "not of the form qid, language, text, perhaps base qid, with a tab between them";
    if (!f[0].n || f[0].n > TREC_FIELD_MAX) return "the query id must have 1 to 256 bytes";
    if (memchr(f[0].s, ' ', f[0].n)) return "the query id holds a blank";
    if (!f[1].n || f[1].n > TREC_LANG_MAX || memchr(f[1].s, ' ', f[1].n)) return "the second field is not a language tag";
    if (trec_find(set, f[0].s, f[0].n) != TREC_NO_QUERY) return "the query id came before; this line is left out";
    grow_table(set);
    xgrow(&set->queries, &set->cap_queries, set->n_queries + 1, sizeof *set->queries);
    struct trec_query *q = &set->queries[set->n_queries];
    *q = (struct trec_query){.qid = arena_strn(&set->arena, f[0].s, f[0].n), .lang = arena_strn(&set->arena, f[1].s, f[1].n)};
    q->text_n = is_blank(f[2].s, f[2].n) ? 0 : f[2].n;
    q->text = arena_strn(&set->arena, f[2].s, q->text_n);
    q->base = k == 4 && f[3].n ? arena_strn(&set->arena, f[3].s, f[3].n) : q->qid;
    set->table[slot(set, f[0].s, f[0].n)] = (uint32_t)++set->n_queries;
    return NULL;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void number_languages(struct trec_set *set)
{
    size_t n = set->n_queries, k = 0;
    const char **all = ARENA_NEW(&set->arena, const char *, n + 1);
    for (size_t i = 0; i < n; i++) all[i] = set->queries[i].lang;
    qsort(all, n, sizeof *all, by_text);
    for (size_t i = 0; i < n; i++)
        if (!k || strcmp(all[k - 1], all[i])) all[k++] = all[i];
    set->languages = all;
    set->n_languages = k;
    for (size_t i = 0; i < n; i++) {
        const char **at = bsearch(&set->queries[i].lang, all, k, sizeof *all, by_text);
        set->queries[i].language = (uint32_t)(at - all);
    }
}

int trec_read_queries(struct trec_set *set, const char *path, struct errmsg *e)
{
    struct reader r = {set, NULL, take_query, &set->n_queries, TREC_QUERIES_MAX, "queries"};
    int rc = read_lines(&r, path, e);
    number_languages(set);
    return rc;
}

/* ---- judgments ---- */

static bool parse_grade(const struct field *f, int *grade)
{
    char text[8], *end;
    if (!f->n || f->n >= sizeof text) return false;
    memcpy(text, f->s, f->n);
    text[f->n] = 0;
    long v = strtol(text, &end, 10);
    *grade = (int)v;
    return !*end && v >= GRADE_MIN && v <= GRADE_MAX;
}

static const char *take_judgment(struct reader *r, const struct field *line)
{
    struct trec_set *set = r->set;
    struct field f[4];
    int grade;
    if (split(line, false, f, 4) != 4) return "not of the form: qid 0 docid grade";
    if (f[0].n > TREC_FIELD_MAX || f[2].n > TREC_FIELD_MAX) return "an id is longer than 256 bytes";
    if (!parse_grade(&f[3], &grade)) return "the grade is not a whole number from -9 to 60";
    uint32_t query = trec_find(set, f[0].s, f[0].n);
    if (query == TREC_NO_QUERY) return set->foreign_judgment++, NULL;
    xgrow(&set->judgments, &set->cap_judgments, set->n_judgments + 1, sizeof *set->judgments);
    set->judgments[set->n_judgments++] = (struct trec_judgment){arena_strn(&set->arena, f[2].s, f[2].n), grade, query,
                                                                (uint32_t)input_line_number(r->in)};
    return NULL;
}

static int by_query_and_doc(uint32_t qa, const char *a, uint32_t qb, const char *b)
{
    return qa != qb ? (qa > qb) - (qa < qb) : strcmp(a, b);
}

static int judgment_order(const void *a, const void *b)
{
    const struct trec_judgment *x = a, *y = b;
    int c = by_query_and_doc(x->query, x->doc, y->query, y->doc);
    return c ? c : (x->line > y->line) - (x->line < y->line);
}

/* Sorts, drops all but the last judgment of a pair, and tells the queries which are theirs. */
static void settle_judgments(struct trec_set *set, const char *path)
{
    struct trec_judgment *j = set->judgments;
    size_t n = set->n_judgments, k = 0;
    if (n) qsort(j, n, sizeof *j, judgment_order);
    for (size_t i = 0; i < n; i++) {
        bool again = k && !by_query_and_doc(j[k - 1].query, j[k - 1].doc, j[i].query, j[i].doc);
        if (again && j[k - 1].grade != j[i].grade)
            complain(set, path, j[i].line, "%s and %s were judged %d in line %u; this line replaces it",
                     set->queries[j[i].query].qid, j[i].doc, j[k - 1].grade, j[k - 1].line);
        k -= again;
        j[k++] = j[i];
    }
    set->n_judgments = k;
    for (size_t i = 0; i < k; i++) {
        struct trec_query *q = &set->queries[j[i].query];
        if (!q->n_judged++) q->judged = i;
    }
}

int trec_read_qrels(struct trec_set *set, const char *path, struct errmsg *e)
{
    struct reader r = {set, NULL, take_judgment, &set->n_judgments, TREC_JUDGMENTS_MAX, "judgments"};
    int rc = read_lines(&r, path, e);
    settle_judgments(set, path);
    return rc;
}

static int judgment_at(const void *doc, const void *judgment)
{
    return strcmp(doc, ((const struct trec_judgment *)judgment)->doc);
}

int trec_grade(const struct trec_set *set, const struct trec_query *q, const char *doc)
{
    if (!q->n_judged) return UNJUDGED;
    const struct trec_judgment *j = bsearch(doc, set->judgments + q->judged, q->n_judged, sizeof *set->judgments, judgment_at);
    return j ? j->grade : UNJUDGED;
}

/* ---- labels ---- */

static const char *take_label(struct reader *r, const struct field *line)
{
    struct trec_set *set = r->set;
    struct field f[3];
    if (split(line, false, f, 3) != 3) return "not of the form: qid docid 0|1";
    if (f[0].n > TREC_FIELD_MAX || f[1].n > TREC_FIELD_MAX) return "an id is longer than 256 bytes";
    if (f[2].n != 1 || (*f[2].s != '0' && *f[2].s != '1')) return "the label is neither 0 nor 1";
    xgrow(&set->labels, &set->cap_labels, set->n_labels + 1, sizeof *set->labels);
    set->labels[set->n_labels++] = (struct trec_label){arena_strn(&set->arena, f[1].s, f[1].n), *f[2].s == '1',
                                                       trec_find(set, f[0].s, f[0].n)};
    return NULL;
}

static int label_order(const void *a, const void *b)
{
    const struct trec_label *x = a, *y = b;
    return by_query_and_doc(x->query, x->doc, y->query, y->doc);
}

int trec_read_labels(struct trec_set *set, const char *path, struct errmsg *e)
{
    struct reader r = {set, NULL, take_label, &set->n_labels, TREC_JUDGMENTS_MAX, "labels"};
    int rc = read_lines(&r, path, e);
    if (set->n_labels) qsort(set->labels, set->n_labels, sizeof *set->labels, label_order);
    for (size_t i = 0; i < set->n_labels && set->labels[i].query != TREC_NO_QUERY; i++) {
        struct trec_query *q = &set->queries[set->labels[i].query];
        if (!q->n_labels++) q->labels = i;
    }
    return rc;
}

void trec_release(struct trec_set *set)
{
    free(set->queries);
    free(set->judgments);
    free(set->labels);
    free(set->table);
    arena_release(&set->arena);
    memset(set, 0, sizeof *set);
}
