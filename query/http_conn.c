/* A connection as a state machine:
 *
 *           +----------------- next_request -----------------+
 *           v                                                |
 *     accept -> HEAD --> BODY --> dispatch --> COMPUTE --> reply --> FLUSH (long answer) --+
 *                 |       |          |  (inline, refused)    ^        |                    |
 *                 |       |          +-----------------------+        | close              +--> HEAD
 *                 +-------+--> http_refuse (4xx, 5xx: close) -> FLUSH +--> LINGER --> drop
 *
 * advance() runs steps until one of them must wait. Only http_conn_drop frees, and only the step that calls it and
 * callbacks know: a step that dropped the connection returns false and nobody looks at it again.
 *
 * LINGER: a socket closed while the client is still sending makes the kernel throw away what the client has not read yet,
 * which is the very answer that explains the refusal. So we end our side, swallow what comes, and wait 2 seconds at most. */
#include "query/http_conn.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static void advance(struct http_conn *c);

static uint64_t in_seconds(unsigned s)
{
    return clock_us() + s * (uint64_t)1000000;
}

static struct evbuffer *input(struct http_conn *c)
{
    return bufferevent_get_input(c->bev);
}

static void eat(struct http_conn *c, size_t n)
{
    evbuffer_drain(input(c), n);
    atomic_fetch_add(&c->loop->server->count.bytes_in, n);
}

static size_t pending_output(struct http_conn *c)
{
    return evbuffer_get_length(bufferevent_get_output(c->bev));
}

/* ---- between requests ---- */

static void next_request(struct http_conn *c)
{
    c->state = CONN_HEAD;
    c->started = false;
    c->deadline = in_seconds(c->loop->server->config.idle_timeout_s);
    http_head_init(&c->head, c->loop->server->config.max_body);
}

static void linger(struct http_conn *c)
{
    c->state = CONN_LINGER;
    c->deadline = clock_us() + LINGER_US;
    if (c->plain) shutdown(c->fd, SHUT_WR);
}

void http_conn_replied(struct http_conn *c)
{
    size_t n = pending_output(c);
    if (n > WRITE_MARK || (n && c->close)) {
        c->state = CONN_FLUSH;
        c->deadline = 0; /* http_conn_tick watches the output */
    } else if (c->close) {
        linger(c);
    } else {
        next_request(c);
    }
}

/* No further request will come: what is pending goes out, then the connection ends. */
static bool end(struct http_conn *c)
{
    c->close = true;
    http_conn_replied(c);
    return true;
}

bool http_conn_idle(const struct http_conn *c)
{
    return c->state == CONN_HEAD && !c->started && !evbuffer_get_length(bufferevent_get_output(c->bev));
}

/* ---- dispatch: the request is complete ---- */

static void answer(struct http_conn *c, struct http_job *j)
{
    c->close = c->close || j->response.close || atomic_load(&c->loop->server->draining);
    c->job = NULL;
    http_reply(c, &j->response, j->request.head_only);
    http_job_put(j);
}

static bool dispatch(struct http_conn *c)
{
    struct http_server *s = c->loop->server;
    struct http_job *j = c->job;
    j->request.body = j->body.data ? j->body.data : "";
    j->request.body_n = j->body.n;
    c->close = !c->head.keep_alive;
    atomic_fetch_add(&s->count.requests, 1);
    if (!s->config.inline_handler || !s->config.inline_handler(s->config.arg, &j->request, &j->response)) {
        c->state = CONN_COMPUTE;
        c->deadline = 0;
        if (pool_submit(s->pool, http_job_run, j)) return false; /* from here on *j is not ours */
        atomic_fetch_add(&s->count.rejected, 1);
        http_set_error(&j->response, 503, "overloaded", "too many requests are waiting; try again in a second");
        http_add_header(&j->response, "Retry-After", "1");
    }
    answer(c, j);
    return true;
}

void http_conn_finish(struct http_job *j)
{
    struct http_conn *c = j->conn;
    if (c->state == CONN_GONE) {
        http_job_put(j);
        free(c);
        return;
    }
    answer(c, j);
    advance(c);
}

/* ---- HEAD ---- */

static bool refuse(struct http_conn *c, int status, const char *why)
{
    if (c->job) http_job_put(c->job);
    c->job = NULL;
    http_refuse(c, status, why);
    return true;
}

static bool refuse_memory(struct http_conn *c)
{
    atomic_fetch_add(&c->loop->server->count.rejected, 1);
    return refuse(c, 503, "too many large requests at once; try again in a second");
}

static bool begin(struct http_conn *c, const char *p, size_t n)
{
    struct http_job *j = c->job = http_job_get(c);
    bool ok = http_job_fill(j, &c->head, p, n);
    eat(c, n);
    if (!ok) return refuse(c, 400, "the target is not percent-encoded UTF-8");
    if (!c->head.chunked && !c->head.content_length) return dispatch(c);
    c->state = CONN_BODY;
    c->deadline = in_seconds(c->loop->server->config.body_timeout_s);
    c->body_left = c->head.content_length;
    c->chunk = (struct http_chunk){.max = j->body.max};
    if (c->head.expect_continue && !evbuffer_get_length(input(c))) http_reply_continue(c);
    return true;
}

static bool read_head(struct http_conn *c)
{
    size_t n = evbuffer_get_length(input(c));
    if (!n) return c->eof ? end(c) : false;
    if (n > HTTP_HEAD_MAX) n = HTTP_HEAD_MAX;
    const char *p = (const char *)evbuffer_pullup(input(c), (ev_ssize_t)n);
    int rc = http_head_parse(&c->head, p, n);
    if (rc < 0) return refuse(c, -rc, c->head.why);
    if (rc > 0) return begin(c, p, (size_t)rc);
    if (c->eof) return end(c);
    if (!c->started) {
        uint64_t limit = in_seconds(c->loop->server->config.header_timeout_s);
        if (limit < c->deadline) c->deadline = limit;
        c->started = true;
    }
    return false;
}

/* ---- BODY ---- */

/* What has arrived is reserved, not what was announced: that would let idle clients lock out the others. */
static bool read_sized(struct http_conn *c, struct http_job *j)
{
    size_t n = evbuffer_get_length(input(c));
    if (n > c->body_left) n = (size_t)c->body_left;
    if (n && !http_job_reserve(j, n)) return refuse_memory(c);
    if (n) evbuffer_copyout(input(c), buf_room(&j->body, n), n);
    eat(c, n);
    c->body_left -= n;
    if (!c->body_left) return dispatch(c);
    return c->eof ? end(c) : false;
}

/* Over what lies in one piece; advance() comes back for the rest. */
static bool read_chunked(struct http_conn *c, struct http_job *j)
{
    size_t n = evbuffer_get_contiguous_space(input(c)), used = 0, data_n;
    if (!n) return c->eof ? end(c) : false;
    const char *p = (const char *)evbuffer_pullup(input(c), (ev_ssize_t)n), *data;
    int rc = 0;
    for (size_t eaten; used < n && rc == 0; used += eaten) {
        rc = http_chunk_next(&c->chunk, p + used, n - used, &eaten, &data, &data_n);
        if (rc >= 0 && !http_job_reserve(j, data_n)) return refuse_memory(c);
        if (rc >= 0) buf_add(&j->body, data, data_n);
    }
    eat(c, used);
    if (rc < 0) return refuse(c, -rc, c->chunk.why);
    return rc ? dispatch(c) : true;
}

static bool read_body(struct http_conn *c)
{
    return c->head.chunked ? read_chunked(c, c->job) : read_sized(c, c->job);
}

/* ---- LINGER ---- */

static bool swallow(struct http_conn *c)
{
    eat(c, evbuffer_get_length(input(c)));
    if (c->eof) http_conn_drop(c);
    return false;
}

static bool step(struct http_conn *c)
{
    switch (c->state) {
    case CONN_HEAD: return read_head(c);
    case CONN_BODY: return read_body(c);
    case CONN_LINGER: return swallow(c);
    default: return false;
    }
}

static void advance(struct http_conn *c)
{
    while (step(c)) {
    }
}

/* ---- events ---- */

static void on_read(struct bufferevent *b, void *arg)
{
    (void)b;
    advance(arg);
}

/* All output is in the kernel's hands. */
static void on_write(struct bufferevent *b, void *arg)
{
    struct http_conn *c = arg;
    if (c->plain) bufferevent_disable(b, EV_WRITE); /* http_reply.c enables it when it must */
    if (c->state != CONN_FLUSH) return;
    if (c->close)
        linger(c);
    else
        next_request(c);
    advance(c);
}

static void on_event(struct bufferevent *b, short what, void *arg)
{
    (void)b;
    struct http_conn *c = arg;
    if ((what & BEV_EVENT_EOF) && (what & BEV_EVENT_READING)) {
        c->eof = true; /* perhaps only of its side: the answer is still wanted */
        advance(c);
    } else if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) {
        http_conn_drop(c);
    }
}

/* A client that does not read: from the first look at a pending output it must take 64 KB, or all of it, in each
 * body_timeout_s. */
static bool stalled(struct http_conn *c, uint64_t now)
{
    uint64_t left = pending_output(c), sent = c->queued - left;
    if (!left) {
        c->stall_at = 0;
        return false;
    }
    if (c->stall_at && now - c->stall_at < c->loop->server->config.body_timeout_s * (uint64_t)1000000) return false;
    if (c->stall_at && sent - c->stall_sent < WRITE_MARK) return true;
    c->stall_at = now;
    c->stall_sent = sent;
    return false;
}

void http_conn_tick(struct http_conn *c, uint64_t now)
{
    bool late = c->deadline && now >= c->deadline;
    bool silent = c->state == CONN_LINGER || (c->state == CONN_HEAD && !c->started);
    bool leave = atomic_load(&c->loop->server->draining) && http_conn_idle(c);
    if (stalled(c, now) || leave || (late && silent)) {
        http_conn_drop(c);
    } else if (late) {
        refuse(c, 408, c->state == CONN_BODY ? "the body took too long to arrive" : "the request took too long to arrive");
        advance(c);
    }
}

/* ---- life ---- */

/* The one place that knows what the bytes travel through. With TLS: bufferevent_openssl_socket_new, and plain is false. */
static struct bufferevent *new_bufferevent(struct http_conn *c)
{
    c->plain = true;
    return bufferevent_socket_new(c->loop->base, c->fd, BEV_OPT_CLOSE_ON_FREE);
}

struct http_conn *http_conn_new(struct http_loop *l, int fd, const char *peer, bool refused)
{
    struct http_conn *c = xcalloc(1, sizeof *c);
    c->loop = l;
    c->fd = fd;
    c->refused = refused;
    snprintf(c->peer, sizeof c->peer, "%s", peer);
    atomic_fetch_add(&l->server->count.connections, 1);
    return c;
}

static void link_open(struct http_conn *c)
{
    struct http_loop *l = c->loop;
    c->prev = NULL;
    c->next = l->open;
    if (l->open) l->open->prev = c;
    l->open = c;
    l->n_open++;
    http_loop_watch(l);
}

void http_conn_start(struct http_conn *c)
{
    link_open(c);
    c->bev = new_bufferevent(c);
    if (!c->bev) abort(); /* out of memory, as base/mem.h says */
    bufferevent_setcb(c->bev, on_read, on_write, on_event, c);
    bufferevent_setwatermark(c->bev, EV_READ, 0, READ_AHEAD);
    bufferevent_set_max_single_write(c->bev, 1 << 20);
    bufferevent_enable(c->bev, EV_READ);
    if (c->plain) bufferevent_disable(c->bev, EV_WRITE);
    next_request(c);
    c->deadline = in_seconds(c->loop->server->config.header_timeout_s);
    if (c->refused) http_refuse(c, 503, "too many connections; try again in a second");
}

void http_conn_drop(struct http_conn *c)
{
    struct http_loop *l = c->loop;
    if (c->prev) c->prev->next = c->next;
    if (!c->prev) l->open = c->next;
    if (c->next) c->next->prev = c->prev;
    l->n_open--;
    bufferevent_free(c->bev);
    c->bev = NULL;
    atomic_fetch_sub(&l->server->count.connections, 1);
    if (!l->n_open && atomic_load(&l->server->draining)) event_base_loopbreak(l->base);
    if (c->state == CONN_COMPUTE) { /* http_conn_finish frees it */
        c->state = CONN_GONE;
        return;
    }
    if (c->job) http_job_put(c->job);
    free(c);
}
