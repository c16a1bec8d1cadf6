/* A load client for souk's HTTP service: C keep-alive connections, each with one request under way, requests taken in turn
 * from a file.
 *
 *     build/release/bench/bench_http --port 7700 --connections 8 --seconds 10 --post /indexes/products/search queries.jsonl
 *     build/release/bench/bench_http --port 7700 --connections 2 --requests 5000 paths.txt
 *
 * A latency is the time from the send of a request to the last byte of its answer, on this side of the socket. The load is
 * closed: a slow server is asked less often, so the figures say how fast it serves C clients that wait for their answers, not
 * what happens when more clients come than it can serve. One thread: run it on a machine with a CPU to spare.
 *
 * Errors are statuses from 400 on and broken connections; these are opened again. Answers need a Content-Length. */
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_BYTES = 256 << 10, HEAD_MAX = 64 << 10 };

struct conn {
    int fd;
    const struct buf *request;
    size_t sent;
    struct buf head; /* of the answer, as far as it came */
    bool in_body;
    size_t body_left;
    int status;
    uint64_t began;
};

static struct {
    /* from the command line */
    const char *address, *post, *file;
    unsigned port, connections;
    uint64_t requests;
    double seconds;

    /* what to send */
    struct buf *texts;
    size_t n_texts, next_text, cap_texts;

    /* what came of it */
    uint32_t *latency_us;
    size_t n_latencies, cap_latencies;
    uint64_t begun, done, errors, bytes, until;
    int epoll;
} run = {.address = "127.0.0.1", .connections = 1};

static void fail(const char *what)
{
    fprintf(stderr, "bench_http: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* ---- requests from the file ---- */

static void add_request(const char *line, size_t n)
{
    xgrow(&run.texts, &run.cap_texts, run.n_texts + 1, sizeof *run.texts);
    struct buf *b = &run.texts[run.n_texts++];
    *b = (struct buf)BUF_INIT(1 << 30);
    if (run.post)
        buf_printf(b, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", run.post,
                   run.address, n);
    else
        buf_str(b, "GET ");
    buf_add(b, line, n);
    if (!run.post) buf_printf(b, " HTTP/1.1\r\nHost: %s\r\n\r\n", run.address);
}

static void read_requests(void)
{
    FILE *f = strcmp(run.file, "-") == 0 ? stdin : fopen(run.file, "r");
    if (!f) fail(run.file);
    char *line = NULL;
    size_t cap = 0;
    for (ssize_t n; (n = getline(&line, &cap, f)) >= 0;) {
        while (n && (line[n - 1] == '\n' || line[n - 1] == '\r')) n--;
        if (n) add_request(line, (size_t)n);
    }
    free(line);
    if (f != stdin) fclose(f);
    if (run.n_texts) return;
    fprintf(stderr, "bench_http: %s holds no requests\n", run.file);
    exit(1);
}

/* ---- one connection ---- */

static void watch(struct conn *c, int op, uint32_t what)
{
    struct epoll_event e = {.events = what, .data.ptr = c};
    if (epoll_ctl(run.epoll, op, c->fd, &e) != 0) fail("epoll");
}

static void dial(struct conn *c)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)run.port)};
    if (inet_pton(AF_INET, run.address, &a.sin_addr) != 1) fail("--address needs an IPv4 address");
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&a, sizeof a) != 0) fail("connect");
    int on = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch(c, EPOLL_CTL_ADD, EPOLLIN);
}

/* False: the connection is broken. */
static bool send_more(struct conn *c)
{
    ssize_t n = send(c->fd, c->request->data + c->sent, c->request->n - c->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN) return false;
    if (n > 0) c->sent += (size_t)n;
    if (c->sent < c->request->n || n < 0) watch(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
    return true;
}

static bool more_wanted(void)
{
    return run.requests ? run.begun < run.requests : clock_us() < run.until;
}

static void broken(struct conn *c);

static void next_request(struct conn *c)
{
    c->request = NULL;
    if (!more_wanted()) return;
    c->request = &run.texts[run.next_text++ % run.n_texts];
    c->sent = 0;
    c->in_body = false;
    buf_clear(&c->head);
    run.begun++;
    c->began = clock_us();
    if (!send_more(c)) broken(c);
}

static void broken(struct conn *c)
{
    if (c->request) run.errors++, run.done++;
    close(c->fd);
    dial(c);
    next_request(c);
}

static void answered(struct conn *c)
{
    xgrow(&run.latency_us, &run.cap_latencies, run.n_latencies + 1, sizeof *run.latency_us);
    run.latency_us[run.n_latencies++] = (uint32_t)(clock_us() - c->began);
    run.done++;
    if (c->status >= 400) run.errors++;
    next_request(c);
}

/* Adds p[0..n) to the head; once it is complete, what lies behind it is body. False: not an answer we can read. */
static bool take_head(struct conn *c, const char *p, size_t n)
{
    buf_add(&c->head, p, n);
    if (c->head.failed) return false;
    char *end = strstr(c->head.data, "\r\n\r\n");
    if (!end) return true;
    const char *length = strcasestr(c->head.data, "\r\nContent-Length:");
    size_t behind = c->head.n - (size_t)(end + 4 - c->head.data);
    if (c->head.n < 12 || (!length && !strstr(c->head.data, " 204 "))) return false;
    c->status = atoi(c->head.data + 9);
    c->body_left = length ? strtoull(length + 17, NULL, 10) : 0;
    c->in_body = true;
    if (behind > c->body_left) return false;
    c->body_left -= behind;
    return true;
}

static void receive(struct conn *c)
{
    static char piece[READ_BYTES];
    ssize_t n = recv(c->fd, piece, sizeof piece, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) return;
    bool ok = n > 0 && c->request;
    if (ok) run.bytes += (size_t)n;
    if (ok && c->in_body) {
        ok = (size_t)n <= c->body_left;
        c->body_left -= ok ? (size_t)n : 0;
    } else if (ok) {
        ok = take_head(c, piece, (size_t)n);
    }
    if (!ok)
        broken(c);
    else if (c->in_body && !c->body_left)
        answered(c);
}

static void on_event(struct conn *c, uint32_t what)
{
    if (what & EPOLLOUT) {
        watch(c, EPOLL_CTL_MOD, EPOLLIN);
        if (c->request && !send_more(c)) {
            broken(c);
            return;
        }
    }
    if (what & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(c);
}

/* ---- the run ---- */

static void load(void)
{
    struct conn *conns = xcalloc(run.connections, sizeof *conns);
    run.epoll = epoll_create1(0);
    for (unsigned i = 0; i < run.connections; i++) {
        conns[i].head = (struct buf)BUF_INIT(HEAD_MAX + READ_BYTES);
        dial(&conns[i]);
    }
    run.until = clock_us() + (uint64_t)(run.seconds * 1e6);
    for (unsigned i = 0; i < run.connections; i++) next_request(&conns[i]);
    while (run.done < run.begun) {
        struct epoll_event e[64];
        int n = epoll_wait(run.epoll, e, 64, 10000);
        if (n == 0) fprintf(stderr, "bench_http: no answer for 10 s\n");
        if (n <= 0 && errno != EINTR) break;
        for (int i = 0; i < n; i++) on_event(e[i].data.ptr, e[i].events);
    }
    for (unsigned i = 0; i < run.connections; i++) {
        close(conns[i].fd);
        buf_release(&conns[i].head);
    }
    free(conns);
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static double quantile_ms(double q)
{
    if (!run.n_latencies) return 0;
    size_t i = (size_t)(q * (double)run.n_latencies);
    return run.latency_us[i < run.n_latencies ? i : run.n_latencies - 1] / 1000.0;
}

static void report(double seconds)
{
    if (run.n_latencies) qsort(run.latency_us, run.n_latencies, sizeof *run.latency_us, by_value);
    printf("connections,requests,errors,seconds,req_per_s,p50_ms,p90_ms,p99_ms,max_ms,bytes\n");
    printf("%u,%llu,%llu,%.2f,%.0f,%.3f,%.3f,%.3f,%.3f,%llu\n", run.connections, (unsigned long long)run.done,
           (unsigned long long)run.errors, seconds, (double)run.done / seconds, quantile_ms(0.5), quantile_ms(0.9),
           quantile_ms(0.99), quantile_ms(1), (unsigned long long)run.bytes);
}

static void usage(void)
{
    fprintf(stderr, "usage: bench_http --port P [--address A] [--connections C] [--requests N | --seconds S] [--post PATH] FILE\n"
                    "FILE: a GET path on each line, or with --post a JSON body on each line; - is standard input\n");
    exit(2);
}

static void parse_options(int argc, char **argv)
{
    static const struct option known[] = {{"port", 1, NULL, 'p'},     {"address", 1, NULL, 'a'}, {"connections", 1, NULL, 'c'},
                                          {"requests", 1, NULL, 'n'}, {"seconds", 1, NULL, 's'}, {"post", 1, NULL, 'P'},
                                          {NULL, 0, NULL, 0}};
    for (int o; (o = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (o) {
        case 'p': run.port = (unsigned)atoi(optarg); break;
        case 'a': run.address = optarg; break;
        case 'c': run.connections = (unsigned)atoi(optarg); break;
        case 'n': run.requests = strtoull(optarg, NULL, 10); break;
        case 's': run.seconds = atof(optarg); break;
        case 'P': run.post = optarg; break;
        default: usage();
        }
    }
    if (optind + 1 != argc || !run.port || !run.connections) usage();
    run.file = argv[optind];
    if (!run.requests && run.seconds <= 0) run.seconds = 5;
}

int main(int argc, char **argv)
{
    parse_options(argc, argv);
    read_requests();
    uint64_t began = clock_us();
    load();
    report((double)(clock_us() - began) / 1e6);
    for (size_t i = 0; i < run.n_texts; i++) buf_release(&run.texts[i]);
    free(run.texts);
    free(run.latency_us);
    return run.errors ? 1 : 0;
}
