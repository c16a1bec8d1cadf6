#include "embed/filter.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_READ = 64 << 10, BATCH = 256, MAX_ANSWER = 1 << 30, KEEP_ANSWER = 1 << 20 };

struct job {
    const char *s;
    size_t n;
    struct buf out;
    struct errmsg error; /* text[0]: refused */
};

struct run {
    const struct filter *f;
    struct pool *pool;
    FILE *out;
    char *text; /* bytes read and not yet worked on: [at, n); none of [at, seen) is a newline */
    size_t at, seen, n, cap;
    bool skipping; /* the rest of a line that is too long */
    uint64_t line; /* number of the last line written */
    uint64_t refused;
    struct job jobs[BATCH];
    size_t n_jobs;
};

/* ---- one line ---- */

static void write_error(struct buf *out, const char *text)
{
    struct json_writer w = {.out = out};
    size_t n = strlen(text);
    utf8_valid(text, n, &n); /* a sentence that quotes input may have been cut inside a character */
    buf_clear(out);
    json_begin(&w, '{');
    json_key(&w, "error");
    json_strn(&w, text, n);
    json_end(&w, '}');
}

static void work(void *arg, size_t i, unsigned worker)
{
    struct run *r = arg;
    struct job *j = &r->jobs[i];
    buf_clear(&j->out);
    if (j->error.text[0]) return; /* refused when it was read */
    int rc = r->f->line(r->f->arg, worker, j->s, j->n, &j->out, &j->error);
    if (!rc && j->out.failed) rc = errmsg_set(&j->error, ERR_TOO_BIG, "the answer is too long");
    if (rc) errmsg_set(&j->error, rc, "%s", err_str(rc));
}

static void answer(struct run *r, struct job *j)
{
    r->line++;
    if (j->error.text[0]) {
        r->refused++;
        fprintf(stderr, "souk %s: line %llu: %s\n", r->f->command, (unsigned long long)r->line, j->error.text);
        write_error(&j->out, j->error.text);
        j->error.text[0] = 0;
    }
    buf_byte(&j->out, '\n');
    fwrite(j->out.data, 1, j->out.n, r->out);
    if (j->out.cap > KEEP_ANSWER) buf_release(&j->out);
}

static void work_off(struct run *r)
{
    if (r->n_jobs == 1 || pool_size(r->pool) == 1)
        for (size_t i = 0; i < r->n_jobs; i++) work(r, i, 0);
    else
        pool_for(r->pool, r->n_jobs, work, r);
    for (size_t i = 0; i < r->n_jobs; i++) answer(r, &r->jobs[i]);
    r->n_jobs = 0;
}

/* ---- lines out of what was read ---- */

static void add_job(struct run *r, const char *s, size_t n)
{
    struct job *j = &r->jobs[r->n_jobs++];
    j->s = s;
    j->n = n && s[n - 1] == '\r' ? n - 1 : n;
    if (n > FILTER_MAX_LINE) errmsg_set(&j->error, ERR_TOO_BIG, "longer than %d MiB", FILTER_MAX_LINE >> 20);
    if (r->n_jobs == BATCH) work_off(r);
}

/* Takes every finished line in the buffer; at the end of input the last one needs no newline. */
static void take_lines(struct run *r, bool end)
{
    while (r->at < r->n) {
        char *s = r->text + r->at, *nl = memchr(r->text + r->seen, '\n', r->n - r->seen);
        r->seen = r->n;
        if (!nl && !end && !r->skipping) break;
        size_t n = nl ? (size_t)(nl - s) : r->n - r->at;
        r->at += n + (nl != NULL);
        r->seen = r->at;
        if (!r->skipping) add_job(r, s, n);
        if (nl) r->skipping = false;
    }
    work_off(r);
}

/* Makes room to read into; a line that has passed 16 MiB is refused now, and its rest will be skipped. */
static void make_room(struct run *r)
{
    if (r->at) {
        memmove(r->text, r->text + r->at, r->n - r->at);
        r->n -= r->at;
        r->seen -= r->at;
        r->at = 0;
    }
    if (r->n > FILTER_MAX_LINE) {
        add_job(r, r->text, r->n);
        work_off(r);
        r->skipping = true;
        r->n = r->seen = 0;
    }
    if (r->cap - r->n < FIRST_READ) xgrow(&r->text, &r->cap, r->n + FIRST_READ, 1);
}

static int read_all(struct run *r, int fd)
{
    for (;;) {
        make_room(r);
        ssize_t got = read(fd, r->text + r->n, r->cap - r->n);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno;
        if (got == 0) break;
        r->n += (size_t)got;
        take_lines(r, false);
        if (fflush(r->out) != 0) return errno;
    }
    take_lines(r, true);
    return fflush(r->out) != 0 ? errno : 0;
}

int filter_run(const struct filter *f, int fd, FILE *out)
{
    struct run *r = xcalloc(1, sizeof *r);
    r->f = f;
    r->out = out;
    r->pool = pool_new(f->threads, 16);
    for (size_t i = 0; i < BATCH; i++) r->jobs[i].out = (struct buf)BUF_INIT(MAX_ANSWER);
    int rc = read_all(r, fd);
    if (rc) fprintf(stderr, "souk %s: %s\n", f->command, strerror(rc));
    int code = rc ? 1 : r->refused ? 3 : 0;
    pool_free(r->pool);
    for (size_t i = 0; i < BATCH; i++) buf_release(&r->jobs[i].out);
    free(r->text);
    free(r);
    return code;
}

bool filter_threads(const char *text, unsigned *threads)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || n < 1 || n > 1024) return false;
    *threads = (unsigned)n;
    return true;
}
