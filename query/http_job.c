/* A job: one request with its strings, its way through the compute thread, and its response. Jobs are reused: a warm loop
 * serves requests without malloc. */
#include "query/http_conn.h"

#include "base/mem.h"
#include "query/http_uri.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- life ---- */

struct http_job *http_job_get(struct http_conn *c)
{
    struct http_loop *l = c->loop;
    struct http_job *j = l->spare;
    if (j) {
        l->spare = j->next;
        l->n_spare--;
    } else {
        j = xcalloc(1, sizeof *j);
        j->response.body = (struct buf)BUF_INIT(RESPONSE_MAX);
        j->response.headers = (struct buf)BUF_INIT(HTTP_HEADERS_MAX);
        j->body = (struct buf)BUF_INIT(l->server->config.max_body);
    }
    j->conn = c;
    j->loop = l;
    j->response.status = 200;
    return j;
}

void http_job_free(struct http_job *j)
{
    buf_release(&j->body);
    buf_release(&j->response.body);
    buf_release(&j->response.headers);
    arena_release(&j->arena);
    free(j);
}

static void forget(struct buf *b)
{
    if (b->cap > SPARE_BYTES) buf_release(b);
    buf_clear(b);
}

void http_job_put(struct http_job *j)
{
    struct http_loop *l = j->loop;
    atomic_fetch_sub(&l->server->count.buffered, j->reserved);
    j->reserved = 0;
    if (l->n_spare == SPARE_JOBS) {
        http_job_free(j);
        return;
    }
    forget(&j->body);
    forget(&j->response.body);
    forget(&j->response.headers);
    j->response.content_type = NULL;
    j->response.close = false;
    if (j->arena.used > SPARE_BYTES) arena_release(&j->arena);
    arena_clear(&j->arena);
    j->next = l->spare;
    l->spare = j;
    l->n_spare++;
}

bool http_job_reserve(struct http_job *j, uint64_t bytes)
{
    struct http_server *s = j->loop->server;
    size_t before = atomic_fetch_add(&s->count.buffered, bytes);
    j->reserved += bytes;
    return before + bytes <= s->config.max_buffered;
}

/* ---- from offsets to strings ---- */

/* The separator behind a span (space, colon, blank, CR) becomes its NUL. */
static char *cut(char *head, struct http_span s)
{
    head[s.at + s.n] = 0;
    return head + s.at;
}

static void fill_fields(struct http_request *r, char *head, const struct http_head *h)
{
    r->n_headers = h->n_fields;
    r->headers = ARENA_NEW(r->arena, struct http_field, h->n_fields + 1);
    for (unsigned i = 0; i < h->n_fields; i++) {
        r->headers[i].name = cut(head, h->fields[i].name);
        r->headers[i].value = cut(head, h->fields[i].value);
    }
}

bool http_job_fill(struct http_job *j, const struct http_head *h, const char *p, size_t n)
{
    struct http_request *r = &j->request;
    r->arena = &j->arena;
    char *head = arena_strn(r->arena, p, n);
    memcpy(r->peer, j->conn->peer, sizeof r->peer);
    r->target = cut(head, h->target);
    r->method = cut(head, h->method);
    r->head_only = strcmp(r->method, "HEAD") == 0;
    if (r->head_only) r->method = "GET";
    fill_fields(r, head, h);
    size_t path_n = strcspn(r->target, "?"), out;
    r->query = r->target + path_n + (r->target[path_n] == '?');
    char *decoded = arena_alloc(r->arena, h->target.n + 1);
    if (!http_uri_decode(r->query, strlen(r->query), true, decoded, &out)) return false; /* so http_param cannot fail */
    r->path = decoded;
    return http_uri_decode(r->target, path_n, false, decoded, &out);
}

const char *http_header(const struct http_request *r, const char *name)
{
    for (size_t i = 0; i < r->n_headers; i++)
        if (strcasecmp(r->headers[i].name, name) == 0) return r->headers[i].value;
    return NULL;
}

const char *http_param(const struct http_request *r, const char *name)
{
    const char *value;
    size_t n, out;
    if (!http_uri_find(r->query, name, &value, &n)) return NULL;
    char *decoded = arena_alloc(r->arena, n + 1);
    return http_uri_decode(value, n, true, decoded, &out) ? decoded : NULL;
}

/* ---- on a compute thread ---- */

void http_job_run(void *job, unsigned worker)
{
    struct http_job *j = job;
    struct http_server *s = j->loop->server;
    if (!atomic_load(&s->stopping)) {
        s->config.handler(s->config.arg, worker, &j->request, &j->response);
        http_gzip(&s->gzip[worker], &j->request, &j->response);
    }
    http_loop_post_job(j->loop, j);
}
