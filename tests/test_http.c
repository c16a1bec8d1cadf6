/* The HTTP server over loopback: requests, their answers, and refusals. */
#include "tests/test_http.h"

#include <zlib.h>

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

Test(http, a_full_disk_has_its_phrase)
{
    struct http_server *s = start((struct http_config){0});
    int fd = dial(s);
    say(fd, GET("/full"));
    struct answer a = hear(fd);
    cr_expect(strstr(a.head, "HTTP/1.1 507 Insufficient Storage\r\n") == a.head, "%s", a.head);
    release(&a);
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
    char body[901] = "", whole[1100];
    memset(body, 'x', 900);
    snprintf(whole, sizeof whole, POST("/length", "900", "%s"), body);
    int fd = dial(s);
    say(fd, POST("/length", "1000", ""));
    say(fd, body);
    pause_ms(100);
    expect_status(s, whole, 503);
    expect_status(s, POST("/length", "2", "ab"), 200);
    close(fd);
    pause_ms(100);
    expect_status(s, "POST /length HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", 200);
    expect_status(s, whole, 200);
    cr_expect_eq(http_stats(s).rejected, 1);
    http_stop_and_free(s);
}

Test(http, announced_bodies_take_no_room)
{
    struct http_server *s = start((struct http_config){.max_body = 1000, .max_buffered = 1500});
    int idle[4];
    for (int i = 0; i < 4; i++) say(idle[i] = dial(s), POST("/length", "1000", "begun"));
    pause_ms(100);
    expect_status(s, POST("/length", "2", "ab"), 200);
    cr_expect_eq(http_stats(s).rejected, 0);
    for (int i = 0; i < 4; i++) close(idle[i]);
    http_stop_and_free(s);
}
