#include "query/routes_write.h"

#include "base/json.h"
#include "indexer/import.h"
#include "indexer/input.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- who may write ---- */

static bool equal_in_constant_time(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    unsigned char diff = n != m;
    for (size_t i = 0; i < n; i++) diff |= (unsigned char)(a[i] ^ (i < m ? b[i] : 0));
    return !diff;
}

static bool has_key(const struct service *sv, const struct http_request *q)
{
    const char *auth = http_header(q, "authorization");
    return sv->write_key && auth && !strncasecmp(auth, "bearer ", 7) && equal_in_constant_time(auth + 7, sv->write_key);
}

static bool is_local(const char *peer)
{
    return !strncmp(peer, "127.", 4) || !strcmp(peer, "::1") || !strncmp(peer, "::ffff:127.", 11);
}

/* A page of another site may not write with this browser's access to this machine. */
static bool is_foreign_page(const struct http_request *q)
{
    const char *origin = http_header(q, "origin"), *host = http_header(q, "host");
    if (!origin) return false;
    const char *authority = strstr(origin, "://");
    return !authority || !host || strcmp(authority + 3, host) != 0;
}

/* Is this host, perhaps with a port, this machine's own name? */
static bool is_own_name(const char *host)
{
    char name[INET_ADDRSTRLEN];
    struct in_addr a;
    size_t n = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
    if (n == 5 && !strncmp(host, "[::1]", 5)) return true;
    if (n == 9 && !strncasecmp(host, "localhost", 9)) return true;
    if (n >= sizeof name) return false;
    memcpy(name, host, n);
    name[n] = 0;
    return inet_pton(AF_INET, name, &a) == 1 && ntohl(a.s_addr) >> 24 == 127;
}

/* Someone else's name may be made to lead here (DNS rebinding), and then a page's Origin equals its Host. So without a key only
 * this machine's own names will do. Browsers always send a Host. */
static bool has_foreign_name(const struct http_request *q)
{
    const char *host = http_header(q, "host");
    return host && !is_own_name(host);
}

/* A proxy on this machine speaks for anybody. */
static bool is_passed_on(const struct http_request *q)
{
    static const char *const signs[] = {"forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (http_header(q, signs[i])) return true;
    return false;
}

bool may_write(const struct service *sv, const struct http_request *q, struct http_response *r)
{
    if (is_foreign_page(q)) {
        http_set_error(r, 403, "forbidden", "pages of another origin may not write");
        return false;
    }
    if (!sv->write_key && is_local(q->peer) && has_foreign_name(q)) {
        http_set_error(r, 403, "forbidden", "without a write key, writing takes the address localhost, 127.0.0.1 or [::1]");
        return false;
    }
    if (has_key(sv, q) || (!sv->write_key && is_local(q->peer) && !is_passed_on(q))) return true;
    http_set_error(r, 401, "unauthorized",
                   sv->write_key
                       ? "writing takes the header Authorization: Bearer with the write key"
                       : "writing is only possible from this machine; set SOUK_WRITE_KEY for the service to allow it with a key");
    http_add_header(r, "WWW-Authenticate", "Bearer");
    return false;
}

/* ---- import ---- */

struct results {
    struct json_writer w;
    struct service *sv;
    uint64_t accepted, refused;
};

static void write_result(void *arg, const struct import_result *x)
{
    static const char *const names[N_OUTCOMES] = {"added", "replaced", "updated", "unchanged", "deleted", "not_found"};
    struct results *r = arg;
    r->w = (struct json_writer){.out = r->w.out};
    json_begin(&r->w, '{');
    json_key(&r->w, "line"), json_uint(&r->w, x->line);
    if (x->id) json_key(&r->w, "id"), json_str(&r->w, x->id);
    json_key(&r->w, "status"), json_str(&r->w, x->rc ? "refused" : names[x->outcome]);
    if (x->rc) {
        json_key(&r->w, "error");
        json_begin(&r->w, '{');
        json_key(&r->w, "code"), json_str(&r->w, x->rc == ERR_TOO_BIG ? "too_large" : "bad_request");
        json_key(&r->w, "message"), json_str(&r->w, x->message);
        json_end(&r->w, '}');
    }
    json_end(&r->w, '}');
    buf_byte(r->w.out, '\n');
    *(x->rc ? &r->refused : &r->accepted) += 1;
}

static int import_lines(struct import *im, const char *body, size_t n, struct errmsg *e)
{
    uint64_t number = 0;
    int rc = 0;
    for (const char *p = body, *end = body + n; p < end && !rc;) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        size_t len = (size_t)((nl ? nl : end) - p), used = len && p[len - 1] == '\r' ? len - 1 : len;
        number++;
        if (used > LINE_LIMIT)
            rc = import_refuse(im, "body", number, ERR_TOO_BIG, "the line is longer than 32 MB", e);
        else if (used)
            rc = import_line(im, "body", number, p, used, e);
        p += len + 1;
    }
    return rc ? rc : import_finish(im, e);
}

/* A request never waits for another one's import: that would take the threads away from searches. */
static int still_writing(const struct index *ix, struct errmsg *e)
{
    return errmsg_set(e, ERR_BUSY, "another request is writing (index \"%s\"); try again when it is done", ix->name);
}

/* The lines are committed by now and keep their results: what a merge could not do, the next one will. */
static void merge(struct import *im, const struct index *ix)
{
    struct errmsg e = {0};
    int rc = writer_merge(import_writer(im), false, NULL, NULL, &e);
    if (rc) fprintf(stderr, "souk: index \"%s\": cannot merge: %s\n", ix->name, errmsg_text(&e, rc));
}

/* Anything but a clear word is refused: taken for "false", it would replace whole products by single fields. */
static int wants_update(const struct http_request *q, bool *update, struct errmsg *e)
{
    const char *s = http_param(q, "update");
    *update = s && (!strcmp(s, "true") || !strcmp(s, "1"));
    if (!s || *update || !strcmp(s, "false") || !strcmp(s, "0")) return 0;
    return errmsg_set(e, ERR_INPUT, "\"update\" must be true or false");
}

/* Runs the import under the service's lock; the index stays borrowed meanwhile. */
static int import_body(struct service *sv, struct index *ix, const struct http_request *q, bool update, struct results *results,
                       struct errmsg *e)
{
    struct import_options o = {.update = update, .threads = q->body_n < 65536 ? 1 : 0, .result = write_result, .arg = results};
    struct import *im;
    if (ix->store.read_only) return errmsg_set(e, EACCES, "the data folder of index \"%s\" cannot be written", ix->name);
    if (pthread_mutex_trylock(&sv->writing)) return still_writing(ix, e);
    int rc = import_new(&im, ix, engine_model(sv->engine), &o, e);
    if (!rc) {
        rc = import_lines(im, q->body, q->body_n, e);
        if (!rc) merge(im, ix);
        import_free(im);
    }
    pthread_mutex_unlock(&sv->writing);
    return rc;
}

void import_documents(struct service *sv, unsigned worker, const char *index, const struct http_request *q,
                      struct http_response *r)
{
    struct errmsg e = {0};
    struct searcher *s;
    struct results results = {.w = {.out = &r->body}, .sv = sv};
    bool update;
    if (!may_write(sv, q, r)) return;
    if (wants_update(q, &update, &e)) return respond_error(r, ERR_INPUT, "update", &e);
    engine_look_anew(sv->engine, index);
    int rc = engine_borrow(sv->engine, index, worker, &s, &e);
    if (!rc) {
        rc = import_body(sv, engine_index(sv->engine, worker), q, update, &results, &e);
        engine_return(sv->engine, worker);
    }
    atomic_fetch_add(&sv->metrics.imports, 1);
    atomic_fetch_add(&sv->metrics.lines_imported, results.accepted);
    atomic_fetch_add(&sv->metrics.lines_refused, results.refused);
    r->content_type = "application/x-ndjson";
    if (results.refused && !results.accepted) r->status = 400;
    if (rc) r->content_type = NULL, respond_error(r, rc, NULL, &e);
}

/* ---- delete ---- */

static int delete_one(struct service *sv, struct index *ix, const char *id, enum outcome *outcome, struct errmsg *e)
{
    struct writer *w;
    if (ix->store.read_only) return errmsg_set(e, EACCES, "the data folder of index \"%s\" cannot be written", ix->name);
    if (pthread_mutex_trylock(&sv->writing)) return still_writing(ix, e);
    int rc = writer_new(&w, ix, NULL, e);
    if (!rc && (rc = writer_begin(w, e)) == 0) {
        rc = writer_delete(w, id, strlen(id), outcome, e);
        if (rc)
            writer_abort(w);
        else
            rc = writer_commit(w, e);
    }
    writer_free(w);
    pthread_mutex_unlock(&sv->writing);
    return rc;
}

void delete_document(struct service *sv, unsigned worker, const char *index, const char *id, const struct http_request *q,
                     struct http_response *r)
{
    struct errmsg e = {0};
    struct searcher *s;
    enum outcome outcome = ABSENT;
    if (!may_write(sv, q, r)) return;
    engine_look_anew(sv->engine, index);
    int rc = engine_borrow(sv->engine, index, worker, &s, &e);
    if (!rc) {
        rc = delete_one(sv, engine_index(sv->engine, worker), id, &outcome, &e);
        engine_return(sv->engine, worker);
    }
    if (!rc && outcome == ABSENT) rc = errmsg_set(&e, ERR_NOT_FOUND, "there is no product \"%.100s\"", id);
    if (rc)
        respond_error(r, rc, NULL, &e);
    else
        buf_str(&r->body, "{\"status\":\"deleted\"}");
}
