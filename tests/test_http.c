/* The HTTP server, over loopback with a client that sends exactly the bytes we say. Every wait is bounded by the client's
 * receive timeout. */
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
#include <zlib.h>

#define GET(path)                "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define POST(path, length, body) "POST " path " HTTP/1.1\r\nHost: a\r\nContent-Length: " length "\r\n\r\n" body

/* ---- the server under test ---- */

static sem_t gate, entered;
static atomic_int handled;

static void echo(const struct http_request *q, struct http_response *r)
{
    const char *name = http_param(q, "q"), *x = http_header(q, "x-note");
    r->content_type = "text/plain";
    buf_printf(&r->body, "%s %s q=%s note=%s body=%.*s", q->method, q->path, name ? name : "-", x ? x : "-", (int)q->body_n,
               q->body);
}

static void handle(void *arg, unsigned worker, const struct http_request *q, struct http_response *r)
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
    } else if (strcmp(q->path, "/peer") == 0) {
        buf_str(&r->body, q->peer);
    } else if (strcmp(q->path, "/length") == 0) {
        buf_printf(&r->body, "%zu", q->body_n);
    } else {
        echo(q, r);
    }
}

static bool handle_inline(void *arg, const struct http_request *q, struct http_response *r)
{
    (void)arg;
    if (strcmp(q->path, "/healthz") != 0) return false;
    buf_str(&r->body, "{\"ok\":true}");
    return true;
}

static struct http_server *start(struct http_config c)
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

static int dial(const struct http_server *s)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(http_port(s)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval limit = {8, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    cr_assert_eq(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

static void say(int fd, const char *text)
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

static void release(struct answer *a)
{
    free(a->body);
    a->body = NULL;
}

static bool read_head(int fd, struct answer *a)
{
    size_t n = 0;
    while (n < sizeof a->head - 1 && recv(fd, a->head + n, 1, 0) == 1) {
        a->head[++n] = 0;
        if (n > 4 && memcmp(a->head + n - 4, "\r\n\r\n", 4) == 0) return true;
    }
    return false;
}

static struct answer hear_head(int fd)
{
    struct answer a = {0};
    if (read_head(fd, &a)) a.status = atoi(a.head + 9);
    return a;
}

static struct answer hear(int fd)
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

static bool closed(int fd)
{
    char c;
    return recv(fd, &c, 1, 0) <= 0;
}

/* Sends text on a connection of its own and expects this status. */
static void expect_status(const struct http_server *s, const char *text, int status)
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

static void expect_body(int fd, const char *body)
{
    struct answer a = hear(fd);
    cr_expect_eq(a.status, 200);
    cr_expect_str_eq(a.body, body);
    release(&a);
}

static void wait_until_entered(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_sec += 8;
    cr_assert_eq(sem_timedwait(&entered, &t), 0);
}

static void pause_ms(unsigned ms)
{
    usleep(ms * 1000);
}

/* ---- requests and answers ---- */

Test(http, a_request_reaches_the_handler_in_its_parts)
{
    struct http_server *s = start((struct http_config){0});
    int fd = dial(s);
    say(fd, "POST /a%20b/stra%C3%9Fe?x=1&q=rot+%26+gr%C3%BCn HTTP/1.1\r\nHost: a\r\nX-NOTE: hi\r\nContent-Length: 3\r\n\r\nabc");
    expect_body(fd, "POST /a b/straße q=rot & grün note=hi body=abc");
    close(fd);
    http_stop_and_free(s);
}

Test(http, a_chunked_body_is_put_together)
{
    struct http_server *s = start((struct http_config){0});
    int fd = dial(s);
    say(fd, "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    pause_ms(30);
    say(fd, "2;x\r\nd");
    pause_ms(30);
    say(fd, "e\r\n0\r\n\r\n" GET("/next"));
    expect_body(fd, "POST /c q=- note=- body=abcde");
    expect_body(fd, "GET /next q=- note=- body=");
    close(fd);
    http_stop_and_free(s);
}

Test(http, a_large_body_arrives_whole)
{
    struct http_server *s = start((struct http_config){0});
    int fd = dial(s);
    char *body = malloc(20000001);
    memset(body, 'b', 20000000);
    body[20000000] = 0;
    say(fd, "POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n");
    say(fd, body);
    expect_body(fd, "20000000");
    cr_expect_gt(http_stats(s).bytes_in, 20000000);
    say(fd, GET("/peer"));
    expect_body(fd, "127.0.0.1");
    free(body);
    close(fd);
    http_stop_and_free(s);
}

Test(http, a_request_may_come_byte_by_byte)
{
    struct http_server *s = start((struct http_config){0});
    int fd = dial(s);
    for (const char *p = POST("/x?q=1", "2", "hi") POST("/y", "0", ""); *p; p++) say(fd, (char[]){*p, 0});
    expect_body(fd, "POST /x q=1 note=- body=hi");
    expect_body(fd, "POST /y q=- note=- body=");
    close(fd);
    http_stop_and_free(s);
}

Test(http, pipelined_requests_are_answered_in_order)
{
    struct http_server *s = start((struct http_config){.compute_threads = 4});
    int fd = dial(s);
    char all[20000] = "", expected[64];
    for (int i = 0; i < 200; i++)
        sprintf(all + strlen(all), i % 3 ? "GET /r%d HTTP/1.1\r\nHost: a\r\n\r\n" : "GET /healthz?%d HTTP/1.1\r\nHost: a\r\n\r\n",
                i);
    say(fd, all);
    for (int i = 0; i < 200; i++) {
        sprintf(expected, i % 3 ? "GET /r%d q=- note=- body=" : "{\"ok\":true}", i);
        expect_body(fd, expected);
    }
    close(fd);
    http_stop_and_free(s);
}

Test(http, many_connections_over_several_io_threads_are_served)
{
    struct http_server *s = start((struct http_config){.io_threads = 3});
    int fds[60];
    for (int i = 0; i < 60; i++) fds[i] = dial(s);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 60; i++) say(fds[i], POST("/x", "2", "ab"));
        for (int i = 0; i < 60; i++) expect_body(fds[i], "POST /x q=- note=- body=ab");
    }
    struct http_stats t = http_stats(s);
    cr_expect(t.requests == 180 && t.responses_2xx == 180 && t.connections == 60, "%lu", t.requests);
    for (int i = 0; i < 60; i++) close(fds[i]);
    http_stop_and_free(s);
}

Test(http, head_gets_the_head_of_get)
{
    struct http_server *s = start((struct http_config){0});
    int fd = dial(s);
    say(fd, "HEAD /h HTTP/1.1\r\nHost: a\r\n\r\n" GET("/h"));
    struct answer a = hear_head(fd);
    cr_expect_eq(a.status, 200);
    cr_expect(strstr(a.head, "Content-Length: 23\r\n") != NULL, "%s", a.head);
    expect_body(fd, "GET /h q=- note=- body=");
    close(fd);
    http_stop_and_free(s);
}

Test(http, an_answer_without_content_has_no_length_and_no_forged_headers)
{
    struct http_server *s = start((struct http_config){0});
    int fd = dial(s);
    say(fd, GET("/empty") GET("/h"));
    struct answer a = hear_head(fd);
    cr_expect_eq(a.status, 204);
    cr_expect(!strstr(a.head, "Content-Length") && strstr(a.head, "X-Note: a  X-Evil: b\r\n"), "%s", a.head);
    expect_body(fd, "GET /h q=- note=- body=");
    close(fd);
    http_stop_and_free(s);
}

Test(http, old_and_closing_clients_get_their_answer_and_an_end)
{
    static const char *const requests[] = {"GET /o HTTP/1.0\r\n\r\n", "GET /o HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"};
    struct http_server *s = start((struct http_config){0});
    for (int i = 0; i < 2; i++) {
        int fd = dial(s);
        say(fd, requests[i]);
        struct answer a = hear(fd);
        cr_expect_eq(a.status, 200);
        cr_expect(strstr(a.head, "Connection: close\r\n") && strstr(a.head, "Date: ") && strstr(a.head, " GMT\r\n"), "%s",
                  a.head);
        cr_expect(closed(fd));
        release(&a);
        close(fd);
    }
    http_stop_and_free(s);
}

Test(http, a_client_that_ends_its_side_still_gets_its_answers)
{
    struct http_server *s = start((struct http_config){0});
    int fd = dial(s);
    say(fd, GET("/1") GET("/size?n=1000000&type=image/png") GET("/3"));
    shutdown(fd, SHUT_WR);
    expect_body(fd, "GET /1 q=- note=- body=");
    struct answer a = hear(fd);
    cr_expect_eq(a.n, 1000000);
    release(&a);
    expect_body(fd, "GET /3 q=- note=- body=");
    cr_expect(closed(fd));
    close(fd);
    http_stop_and_free(s);
}

Test(http, a_body_is_asked_for_when_the_client_expects_it)
{
    struct http_server *s = start((struct http_config){.max_body = 10});
    int fd = dial(s);
    say(fd, "POST /e HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    struct answer a = hear_head(fd);
    cr_expect_eq(a.status, 100);
    say(fd, "ok");
    expect_body(fd, "POST /e q=- note=- body=ok");
    close(fd);
    expect_status(s, "POST /e HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n", 413);
    http_stop_and_free(s);
}

Test(http, large_answers_reach_a_client_that_reads_slowly)
{
    struct http_server *s = start((struct http_config){0});
    int fd = dial(s);
    say(fd, GET("/size?n=30000000&type=image/png") GET("/after"));
    pause_ms(300);
    struct answer a = hear(fd);
    cr_expect(a.n == 30000000 && a.body[0] == 'x' && a.body[a.n - 1] == 'x');
    release(&a);
    expect_body(fd, "GET /after q=- note=- body=");
    close(fd);
    http_stop_and_free(s);
}

Test(http, text_is_compressed_for_clients_that_accept_it)
{
    static const char ask[] = "GET /size?n=5000&type=text/html HTTP/1.1\r\nHost: a\r\nAccept-Encoding: br, gzip;q=0.8\r\n\r\n";
    static const char refuse[] = "GET /size?n=5000&type=text/html HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip;q=0.0, br\r\n\r\n";
    struct http_server *s = start((struct http_config){0});
    int fd = dial(s);
    for (int i = 0; i < 2; i++) { /* the second time with a used compressor */
        say(fd, ask);
        struct answer a = hear(fd);
        cr_assert(strstr(a.head, "Content-Encoding: gzip\r\n") && strstr(a.head, "Vary: Accept-Encoding\r\n") && a.n < 200);
        char plain[6000];
        z_stream z = {.next_in = (Bytef *)a.body, .avail_in = (uInt)a.n, .next_out = (Bytef *)plain, .avail_out = sizeof plain};
        inflateInit2(&z, 31);
        cr_expect_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
        cr_expect(z.total_out == 5000 && plain[4999] == 'x');
        inflateEnd(&z);
        release(&a);
    }
    say(fd, refuse);
    struct answer a = hear(fd);
    cr_expect(a.n == 5000 && !strstr(a.head, "Content-Encoding"));
    release(&a);
    close(fd);
    http_stop_and_free(s);
}

/* ---- what is refused ---- */

Test(http, bad_requests_get_their_status_and_the_server_lives_on)
{
    struct http_server *s = start((struct http_config){.max_body = 100});
    expect_status(s, "GET / HTTP/1.1\r\n\r\n", 400);
    expect_status(s, "GET / HTTP/1.1\nHost: a\n\n", 400);
    expect_status(s, GET("/%zz"), 400);
    expect_status(s, GET("/%00"), 400);
    expect_status(s, GET("/?q=%C3"), 400);
    expect_status(s, POST("/", "101", ""), 413);
    expect_status(s, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n", 413);
    expect_status(s, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400);
    expect_status(s, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501);
    expect_status(s, "GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505);
    expect_status(s, GET("/fine"), 200);
    cr_expect_eq(http_stats(s).responses_4xx, 8);
    http_stop_and_free(s);
}

Test(http, a_client_that_is_still_sending_can_read_why_it_was_refused)
{
    struct http_server *s = start((struct http_config){.max_body = 1000});
    int fd = dial(s);
    say(fd, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n");
    static char junk[200001];
    memset(junk, 'j', 200000);
    say(fd, junk);
    pause_ms(100);
    struct answer a = hear(fd);
    cr_expect_eq(a.status, 413);
    cr_expect(closed(fd));
    release(&a);
    close(fd);
    http_stop_and_free(s);
}

Test(http, bodies_together_have_a_limit)
{
    struct http_server *s = start((struct http_config){.max_body = 1000, .max_buffered = 1500});
    int fd = dial(s);
    say(fd, POST("/length", "1000", "begun"));
    pause_ms(100);
    expect_status(s, POST("/length", "1000", ""), 503);
    expect_status(s, POST("/length", "2", "ab"), 200);
    close(fd);
    pause_ms(100);
    expect_status(s, "POST /length HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", 200);
    cr_expect_eq(http_stats(s).rejected, 1);
    http_stop_and_free(s);
}

/* ---- time ---- */

static void expect_cut_off(struct http_server *s, const char *begin, int status)
{
    int fd = dial(s);
    uint64_t t = clock_us();
    say(fd, begin);
    for (int i = 0; i < 40 && clock_us() - t < 4000000; i++) { /* a byte each 50 ms: never silent */
        char c;
        if (recv(fd, &c, 1, MSG_DONTWAIT | MSG_PEEK) >= 0) break;
        if (*begin) say(fd, "a");
        pause_ms(50);
    }
    struct answer a = hear(fd);
    double took = (double)(clock_us() - t) / 1e6;
    cr_expect_eq(a.status, status, "%d for %s", a.status, begin);
    cr_expect(took > 0.9 && took < 1.9, "%.2f s for %s", took, begin);
    cr_expect(closed(fd));
    release(&a);
    close(fd);
}

Test(http, a_slow_client_is_cut_off_at_the_absolute_timeout)
{
    struct http_server *s = start((struct http_config){.header_timeout_s = 1, .body_timeout_s = 1, .idle_timeout_s = 1});
    expect_cut_off(s, "GET /", 408);
    expect_cut_off(s, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n", 408);
    expect_cut_off(s, "", 0);
    http_stop_and_free(s);
}

Test(http, a_client_that_does_not_read_is_cut_off)
{
    struct http_server *s = start((struct http_config){.body_timeout_s = 1});
    int fd = dial(s);
    say(fd, GET("/size?n=50000000&type=image/png"));
    for (int i = 0; i < 60 && (i < 10 || http_stats(s).connections); i++) pause_ms(50);
    cr_expect_eq(http_stats(s).connections, 0);
    close(fd);
    http_stop_and_free(s);
}

Test(http, an_idle_connection_is_closed)
{
    struct http_server *s = start((struct http_config){.idle_timeout_s = 1});
    int fd = dial(s);
    say(fd, GET("/i"));
    expect_body(fd, "GET /i q=- note=- body=");
    uint64_t t = clock_us();
    cr_expect(closed(fd));
    cr_expect(clock_us() - t > 800000 && clock_us() - t < 2000000);
    close(fd);
    http_stop_and_free(s);
}

/* ---- load ---- */

Test(http, a_full_queue_refuses_at_once_and_health_is_still_answered)
{
    struct http_server *s = start((struct http_config){.compute_threads = 1, .queue_limit = 1});
    int a = dial(s), b = dial(s);
    say(a, GET("/wait"));
    wait_until_entered();
    say(b, GET("/queued"));
    while (!http_stats(s).waiting) pause_ms(5);
    int fd = dial(s);
    say(fd, GET("/third"));
    struct answer refused = hear(fd);
    cr_expect(refused.status == 503 && strstr(refused.head, "Retry-After: 1\r\n") && strstr(refused.head, "keep-alive"));
    release(&refused);
    say(fd, GET("/healthz"));
    expect_body(fd, "{\"ok\":true}");
    cr_expect_eq(http_stats(s).rejected, 1);
    sem_post(&gate);
    expect_body(a, "waited");
    expect_body(b, "GET /queued q=- note=- body=");
    close(a), close(b), close(fd);
    http_stop_and_free(s);
}

Test(http, too_many_connections_are_told_so)
{
    struct http_server *s = start((struct http_config){.max_connections = 2});
    int a = dial(s), b = dial(s);
    say(a, GET("/1"));
    expect_body(a, "GET /1 q=- note=- body=");
    expect_status(s, GET("/third"), 503);
    close(a);
    while (http_stats(s).connections > 1) pause_ms(5);
    expect_status(s, GET("/third"), 200);
    close(b);
    http_stop_and_free(s);
}

Test(http, a_client_may_leave_while_its_request_is_in_work)
{
    struct http_server *s = start((struct http_config){.compute_threads = 1});
    struct linger now = {1, 0};
    for (int i = 0; i < 3; i++) {
        int fd = dial(s);
        say(fd, GET("/wait"));
        wait_until_entered();
        if (i) setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now); /* RST instead of FIN */
        close(fd);
        if (i < 2) pause_ms(50);
        sem_post(&gate);
    }
    expect_status(s, GET("/alive"), 200);
    for (int i = 0; i < 100 && http_stats(s).connections; i++) pause_ms(20);
    cr_expect_eq(http_stats(s).connections, 0);
    http_stop_and_free(s);
}

/* ---- the end ---- */

static void *drain(void *s)
{
    http_drain(s);
    return NULL;
}

Test(http, drain_finishes_a_running_request_and_takes_no_new_one)
{
    struct http_server *s = start((struct http_config){0});
    int busy = dial(s), idle = dial(s);
    say(idle, GET("/1"));
    expect_body(idle, "GET /1 q=- note=- body=");
    say(busy, GET("/wait"));
    wait_until_entered();
    pthread_t t;
    pthread_create(&t, NULL, drain, s);
    cr_expect(closed(idle));
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(http_port(s)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_expect_neq(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    sem_post(&gate);
    struct answer r = hear(busy);
    cr_expect(r.status == 200 && strcmp(r.body, "waited") == 0 && strstr(r.head, "Connection: close\r\n"));
    release(&r);
    close(busy), close(idle), close(fd);
    pthread_join(t, NULL);
    http_stop_and_free(s);
}

Test(http, drain_gives_up_on_a_request_that_takes_too_long)
{
    struct http_server *s = start((struct http_config){.drain_s = 1});
    int fd = dial(s);
    say(fd, GET("/wait"));
    wait_until_entered();
    uint64_t t = clock_us();
    http_drain(s);
    cr_expect(clock_us() - t > 900000 && clock_us() - t < 2000000);
    sem_post(&gate);
    http_stop_and_free(s);
    close(fd);
}

static void *stop(void *s)
{
    http_stop_and_free(s);
    return NULL;
}

Test(http, stop_waits_for_what_runs_and_drops_what_is_queued)
{
    struct http_server *s = start((struct http_config){.compute_threads = 1, .io_threads = 2});
    int fds[10];
    for (int i = 0; i < 10; i++) say(fds[i] = dial(s), GET("/wait"));
    wait_until_entered();
    while (http_stats(s).waiting < 9) pause_ms(5);
    pthread_t t;
    pthread_create(&t, NULL, stop, s);
    pause_ms(100);
    sem_post(&gate);
    pthread_join(t, NULL);
    cr_expect_eq(atomic_load(&handled), 1);
    for (int i = 0; i < 10; i++) close(fds[i]);
}

Test(http, a_port_in_use_is_one_clear_sentence)
{
    struct http_server *s = start((struct http_config){0}), *second = NULL;
    struct http_config c = {.port = http_port(s), .handler = handle};
    struct errmsg e = {0};
    cr_expect_neq(http_start(&second, &c, &e), 0);
    cr_expect(strstr(e.text, "cannot listen on 127.0.0.1 port ") && strstr(e.text, "already listens there"), "%s", e.text);
    c = (struct http_config){.address = "no.such.host", .handler = handle};
    e = (struct errmsg){0};
    cr_expect_eq(http_start(&second, &c, &e), ERR_INPUT);
    cr_expect(strstr(e.text, "numeric address"), "%s", e.text);
    http_stop_and_free(s);
}
