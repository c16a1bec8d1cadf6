#include "query/http.h"

#include "base/clock.h"
#include "base/mem.h"
#include "query/http_conn.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { FDS_FOR_THE_REST = REFUSED_CONNECTIONS + 256 };

/* ---- start ---- */

#define DEFAULT(field, value)                                                                                                    \
    if (!c->field) c->field = (value)

static void fill_defaults(struct http_config *c)
{
    DEFAULT(address, "127.0.0.1");
    DEFAULT(io_threads, 1);
    DEFAULT(queue_limit, 1000);
    DEFAULT(max_connections, 4096);
    DEFAULT(max_body, 64 << 20);
    DEFAULT(max_buffered, 8 * c->max_body);
    DEFAULT(header_timeout_s, 10);
    DEFAULT(body_timeout_s, 30);
    DEFAULT(idle_timeout_s, 75);
    DEFAULT(drain_s, 10);
}

/* Many systems start programs with 1,024 file descriptors and allow far more. */
static void raise_fd_limit(size_t connections)
{
    struct rlimit r;
    rlim_t want = connections + FDS_FOR_THE_REST;
    if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur >= want) return;
    r.rlim_cur = r.rlim_max < want ? r.rlim_max : want;
    setrlimit(RLIMIT_NOFILE, &r); /* if it fails, http_listen.c knows how to live with few */
}

static int start_loops(struct http_server *s)
{
    int rc = 0;
    s->loops = xcalloc(s->config.io_threads, sizeof *s->loops);
    while (rc == 0 && s->n_loops < s->config.io_threads) rc = http_loop_init(&s->loops[s->n_loops++], s);
    if (rc) return rc;
    http_listen_start(s);
    sigset_t all, old; /* signals belong to the caller's thread; a write to a closed socket is an error code here */
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &old);
    for (unsigned i = 0; i < s->n_loops && rc == 0; i++) {
        rc = pthread_create(&s->loops[i].thread, NULL, http_loop_run, &s->loops[i]);
        if (rc == 0) s->n_running++;
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return rc;
}

int http_start(struct http_server **out, const struct http_config *c, struct errmsg *e)
{
    struct http_server *s = xcalloc(1, sizeof *s);
    s->config = *c;
    fill_defaults(&s->config);
    int rc = http_listen(s, e);
    if (rc) {
        free(s);
        return rc;
    }
    raise_fd_limit(s->config.max_connections);
    s->pool = pool_new(s->config.compute_threads, s->config.queue_limit);
    s->gzip = xcalloc(pool_size(s->pool), sizeof *s->gzip);
    rc = start_loops(s);
    if (rc) {
        http_stop_and_free(s);
        return errmsg_set(e, rc, "cannot start the threads of the HTTP service: %s", err_str(rc));
    }
    *out = s;
    return 0;
}

/* ---- stop ---- */

static void wake_and_join(struct http_server *s)
{
    for (unsigned i = 0; i < s->n_running; i++) http_loop_wake(&s->loops[i]);
    for (unsigned i = 0; i < s->n_running; i++) pthread_join(s->loops[i].thread, NULL);
    s->n_running = 0;
}

void http_drain(struct http_server *s)
{
    atomic_store(&s->drain_until, clock_us() + s->config.drain_s * (uint64_t)1000000);
    atomic_store(&s->draining, true);
    wake_and_join(s);
}

/* Threads first: then nobody submits; then the pool: then every job is in a mailbox; then what the loops own. */
void http_stop_and_free(struct http_server *s)
{
    if (!s) return;
    atomic_store(&s->stopping, true);
    wake_and_join(s);
    unsigned workers = pool_size(s->pool);
    pool_free(s->pool);
    http_listen_stop(s);
    for (unsigned i = 0; i < s->n_loops; i++) http_loop_release(&s->loops[i]);
    for (unsigned i = 0; i < workers; i++) http_gzip_release(&s->gzip[i]);
    free(s->gzip);
    free(s->loops);
    free(s);
}

/* ---- figures ---- */

uint16_t http_port(const struct http_server *s)
{
    return s->port;
}

struct http_stats http_stats(const struct http_server *s)
{
    const struct http_counters *c = &s->count;
    return (struct http_stats){
        .requests = atomic_load(&c->requests),
        .responses_2xx = atomic_load(&c->responses[2]),
        .responses_3xx = atomic_load(&c->responses[3]),
        .responses_4xx = atomic_load(&c->responses[4]),
        .responses_5xx = atomic_load(&c->responses[5]),
        .rejected = atomic_load(&c->rejected),
        .bytes_in = atomic_load(&c->bytes_in),
        .bytes_out = atomic_load(&c->bytes_out),
        .connections = (uint32_t)atomic_load(&c->connections),
        .waiting = (uint32_t)pool_waiting(s->pool),
    };
}
