/* Counters of a running service, as Prometheus text. Any thread may add; reading is never exact to the last request. */
#ifndef SOUK_METRICS_H
#define SOUK_METRICS_H

#include "base/buf.h"
#include "query/http.h"

#include <stdatomic.h>
#include <stdint.h>

enum { METRIC_BUCKETS = 14 };

struct metrics {
    atomic_ullong searches, search_failures, empty_results;
    atomic_ullong search_us, bucket[METRIC_BUCKETS + 1]; /* histogram: count of searches up to each bound, and above */
    atomic_ullong lines_imported, lines_refused, imports;
};

void metrics_search(struct metrics *m, uint64_t us, uint32_t total);
void metrics_write(const struct metrics *m, const struct http_stats *http, struct buf *out);

#endif
