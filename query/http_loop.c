/* An I/O thread: one event_base, used by this thread alone and therefore without locks. Others talk to it through its
 * mailbox; an eventfd wakes it. A sender writes to the eventfd only when the mailbox was empty, so a busy loop gets many
 * letters for one system call. Senders have ended before a loop is released (http_stop_and_free).
 *
 * Deadlines are a number in each connection, compared four times a second, instead of a timer event each: a request then
 * costs no heap operations, and an idle server sleeps: the tick runs only while there are connections. */
#include "query/http_conn.h"

#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* ---- mailbox ---- */

void http_loop_wake(struct http_loop *l)
{
    uint64_t one = 1;
    while (write(l->wake, &one, sizeof one) < 0 && errno == EINTR) {
    }
}

void http_loop_post_job(struct http_loop *l, struct http_job *j)
{
    j->next = NULL;
    pthread_mutex_lock(&l->lock);
    bool first = !l->jobs && !l->conns;
    *l->jobs_end = j;
    l->jobs_end = &j->next;
    pthread_mutex_unlock(&l->lock);
    if (first) http_loop_wake(l); /* not under the lock, which the woken thread wants first of all */
}

void http_loop_post_conn(struct http_loop *l, struct http_conn *c)
{
    c->next = NULL;
    pthread_mutex_lock(&l->lock);
    bool first = !l->jobs && !l->conns;
    *l->conns_end = c;
    l->conns_end = &c->next;
    pthread_mutex_unlock(&l->lock);
    if (first) http_loop_wake(l);
}

static void empty_mailbox(struct http_loop *l, struct http_job **jobs, struct http_conn **conns)
{
    pthread_mutex_lock(&l->lock);
    *jobs = l->jobs;
    *conns = l->conns;
    l->jobs = NULL;
    l->jobs_end = &l->jobs;
    l->conns = NULL;
    l->conns_end = &l->conns;
    pthread_mutex_unlock(&l->lock);
}

/* ---- draining: see http_drain ---- */

static void drain(struct http_loop *l)
{
    if (l == &l->server->loops[0]) http_listen_stop(l->server);
    for (struct http_conn *c = l->open, *next; c; c = next) {
        next = c->next;
        if (http_conn_idle(c)) http_conn_drop(c);
    }
    http_loop_watch(l);
    if (!l->n_open) event_base_loopbreak(l->base);
}

static void on_mail(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    struct http_loop *l = arg;
    uint64_t times;
    if (read(fd, &times, sizeof times) < 0) return;
    struct http_job *j;
    struct http_conn *c;
    empty_mailbox(l, &j, &c);
    for (struct http_conn *next; c; c = next) {
        next = c->next;
        http_conn_start(c);
    }
    for (struct http_job *next; j; j = next) {
        next = j->next;
        http_conn_finish(j);
    }
    if (atomic_load(&l->server->stopping)) event_base_loopbreak(l->base);
    if (atomic_load(&l->server->draining)) drain(l);
}

/* ---- tick ---- */

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct http_loop *l = arg;
    uint64_t now = clock_us();
    for (struct http_conn *c = l->open, *next; c; c = next) {
        next = c->next;
        http_conn_tick(c, now);
    }
    bool draining = atomic_load(&l->server->draining);
    if (draining && (!l->n_open || now >= atomic_load(&l->server->drain_until))) event_base_loopbreak(l->base);
    if (!draining && !l->n_open) event_del(l->tick); /* an idle server sleeps */
}

void http_loop_watch(struct http_loop *l)
{
    static const struct timeval every = {0, TICK_US};
    if (!event_pending(l->tick, EV_TIMEOUT, NULL)) event_add(l->tick, &every);
}

/* ---- the Date header, made once a second ---- */

const char *http_loop_date(struct http_loop *l)
{
    static const char day[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char month[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    uint64_t now = clock_wall_s();
    if (now == l->date_s) return l->date;
    l->date_s = now;
    time_t t = (time_t)now;
    struct tm d;
    gmtime_r(&t, &d);
    snprintf(l->date, sizeof l->date, "%s, %02d %s %04d %02d:%02d:%02d GMT", day[d.tm_wday % 7], d.tm_mday % 32,
             month[d.tm_mon % 12], (d.tm_year + 1900) % 10000, d.tm_hour % 24, d.tm_min % 60, d.tm_sec % 61);
    return l->date;
}

/* ---- life ---- */

int http_loop_init(struct http_loop *l, struct http_server *s)
{
    l->server = s;
    l->jobs_end = &l->jobs;
    l->conns_end = &l->conns;
    pthread_mutex_init(&l->lock, NULL);
    l->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (l->wake < 0) return errno;
    struct event_config *c = event_config_new();
    if (c) event_config_set_flag(c, EVENT_BASE_FLAG_NOLOCK);
    l->base = c ? event_base_new_with_config(c) : NULL;
    if (c) event_config_free(c);
    if (!l->base) return ENOMEM;
    l->mail = event_new(l->base, l->wake, EV_READ | EV_PERSIST, on_mail, l);
    l->tick = event_new(l->base, -1, EV_PERSIST, on_tick, l);
    event_add(l->mail, NULL);
    return 0;
}

void *http_loop_run(void *loop)
{
    struct http_loop *l = loop;
    event_base_loop(l->base, EVLOOP_NO_EXIT_ON_EMPTY);
    return NULL;
}

static void drop_everything(struct http_loop *l)
{
    struct http_job *j;
    struct http_conn *c;
    empty_mailbox(l, &j, &c);
    for (struct http_conn *next; c; c = next) {
        next = c->next;
        close(c->fd);
        free(c);
    }
    for (struct http_job *next; j; j = next) {
        next = j->next;
        if (j->conn->state == CONN_COMPUTE) http_conn_drop(j->conn); /* now CONN_GONE: it is in no list */
        free(j->conn);
        http_job_free(j);
    }
    while (l->open) http_conn_drop(l->open);
    while ((j = l->spare)) {
        l->spare = j->next;
        http_job_free(j);
    }
}

void http_loop_release(struct http_loop *l)
{
    if (l->base) {
        drop_everything(l);
        event_free(l->mail);
        event_free(l->tick);
        event_base_free(l->base);
    }
    if (l->wake >= 0) close(l->wake);
    pthread_mutex_destroy(&l->lock);
}
