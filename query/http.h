/* An HTTP/1.1 server: I/O threads that never compute, and a pool of compute threads where handlers run.
 *
 *     struct http_config c = {.address = "127.0.0.1", .port = 7700, .handler = answer, .arg = &engine};
 *     struct http_server *s;
 *     if ((rc = http_start(&s, &c, &e)) != 0) ...
 *     ... wait for SIGTERM ...
 *     http_drain(s);                      finishes what runs, refuses what comes
 *     http_stop_and_free(s);
 *
 * A request is read and checked by an I/O thread (http_parse.h says how strictly), complete with its body, before a handler
 * sees it. One request of a connection is in work at a time; what a client sends ahead waits in its buffer (64 KB) and then in
 * the kernel's. Handlers may take as long as they like: health checks, refusals and timeouts do not wait for them.
 *
 * Everything a client can make the server hold is bounded: connections, requests that wait for a compute thread, bytes of a
 * head (http_parse.h), of a body, of all bodies together. Times are absolute, not "since the last byte", so a client that sends
 * a byte a second is cut off as well. A client that goes away while its request is in work costs that work, nothing else.
 *
 * A zero in the config means the default named there. Bodies of 1 KB and more that are text or JSON are compressed with gzip, on
 * the compute thread, for clients that accept it. */
#ifndef SOUK_HTTP_H
#define SOUK_HTTP_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- what a handler sees and fills ---- */

struct http_field {
    const char *name, *value;
};

/* Strings end in NUL and live as long as the request's arena: until the response is on its way. */
struct http_request {
    const char *method; /* in the client's case; a HEAD request comes as GET with head_only set, its body is left out later */
    const char *target; /* as sent: path and query, still encoded */
    const char *path;   /* decoded, well-formed UTF-8, without the query */
    const char *query;  /* still encoded, without the '?'; "" when there is none */
    struct http_field *headers;
    size_t n_headers;
    const char *body; /* body[body_n] is NUL */
    size_t body_n;
    bool head_only;
    char peer[64]; /* the client's address, without the port */
    struct arena *arena;
};

/* Comes with status 200 and empty bufs. */
struct http_response {
    int status;
    const char *content_type; /* NULL: application/json */
    struct buf body;
    struct buf headers; /* further header lines, each with its CRLF: http_add_header */
    bool close;         /* ends the connection after this response */
};

const char *http_header(const struct http_request *r, const char *name); /* in any case; NULL when it is not there */

/* A query parameter, decoded, in the request's arena; the first of several; NULL when it is not there. */
const char *http_param(const struct http_request *r, const char *name);

/* "name: value". Control bytes in value become spaces, so that no text can begin a header line of its own. */
void http_add_header(struct http_response *r, const char *name, const char *value);

/* Replaces the response's body by {"error":{"code":"..","message":".."}}; message must be well-formed UTF-8. */
void http_set_error(struct http_response *r, int status, const char *code, const char *message);

/* ---- the server ---- */

struct http_server;

struct http_config {
    const char *address; /* a numeric address or localhost; NULL: 127.0.0.1 */
    uint16_t port;       /* 0: any free one, see http_port */

    /* threads */
    unsigned io_threads;      /* 1 */
    unsigned compute_threads; /* one for each CPU */

    /* limits */
    size_t queue_limit;     /* 1000 requests may wait for a compute thread; one more gets 503 at once, with Retry-After */
    size_t max_connections; /* 4096; one more gets 503 and is closed. The process's limit of file descriptors is raised to fit */
    size_t max_body;        /* 64 MB */
    size_t max_buffered;    /* 8 * max_body: what has come of the bodies of all requests together; above it 503 */

    /* times in seconds */
    unsigned header_timeout_s; /* 10: from a request's first byte to the end of its head; from accept for the first one */
    unsigned body_timeout_s;   /* 30: from there to the end of its body. A client must also take 64 KB of answer in this time */
    unsigned idle_timeout_s;   /* 75: between two requests */
    unsigned drain_s;          /* 10 */

    /* On a compute thread; worker is 0 .. compute_threads - 1, an index for scratch memory. */
    void (*handler)(void *arg, unsigned worker, const struct http_request *, struct http_response *);

    /* On an I/O thread, asked first: for answers that take microseconds. False: not mine, and the response is untouched.
     * NULL: none. */
    bool (*inline_handler)(void *arg, const struct http_request *, struct http_response *);
    void *arg;
};

/* Listens and starts the threads. On failure *e says what to do about it, and nothing is left behind. */
int http_start(struct http_server **out, const struct http_config *c, struct errmsg *e);
uint16_t http_port(const struct http_server *s);

/* Stops listening, closes idle connections, lets requests finish (the responses say Connection: close), for drain_s at most.
 * Returns when the I/O threads have ended; a handler that is still running then is waited for by http_stop_and_free. */
void http_drain(struct http_server *s);

/* At once, but for handlers that are running: these are waited for. Requests still in the queue are dropped. NULL is allowed. */
void http_stop_and_free(struct http_server *s);

struct http_stats {
    uint64_t requests; /* complete ones, whoever answered them */
    uint64_t responses_2xx, responses_3xx, responses_4xx, responses_5xx;
    uint64_t rejected; /* requests and connections that got 503 because a limit was reached */
    uint64_t bytes_in, bytes_out;
    uint32_t connections, waiting; /* now: open connections, requests in the queue */
};
struct http_stats http_stats(const struct http_server *s);

#endif
