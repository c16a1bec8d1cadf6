#include "query/judgments.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    FILE_MAX = 256 << 20,
    NEW_QID_MAX = 15, /* "u" and a number */
    TEXT_MAX = TREC_LINE_MAX - TREC_LANG_MAX - 2 * NEW_QID_MAX - 3,
};

static char *path_of(const char *dir, const char *name)
{
    return xasprintf("%s/%s", dir, name);
}

static void ignore(void *arg, const char *sentence)
{
    (void)arg;
    (void)sentence;
}

/* Reads what there is; a file that does not exist is an empty one. */
static int read_set(const char *dir, struct trec_set *set, struct errmsg *e)
{
    char *queries = path_of(dir, "queries.tsv"), *qrels = path_of(dir, "qrels.txt");
    int rc = 0;
    *set = (struct trec_set){.complain = ignore};
    if (access(queries, F_OK) == 0) rc = trec_read_queries(set, queries, e);
    if (!rc && access(qrels, F_OK) == 0) rc = trec_read_qrels(set, qrels, e);
    free(queries);
    free(qrels);
    return rc;
}

static void write_query(struct json_writer *w, const struct trec_query *q)
{
    json_begin(w, '{');
    json_key(w, "qid"), json_str(w, q->qid);
    json_key(w, "lang"), json_str(w, q->lang);
    json_key(w, "text"), json_str(w, q->text);
    json_key(w, "base"), json_str(w, q->base);
    json_end(w, '}');
}

static void write_judged(struct json_writer *w, const struct trec_set *set, const struct trec_query *q)
{
    if (!q->n_judged) return;
    json_key(w, q->qid);
    json_begin(w, '{');
    for (size_t i = 0; i < q->n_judged; i++) {
        json_key(w, set->judgments[q->judged + i].doc);
        json_int(w, set->judgments[q->judged + i].grade);
    }
    json_end(w, '}');
}

int judgments_write_json(const char *dir, struct json_writer *w, struct errmsg *e)
{
    struct trec_set set;
    int rc = read_set(dir, &set, e);
    if (!rc) {
        json_begin(w, '{');
        json_key(w, "queries");
        json_begin(w, '[');
        for (size_t i = 0; i < set.n_queries; i++) write_query(w, &set.queries[i]);
        json_end(w, ']');
        json_key(w, "judgments");
        json_begin(w, '{');
        for (size_t i = 0; i < set.n_queries; i++) write_judged(w, &set, &set.queries[i]);
        json_end(w, '}');
        json_end(w, '}');
    }
    trec_release(&set);
    return rc;
}

/* ---- changing a file ---- */

static int read_file(const char *path, struct buf *out, struct errmsg *e)
{
    FILE *f = fopen(path, "re");
    if (!f) return errno == ENOENT ? 0 : errmsg_set(e, errno, "%s: %s", path, strerror(errno));
    char block[65536];
    for (size_t n; (n = fread(block, 1, sizeof block, f)) > 0;) buf_add(out, block, n);
    int rc = ferror(f) ? errmsg_set(e, EIO, "%s: cannot be read", path) : 0;
    fclose(f);
    return out->failed ? errmsg_set(e, ERR_TOO_BIG, "%s: larger than %d MB", path, FILE_MAX >> 20) : rc;
}

static int replace_file(const char *path, const struct buf *content, struct errmsg *e)
{
    char *tmp = xasprintf("%s.tmp", path);
    FILE *f = fopen(tmp, "we");
    bool good = f && fwrite(content->data ? content->data : "", 1, content->n, f) == content->n && fflush(f) == 0 &&
                fsync(fileno(f)) == 0;
    int rc = good ? 0 : errno ? errno : EIO;
    if (f && fclose(f) != 0 && !rc) rc = errno;
    if (!rc && rename(tmp, path) != 0) rc = errno;
    if (rc) errmsg_set(e, rc, "cannot write %s: %s", path, strerror(rc));
    free(tmp);
    return rc;
}

static bool has_control(const char *s)
{
    while (*s && (unsigned char)*s >= 0x20 && *s != 0x7F) s++;
    return *s;
}

/* Ids and languages stand between blanks in these files. What trec.c would not read back is refused here and below. */
static int check_word(const char *what, const char *s, size_t max, struct errmsg *e)
{
    size_t n = strlen(s);
    if (n && n <= max && !strchr(s, ' ') && !has_control(s)) return 0;
    return errmsg_set(e, ERR_INPUT, "\"%s\" must be 1 to %zu bytes without blanks", what, max);
}

/* The line has the text, the language, the id twice, and tabs. */
static int check_text(const char *text, struct errmsg *e)
{
    if (strlen(text) > TEXT_MAX) return errmsg_set(e, ERR_INPUT, "\"q\" must have %d bytes at most", TEXT_MAX);
    if (!text[strspn(text, " ")] || has_control(text))
        return errmsg_set(e, ERR_INPUT, "\"q\" must be a text without control characters");
    return 0;
}

static bool is_about(const char *line, size_t n, const char *qid, const char *doc)
{
    char text[TREC_LINE_MAX], *save, *q, *d;
    if (n >= sizeof text) return false;
    memcpy(text, line, n);
    text[n] = 0;
    q = strtok_r(text, " \t\r", &save);
    strtok_r(NULL, " \t\r", &save);
    d = strtok_r(NULL, " \t\r", &save);
    return q && d && !strcmp(q, qid) && !strcmp(d, doc);
}

int judgments_set(const char *dir, const char *qid, const char *doc, int grade, struct errmsg *e)
{
    struct buf old = BUF_INIT(FILE_MAX), out = BUF_INIT(FILE_MAX);
    char *path = path_of(dir, "qrels.txt");
    int rc = check_word("qid", qid, TREC_FIELD_MAX, e);
    if (!rc) rc = check_word("id", doc, TREC_FIELD_MAX, e);
    if (!rc) rc = read_file(path, &old, e);
    for (size_t at = 0; !rc && at < old.n;) {
        const char *nl = memchr(old.data + at, '\n', old.n - at);
        size_t n = nl ? (size_t)(nl - old.data) - at : old.n - at;
        if (!is_about(old.data + at, n, qid, doc)) buf_add(&out, old.data + at, n), buf_byte(&out, '\n');
        at += n + 1;
    }
    if (!rc && grade != NO_GRADE) buf_printf(&out, "%s 0 %s %d\n", qid, doc, grade);
    if (!rc) rc = replace_file(path, &out, e);
    buf_release(&old);
    buf_release(&out);
    free(path);
    return rc;
}

static const struct trec_query *find_text(const struct trec_set *set, const char *lang, const char *text)
{
    for (size_t i = 0; i < set->n_queries; i++)
        if (!strcmp(set->queries[i].text, text) && !strcmp(set->queries[i].lang, lang)) return &set->queries[i];
    return NULL;
}

int judgments_add_query(const char *dir, const char *lang, const char *text, char qid[TREC_FIELD_MAX + 1], struct errmsg *e)
{
    struct trec_set set;
    struct buf out = BUF_INIT(FILE_MAX);
    char *path = path_of(dir, "queries.tsv");
    int rc = check_word("lang", lang, TREC_LANG_MAX, e);
    if (!rc) rc = check_text(text, e);
    if (!rc) rc = read_set(dir, &set, e);
    if (rc) {
        free(path);
        return rc;
    }
    const struct trec_query *known = find_text(&set, lang, text);
    unsigned number = (unsigned)set.n_queries;
    do snprintf(qid, NEW_QID_MAX + 1, "u%u", ++number);
    while (!known && trec_find(&set, qid, strlen(qid)) != TREC_NO_QUERY);
    if (known) {
        snprintf(qid, TREC_FIELD_MAX + 1, "%s", known->qid);
    } else if ((rc = read_file(path, &out, e)) == 0) {
        if (out.n && out.data[out.n - 1] != '\n') buf_byte(&out, '\n');
        buf_printf(&out, "%s\t%s\t%s\t%s\n", qid, lang, text, qid);
        rc = replace_file(path, &out, e);
    }
    trec_release(&set);
    buf_release(&out);
    free(path);
    return rc;
}
