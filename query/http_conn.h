/* Private to query/http*.c: the structs that the files of the server share, and who may touch them.
 *
 *     http.c         server: start, drain, stop, figures              http_conn.c   connection: reading, states, timeouts
 *     http_loop.c    I/O thread: mail, tick                           http_reply.c  responses: head, body, errors
 *     http_listen.c  the listening socket                             http_job.c    request: strings, handlers, accessors
 *                                                                     http_gzip.c   compression
 *
 * A connection belongs to its I/O thread, from the first byte to free(); no other thread ever reads a field of it. A job (one
 * request and its response) travels: I/O thread -> pool -> I/O thread, and is touched only by the thread that has it. The
 * only shared things are the mailbox of a loop (under its lock) and the counters (atomic). So a client that disconnects while
 * its job is away needs no reference counts: the connection stays as CONN_GONE until the job comes home. */
#ifndef SOUK_HTTP_CONN_H
#define SOUK_HTTP_CONN_H

#include "base/pool.h"
#include "query/http.h"
#include "query/http_chunk.h"
#include "query/http_parse.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdatomic.h>
#include <zlib.h>

enum {
    READ_AHEAD = 64 << 10,     /* input of a connection that waits for its turn; a head must fit */
    WRITE_MARK = 64 << 10,     /* with more output than this pending, the next request of the connection waits */
    RESPONSE_MAX = 256 << 20,  /* ceiling of a response body */
    LINGER_US = 2000000,       /* time for a client to read the last response before the socket is closed under it */
    TICK_US = 250000,          /* how often deadlines are looked at */
    REFUSED_CONNECTIONS = 128, /* connections over the limit that are kept just long enough to be told so */
    SPARE_JOBS = 64,           /* finished jobs that a loop keeps for their memory, */
    SPARE_BYTES = 64 << 10,    /* unless a buffer of theirs is larger than this */
};

struct http_gzip {
    z_stream z;
    bool ready;
    struct buf out;
};

struct http_counters {
    atomic_uint_fast64_t requests, responses[6], rejected, bytes_in, bytes_out; /* responses[status / 100] */
    atomic_size_t connections, buffered;
};

struct http_server {
    struct http_config config; /* with the defaults filled in */
    struct http_counters count;
    struct pool *pool;
    struct http_gzip *gzip; /* one for each compute thread */

    int listener; /* -1: closed */
    uint16_t port;
    struct event *accept, *accept_again; /* of loops[0] */
    unsigned next_loop;

    struct http_loop *loops;
    unsigned n_loops, n_running;
    atomic_bool draining, stopping;
    atomic_uint_fast64_t drain_until;
};

struct http_loop {
    struct http_server *server;
    struct event_base *base;
    struct event *mail, *tick;
    pthread_t thread;

    /* the mailbox: finished jobs and accepted connections, oldest first */
    pthread_mutex_t lock;
    int wake; /* eventfd */
    struct http_job *jobs, **jobs_end;
    struct http_conn *conns, **conns_end;

    /* of this thread alone */
    struct http_conn *open; /* doubly linked */
    size_t n_open;
    struct http_job *spare;
    unsigned n_spare;
    uint64_t date_s;
    char date[32];
};

struct http_job {
    struct http_job *next;
    struct http_conn *conn;
    struct http_loop *loop;
    struct arena arena;
    struct buf body;
    uint64_t reserved; /* bytes counted in server->count.buffered */
    struct http_request request;
    struct http_response response;
};

enum http_conn_state {
    CONN_HEAD,    /* waits for a request's head, or for its first byte */
    CONN_BODY,    /* waits for its body */
    CONN_COMPUTE, /* the job is away */
    CONN_FLUSH,   /* waits for the client to take the response */
    CONN_LINGER,  /* all is said; waits for the client to close */
    CONN_GONE     /* the client is away, the job is not back yet */
};

struct http_conn {
    struct http_conn *next, *prev;
    struct http_loop *loop;
    struct bufferevent *bev;
    int fd;
    char peer[64];
    bool refused; /* over max_connections */
    bool plain;   /* nothing lies between the bufferevent and fd: output may be written directly */

    /* the request being read */
    enum http_conn_state state;
    bool eof;          /* the client sends no more; it may still read */
    bool close;        /* after the response in work */
    bool started;      /* the first byte of a head is here */
    uint64_t deadline; /* clock_us; 0: none */
    struct http_head head;
    struct http_chunk chunk;
    uint64_t body_left;
    struct http_job *job;

    /* watching the client read */
    uint64_t queued;     /* bytes ever put into the output */
    uint64_t stall_at;   /* clock_us of the last look at a non-empty output; 0: it was empty */
    uint64_t stall_sent; /* bytes sent until then */
};

/* ---- http_listen.c ---- */
int http_listen(struct http_server *s, struct errmsg *e);
void http_listen_start(struct http_server *s); /* needs loops[0].base */
void http_listen_stop(struct http_server *s);  /* on the thread of loops[0], or when it does not run */

/* ---- http_loop.c ---- */
int http_loop_init(struct http_loop *l, struct http_server *s);
void http_loop_release(struct http_loop *l); /* the thread has ended, the pool is gone */
void *http_loop_run(void *loop);
void http_loop_wake(struct http_loop *l);
void http_loop_post_job(struct http_loop *l, struct http_job *j);   /* any thread */
void http_loop_post_conn(struct http_loop *l, struct http_conn *c); /* any thread */
void http_loop_watch(struct http_loop *l);                          /* starts the tick */
const char *http_loop_date(struct http_loop *l);

/* ---- http_conn.c ---- */
struct http_conn *http_conn_new(struct http_loop *l, int fd, const char *peer, bool refused);
void http_conn_start(struct http_conn *c);
void http_conn_finish(struct http_job *j); /* the job is home */
void http_conn_tick(struct http_conn *c, uint64_t now);
void http_conn_drop(struct http_conn *c);
bool http_conn_idle(const struct http_conn *c);
void http_conn_replied(struct http_conn *c); /* a response was queued: what is next */

/* ---- http_job.c ---- */
struct http_job *http_job_get(struct http_conn *c);
void http_job_put(struct http_job *j);
void http_job_free(struct http_job *j);
bool http_job_fill(struct http_job *j, const struct http_head *h, const char *p, size_t n); /* false: 400 */
bool http_job_reserve(struct http_job *j, uint64_t bytes);                                  /* false: 503 */
void http_job_run(void *job, unsigned worker);                                              /* on a compute thread */

/* ---- http_reply.c ---- */
void http_reply(struct http_conn *c, struct http_response *r, bool head_only); /* empties r */
void http_reply_continue(struct http_conn *c);
void http_refuse(struct http_conn *c, int status, const char *why); /* an error response, then the connection ends */

/* ---- http_gzip.c ---- */
void http_gzip(struct http_gzip *g, const struct http_request *q, struct http_response *r);
void http_gzip_release(struct http_gzip *g);

#endif
