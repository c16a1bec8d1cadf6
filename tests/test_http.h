/* For the tests of the HTTP server: a server with a handler for each thing to be seen, and a client that sends exactly the bytes
 * we say. Every wait is bounded by the client's receive timeout. */
#ifndef SOUK_TEST_HTTP_H
#define SOUK_TEST_HTTP_H

#include "query/http.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GET(path)                "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define POST(path, length, body) "POST " path " HTTP/1.1\r\nHost: a\r\nContent-Length: " length "\r\n\r\n" body

/* ---- the server under test ---- */

static sem_t gate, entered;
static atomic_int handled;

static inline void echo(const struct http_request *q, struct http_response *r)
{
    const char *name = http_param(q, "q"), *x = http_header(q, "x-note");
    r->content_type = "text/plain";
    buf_printf(&r->body, "%s %s q=%s note=%s body=%.*s", q->method, q->path, name ? name : "-", x ? x : "-", (int)q->body_n,
               q->body);
}

static inline void handle(void *arg, unsigned worker, const struct http_request *q, struct http_response *r)
{
    (void)arg, (void)worker;
    atomic_fetch_add(&handled, 1);
    if (strcmp(q->path, "/wait") == 0) {
        sem_post(&entered);
        sem_wait(&gate);
        buf_str(&r->body, "waited");
    } else if (strcmp(q->path, "/size") == 0) {
        size_t n = (size_t)atoll(http_param(q, "n"));
        memset(buf_room(&r->body, n), 'x', n);
        r->content_type = http_param(q, "type");
    } else if (strcmp(q->path, "/empty") == 0) {
        r->status = 204;
        http_add_header(r, "X-Note", "a\r\nX-Evil: b");
    } else if (strcmp(q->path, "/full") == 0) {
        http_set_error(r, 507, "disk_full", "the disk is full");
    } else if (strcmp(q->path, "/peer") == 0) {
        buf_str(&r->body, q->peer);
    } else if (strcmp(q->path, "/length") == 0) {
        buf_printf(&r->body, "%zu", q->body_n);
    } else {
        echo(q, r);
    }
}

static inline bool handle_inline(void *arg, const struct http_request *q, struct http_response *r)
{
    (void)arg;
    if (strcmp(q->path, "/healthz") != 0) return false;
    buf_str(&r->body, "{\"ok\":true}");
    return true;
}

static inline struct http_server *start(struct http_config c)
{
    struct http_server *s = NULL;
    struct errmsg e = {0};
    sem_init(&gate, 0, 0);
    sem_init(&entered, 0, 0);
    c.handler = handle;
    c.inline_handler = handle_inline;
    if (!c.compute_threads) c.compute_threads = 2;
    cr_assert_eq(http_start(&s, &c, &e), 0, "%s", e.text);
    return s;
}

/* ---- the client ---- */

static inline int dial(const struct http_server *s)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(http_port(s)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval limit = {8, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    cr_assert_eq(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

static inline void say(int fd, const char *text)
{
    for (size_t n = strlen(text); n;) {
        ssize_t k = send(fd, text, n, MSG_NOSIGNAL);
        if (k <= 0) return;
        text += k;
        n -= (size_t)k;
    }
}

struct answer {
    int status; /* 0: the server closed instead */
    char head[2048];
    char *body;
    size_t n;
};

static inline void release(struct answer *a)
{
    free(a->body);
    a->body = NULL;
}

static inline bool read_head(int fd, struct answer *a)
{
    size_t n = 0;
    while (n < sizeof a->head - 1 && recv(fd, a->head + n, 1, 0) == 1) {
        a->head[++n] = 0;
        if (n > 4 && memcmp(a->head + n - 4, "\r\n\r\n", 4) == 0) return true;
    }
    return false;
}

static inline struct answer hear_head(int fd)
{
    struct answer a = {0};
    if (read_head(fd, &a)) a.status = atoi(a.head + 9);
    return a;
}

static inline struct answer hear(int fd)
{
    struct answer a = hear_head(fd);
    const char *length = strstr(a.head, "Content-Length: ");
    a.n = length ? (size_t)atoll(length + 16) : 0;
    a.body = calloc(1, a.n + 1);
    for (size_t n = 0; n < a.n;) {
        ssize_t k = recv(fd, a.body + n, a.n - n, 0);
        if (k <= 0) break;
        n += (size_t)k;
    }
    return a;
}

static inline bool closed(int fd)
{
    char c;
    return recv(fd, &c, 1, 0) <= 0;
}

/* Sends text on a connection of its own and expects this status. */
static inline void expect_status(const struct http_server *s, const char *text, int status)
{
    int fd = dial(s);
    say(fd, text);
    struct answer a = hear(fd);
    cr_expect_eq(a.status, status, "%d instead of %d for %.60s", a.status, status, text);
    if (status >= 400) cr_expect(strstr(a.body, "{\"error\":{\"code\":\"") == a.body, "%s", a.body);
    if (status >= 400) cr_expect(strstr(a.head, "Content-Type: application/json\r\n") != NULL);
    release(&a);
    close(fd);
}

static inline void expect_body(int fd, const char *body)
{
    struct answer a = hear(fd);
    cr_expect_eq(a.status, 200);
    cr_expect_str_eq(a.body, body);
    release(&a);
}

static inline void wait_until_entered(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_sec += 8;
    cr_assert_eq(sem_timedwait(&entered, &t), 0);
}

static inline void pause_ms(unsigned ms)
{
    usleep(ms * 1000);
}

#endif
