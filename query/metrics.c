#include "query/metrics.h"

#include "indexer/progress.h"

static const unsigned bounds_us[METRIC_BUCKETS] = {100,   200,   500,    1000,   2000,   5000,    10000,
                                                   20000, 50000, 100000, 200000, 500000, 1000000, 5000000};

void metrics_search(struct metrics *m, uint64_t us, uint32_t total)
{
    int b = 0;
    while (b < METRIC_BUCKETS && us > bounds_us[b]) b++;
    atomic_fetch_add_explicit(&m->bucket[b], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&m->searches, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&m->search_us, us, memory_order_relaxed);
    if (!total) atomic_fetch_add_explicit(&m->empty_results, 1, memory_order_relaxed);
}

static void metric(struct buf *b, const char *name, const char *type, const char *help, unsigned long long v)
{
    buf_printf(b, "# HELP souk_%s %s\n# TYPE souk_%s %s\nsouk_%s %llu\n", name, help, name, type, name, v);
}

static void write_histogram(const struct metrics *m, struct buf *b)
{
    unsigned long long sum = 0;
    buf_str(b, "# HELP souk_search_seconds Time to answer a search.\n# TYPE souk_search_seconds histogram\n");
    for (int i = 0; i < METRIC_BUCKETS; i++) {
        sum += atomic_load(&m->bucket[i]);
        buf_printf(b, "souk_search_seconds_bucket{le=\"%g\"} %llu\n", bounds_us[i] * 1e-6, sum);
    }
    sum += atomic_load(&m->bucket[METRIC_BUCKETS]);
    buf_printf(b, "souk_search_seconds_bucket{le=\"+Inf\"} %llu\nsouk_search_seconds_sum %.6f\nsouk_search_seconds_count %llu\n",
               sum, (double)atomic_load(&m->search_us) * 1e-6, sum);
}

void metrics_write(const struct metrics *m, const struct http_stats *http, struct buf *b)
{
    write_histogram(m, b);
    metric(b, "searches_total", "counter", "Searches answered.", atomic_load(&m->searches));
    metric(b, "search_failures_total", "counter", "Searches refused or failed.", atomic_load(&m->search_failures));
    metric(b, "empty_results_total", "counter", "Searches that found nothing.", atomic_load(&m->empty_results));
    metric(b, "imports_total", "counter", "Document imports over HTTP.", atomic_load(&m->imports));
    metric(b, "imported_lines_total", "counter", "Lines imported over HTTP.", atomic_load(&m->lines_imported));
    metric(b, "refused_lines_total", "counter", "Lines refused over HTTP.", atomic_load(&m->lines_refused));
    metric(b, "http_requests_total", "counter", "HTTP requests received whole.", http->requests);
    metric(b, "http_responses_2xx_total", "counter", "Responses with status 2xx.", http->responses_2xx);
    metric(b, "http_responses_4xx_total", "counter", "Responses with status 4xx.", http->responses_4xx);
    metric(b, "http_responses_5xx_total", "counter", "Responses with status 5xx.", http->responses_5xx);
    metric(b, "http_rejected_total", "counter", "Requests and connections refused at a limit.", http->rejected);
    metric(b, "http_received_bytes_total", "counter", "Bytes received.", http->bytes_in);
    metric(b, "http_sent_bytes_total", "counter", "Bytes sent.", http->bytes_out);
    metric(b, "http_connections", "gauge", "Open connections.", http->connections);
    metric(b, "http_waiting", "gauge", "Requests waiting for a compute thread.", http->waiting);
    metric(b, "memory_peak_bytes", "gauge", "Largest resident set so far.", memory_peak_kb() * 1024);
}
