/* Counters, and the text that Prometheus reads. */
#include "query/metrics.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct metrics m;

static char *written(void)
{
    struct http_stats http = {.requests = 7, .responses_2xx = 5, .connections = 2};
    struct buf out = BUF_INIT(1 << 20);
    metrics_write(&m, &http, &out);
    char *text = strndup(out.data, out.n);
    buf_release(&out);
    return text;
}

/* The value of a line, or -1. */
static double value(const char *text, const char *name)
{
    for (const char *p = text; p && *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL)
        if (!strncmp(p, name, strlen(name)) && p[strlen(name)] == ' ') return strtod(p + strlen(name), NULL);
    return -1;
}

Test(metrics, each_search_falls_into_one_bucket_and_all_above)
{
    static const struct {
        uint64_t us;
        uint32_t total;
    } searches[] = {{0, 1}, {100, 1}, {101, 0}, {5000000, 3}, {5000001, 0}, {UINT32_MAX, 9}};
    for (size_t i = 0; i < 6; i++) metrics_search(&m, searches[i].us, searches[i].total);
    char *text = written();
    cr_expect_eq(value(text, "souk_search_seconds_bucket{le=\"0.0001\"}"), 2, "a bound belongs to its bucket");
    cr_expect_eq(value(text, "souk_search_seconds_bucket{le=\"0.0002\"}"), 3);
    cr_expect_eq(value(text, "souk_search_seconds_bucket{le=\"1\"}"), 3);
    cr_expect_eq(value(text, "souk_search_seconds_bucket{le=\"5\"}"), 4);
    cr_expect_eq(value(text, "souk_search_seconds_bucket{le=\"+Inf\"}"), 6);
    cr_expect_eq(value(text, "souk_search_seconds_count"), 6);
    cr_expect_float_eq(value(text, "souk_search_seconds_sum"), 10000202e-6 + UINT32_MAX * 1e-6, 1e-3);
    cr_expect_eq(value(text, "souk_searches_total"), 6);
    cr_expect_eq(value(text, "souk_empty_results_total"), 2);
    cr_expect_eq(value(text, "souk_http_requests_total"), 7);
    cr_expect_eq(value(text, "souk_http_connections"), 2);
    cr_expect_gt(value(text, "souk_memory_peak_bytes"), 100000);
    free(text);
}

Test(metrics, every_sample_has_help_and_type)
{
    char *text = written(), type[128] = "", help[128] = "";
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        if (sscanf(line, "# HELP %127s", help) == 1 || sscanf(line, "# TYPE %127s", type) == 1) continue;
        size_t n = strlen(type);
        cr_expect(!strcmp(type, help) && !strncmp(line, type, n), "%s after the type of %s", line, type);
        cr_expect(line[n] == ' ' || !strcmp(type, "souk_search_seconds"), "%s", line);
        cr_expect(strrchr(line, ' ') && strtod(strrchr(line, ' '), NULL) >= 0, "%s", line);
    }
    free(text);
}

static void *add(void *arg)
{
    (void)arg;
    for (int i = 0; i < 50000; i++) metrics_search(&m, (uint64_t)i, i % 2);
    return NULL;
}

Test(metrics, threads_lose_no_count)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, add, NULL);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    char *text = written();
    cr_expect_eq(value(text, "souk_searches_total"), 200000);
    cr_expect_eq(value(text, "souk_empty_results_total"), 100000);
    cr_expect_eq(value(text, "souk_search_seconds_count"), 200000);
    free(text);
}
