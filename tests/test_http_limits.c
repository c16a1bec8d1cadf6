/* The HTTP server over loopback: timeouts, overload, clients that leave, and the end. */
#include "tests/test_http.h"

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
