/* The listening socket. It belongs to loops[0], which deals accepted connections out to all loops in turn.
 *
 * Not SO_REUSEPORT with a socket for each loop: the kernel would then let a second server bind the same port and give it
 * half of the requests, instead of saying that the port is in use. */
#include "query/http_conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BACKLOG = 1024, ACCEPT_BATCH = 64, ACCEPT_PAUSE_US = 100000 };

/* ---- bind ---- */

static int open_socket(const struct addrinfo *a)
{
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1, off = 0;
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (a->ai_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0) return fd;
    int err = errno;
    close(fd);
    errno = err;
    return -1;
}

static int cannot_listen(const struct http_config *c, int rc, struct errmsg *e)
{
    const char *why = rc == EADDRINUSE      ? "another program (or another souk) already listens there"
                      : rc == EACCES        ? "ports below 1024 need root or the capability CAP_NET_BIND_SERVICE"
                      : rc == EADDRNOTAVAIL ? "this machine does not have that address"
                                            : err_str(rc);
    return errmsg_set(e, rc, "cannot listen on %s port %u: %s", c->address, c->port, why);
}

static uint16_t bound_port(int fd)
{
    struct sockaddr_storage a;
    socklen_t n = sizeof a;
    if (getsockname(fd, (struct sockaddr *)&a, &n) != 0) return 0;
    return ntohs(a.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&a)->sin6_port : ((struct sockaddr_in *)&a)->sin_port);
}

int http_listen(struct http_server *s, struct errmsg *e)
{
    const struct http_config *c = &s->config;
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM}, *found = NULL;
    if (strcmp(c->address, "localhost") != 0) hints.ai_flags |= AI_NUMERICHOST; /* asks no name server */
    char port[8];
    snprintf(port, sizeof port, "%u", c->port);
    if (getaddrinfo(c->address, port, &hints, &found) != 0)
        return errmsg_set(e, ERR_INPUT,
                          "cannot listen on %s: give a numeric address, such as 127.0.0.1, 0.0.0.0 or ::", c->address);
    int rc = EADDRNOTAVAIL;
    s->listener = -1;
    for (const struct addrinfo *a = found; a && s->listener < 0; a = a->ai_next)
        if ((s->listener = open_socket(a)) < 0) rc = errno;
    freeaddrinfo(found);
    if (s->listener < 0) return cannot_listen(c, rc, e);
    s->port = bound_port(s->listener);
    return 0;
}

/* ---- accept ---- */

static void peer_name(const struct sockaddr_storage *a, char *out, size_t n)
{
    const struct sockaddr_in6 *v6 = (const void *)a;
    const struct sockaddr_in *v4 = (const void *)a;
    *out = 0;
    if (a->ss_family == AF_INET)
        inet_ntop(AF_INET, &v4->sin_addr, out, (socklen_t)n);
    else if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) /* an IPv4 client of a socket bound to :: */
        inet_ntop(AF_INET, v6->sin6_addr.s6_addr + 12, out, (socklen_t)n);
    else
        inet_ntop(AF_INET6, &v6->sin6_addr, out, (socklen_t)n);
}

static void take(struct http_server *s, int fd, const struct sockaddr_storage *from)
{
    size_t open = atomic_load(&s->count.connections);
    bool full = open >= s->config.max_connections;
    if (full) atomic_fetch_add(&s->count.rejected, 1);
    if (open >= s->config.max_connections + REFUSED_CONNECTIONS) {
        close(fd);
        return;
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    char peer[64];
    peer_name(from, peer, sizeof peer);
    struct http_loop *l = &s->loops[s->next_loop++ % s->n_loops];
    struct http_conn *c = http_conn_new(l, fd, peer, full);
    if (l == &s->loops[0])
        http_conn_start(c);
    else
        http_loop_post_conn(l, c);
}

/* Out of file descriptors: the socket stays readable, so look away for a moment instead of spinning. */
static void pause_accepting(struct http_server *s)
{
    struct timeval pause = {0, ACCEPT_PAUSE_US};
    event_del(s->accept);
    event_add(s->accept_again, &pause);
}

static void on_accept(evutil_socket_t listener, short what, void *arg)
{
    (void)what;
    struct http_server *s = arg;
    for (int i = 0; i < ACCEPT_BATCH; i++) {
        struct sockaddr_storage from;
        socklen_t n = sizeof from;
        int fd = accept4(listener, (struct sockaddr *)&from, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            take(s, fd, &from);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            pause_accepting(s);
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            return;
        }
    }
}

static void on_accept_again(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct http_server *s = arg;
    event_add(s->accept, NULL);
}

void http_listen_start(struct http_server *s)
{
    s->accept = event_new(s->loops[0].base, s->listener, EV_READ | EV_PERSIST, on_accept, s);
    s->accept_again = evtimer_new(s->loops[0].base, on_accept_again, s);
    event_add(s->accept, NULL);
}

void http_listen_stop(struct http_server *s)
{
    if (s->accept) event_free(s->accept);
    if (s->accept_again) event_free(s->accept_again);
    if (s->listener >= 0) close(s->listener);
    s->accept = s->accept_again = NULL;
    s->listener = -1;
}
