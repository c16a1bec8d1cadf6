/* Addresses -> calls.
 *
 *   GET  POST /indexes/{index}/search           parameters as in the body
 *   GET       /indexes                          names and sizes
 *   POST      /indexes/{index}/documents        JSONL in, one result line for each line out; ?update=true changes single fields
 *   GET DELETE /indexes/{index}/documents/{id}
 *   GET       /indexes/{index}/similar/{id}
 *   GET       /healthz /readyz /metrics
 *   GET       / /studio /web/...                the storefront, the relevance page
 *   GET       /pictures/NAME                    product pictures of souk serve --pictures
 *   GET  POST /studio/judgments, POST /studio/eval   see routes_studio.h
 *
 * Errors are {"error":{"code","message","field"}}. Writing is for clients on this machine that call it localhost, 127.* or
 * [::1]; for others it takes the key in $SOUK_WRITE_KEY, as "Authorization: Bearer KEY". A browser may write only from a page
 * of this service (Origin). */
#ifndef SOUK_ROUTES_H
#define SOUK_ROUTES_H

#include "query/engine.h"
#include "query/http.h"
#include "query/metrics.h"

struct service {
    struct engine *engine;
    struct http_server *server; /* for /metrics; set once it is started */
    struct metrics metrics;
    pthread_mutex_t writing; /* one import at a time */
    pthread_mutex_t judging, evaluating;
    const char *write_key; /* NULL: only from this machine */
    const char *judgments; /* folder of the studio's judgments; NULL: none are kept */
    const char *pictures;  /* folder of product pictures; NULL: none */
};

/* For struct http_config: handler runs on a compute thread, inline_handler on an I/O thread. arg is a struct service. */
void routes_handle(void *arg, unsigned worker, const struct http_request *q, struct http_response *r);
bool routes_inline(void *arg, const struct http_request *q, struct http_response *r);

#endif
