/* souk serve: the HTTP service. */
#include "query/cmd.h"
#include "query/routes.h"

#include "base/clock.h"
#include "base/pool.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "Usage: souk serve [OPTION]...\n"
    "Answer searches over HTTP, and show the storefront page at /.\n"
    "\n"
    "  -D, --data DIR          the data folder (default $SOUK_DATA, else ./souk-data)\n"
    "      --listen ADDR:PORT  where to listen (default 127.0.0.1:7700; port 0: any free one)\n"
    "      --model F.gguf      the embedding model (default: the one shipped with souk)\n"
    "      --threads N         threads that search (default: all CPUs)\n"
    "      --judgments DIR     where /studio keeps queries.tsv and qrels.txt (default: nowhere)\n"
    "      --pictures DIR      product pictures, shown at /pictures/NAME\n"
    "      --help              this text\n"
    "\n"
    "Ends at SIGTERM or SIGINT, after the requests that are running. Writing over HTTP is for clients on this machine\n"
    "that call it localhost; for others set SOUK_WRITE_KEY and send Authorization: Bearer KEY.\n"
    "\n"
    "  souk serve -D /var/lib/souk --listen 0.0.0.0:7700\n"
    "  curl 'http://127.0.0.1:7700/indexes/products/search?q=rote+schuhe'\n";

struct options {
    const char *data, *model, *judgments, *pictures;
    char address[64];
    uint16_t port;
    unsigned threads;
};

static int parse_listen(const char *s, struct options *o, struct errmsg *e)
{
    const char *colon = strrchr(s, ':');
    char *end;
    unsigned long port = colon ? strtoul(colon + 1, &end, 10) : 0;
    size_t n = colon ? (size_t)(colon - s) : 0;
    if (!colon || !colon[1] || *end || port > 65535 || n >= sizeof o->address)
        return errmsg_set(e, ERR_INPUT, "--listen takes ADDRESS:PORT, not \"%.60s\"", s);
    if (n > 2 && s[0] == '[' && s[n - 1] == ']') s++, n -= 2; /* [::1]:7700 */
    memcpy(o->address, s, n);
    o->address[n] = 0;
    o->port = (uint16_t)port;
    return 0;
}

static int parse(int argc, char **argv, struct options *o, struct errmsg *e)
{
    static const struct option longs[] = {
        {"data", 1, 0, 'D'},      {"listen", 1, 0, 'l'},   {"model", 1, 0, 'm'}, {"threads", 1, 0, 't'},
        {"judgments", 1, 0, 'j'}, {"pictures", 1, 0, 'p'}, {"help", 0, 0, 'h'},  {0}};
    char *end;
    int rc = 0;
    for (int c; !rc && (c = getopt_long(argc, argv, "D:", longs, NULL)) != -1;) switch (c) {
        case 'D': o->data = optarg; break;
        case 'm': o->model = optarg; break;
        case 'j': o->judgments = optarg; break;
        case 'p': o->pictures = optarg; break;
        case 'l': rc = parse_listen(optarg, o, e); break;
        case 't':
            o->threads = (unsigned)strtoul(optarg, &end, 10);
            if (*end || !o->threads || o->threads > 512) rc = errmsg_set(e, ERR_INPUT, "--threads takes 1 to 512");
            break;
        case 'h': fputs(usage, stdout); exit(0);
        default: rc = errmsg_set(e, ERR_INPUT, "see 'souk serve --help'");
        }
    if (!rc && optind != argc) rc = errmsg_set(e, ERR_INPUT, "souk serve takes no arguments but options");
    return rc;
}

/* Opens every index now: what is wrong with one is said at the start, and the first search does not wait for it. */
static void open_indexes(struct engine *en, const char *data)
{
    struct errmsg e = {0};
    char **names = NULL;
    size_t n = 0;
    if (index_list(data, &names, &n, &e) != 0 || !n) fprintf(stderr, "souk: there is no index in %s yet\n", data);
    for (size_t i = 0; i < n; i++) {
        struct searcher *s;
        struct errmsg why = {0};
        int rc = engine_borrow(en, names[i], 0, &s, &why);
        if (rc)
            fprintf(stderr, "souk: %s\n", errmsg_text(&why, rc));
        else
            engine_return(en, 0);
        free(names[i]);
    }
    free(names);
}

/* Waits for SIGTERM or SIGINT, which are blocked in every thread. */
static void wait_for_end(const sigset_t *ends)
{
    int sig;
    while (sigwait(ends, &sig) == EINTR) {
    }
    fprintf(stderr, "souk: finishing what is running\n");
}

static int serve(const struct options *o, struct service *sv, const sigset_t *ends, uint64_t begun, struct errmsg *e)
{
    struct http_config c = {.address = o->address,
                            .port = o->port,
                            .compute_threads = o->threads,
                            .handler = routes_handle,
                            .inline_handler = routes_inline,
                            .arg = sv};
    int rc = http_start(&sv->server, &c, e);
    if (rc) return rc;
    fprintf(stderr, "souk: serving %s at http://%s%s%s:%u/ with %u threads (started in %.0f ms)\n", o->data,
            strchr(o->address, ':') ? "[" : "", o->address, strchr(o->address, ':') ? "]" : "", http_port(sv->server), o->threads,
            (double)(clock_us() - begun) / 1000);
    wait_for_end(ends);
    http_drain(sv->server);
    http_stop_and_free(sv->server);
    return 0;
}

int cmd_serve(int argc, char **argv)
{
    struct options o = {.data = index_default_data(), .address = "127.0.0.1", .port = 7700, .threads = cpu_count()};
    struct errmsg e = {0};
    struct service sv = {.writing = PTHREAD_MUTEX_INITIALIZER,
                         .judging = PTHREAD_MUTEX_INITIALIZER,
                         .evaluating = PTHREAD_MUTEX_INITIALIZER,
                         .write_key = getenv("SOUK_WRITE_KEY")};
    uint64_t begun = clock_us();
    sigset_t ends;
    int rc = parse(argc, argv, &o, &e);
    if (rc) return fprintf(stderr, "souk: %s\n", errmsg_text(&e, rc)), 2;
    sv.judgments = o.judgments;
    sv.pictures = o.pictures;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    if (sv.write_key && !*sv.write_key) sv.write_key = NULL;
    rc = engine_open(&sv.engine, o.data, o.model, o.threads, &e);
    if (!rc) {
        open_indexes(sv.engine, o.data);
        rc = serve(&o, &sv, &ends, begun, &e);
    }
    engine_close(sv.engine);
    if (rc) fprintf(stderr, "souk: %s\n", errmsg_text(&e, rc));
    return rc ? 1 : 0;
}
