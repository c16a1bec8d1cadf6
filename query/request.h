/* A search request: from JSON (POST), from the parameters of an address (GET), or filled by hand.
 *
 * All strings live in the caller's memory (an arena, argv) for as long as the request. Limits are checked here, so that the
 * lanes need not. */
#ifndef SOUK_REQUEST_H
#define SOUK_REQUEST_H

#include "base/arena.h"
#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    QUERY_MAX = 2048, /* bytes of q */
    FILTER_MAX = 16384,
    LIMIT_MAX = 1000,
    OFFSET_MAX = 1000000,
    SORTS_MAX = 8,
    NAMES_MAX = 64, /* facets, fields, highlighted fields */
};

enum search_mode { MODE_HYBRID, MODE_SEMANTIC, MODE_LEXICAL };

struct sort_key {
    const char *field;
    bool descending;
};

struct names {
    const char *list[NAMES_MAX];
    size_t n;
};

struct search_request {
    const char *q; /* "" or NULL: browse */
    size_t q_n;
    uint32_t limit, offset;
    enum search_mode mode;
    const char *filter; /* NULL: none */
    struct sort_key sorts[SORTS_MAX];
    size_t n_sorts;
    struct names facets, fields, highlight;
    const char *lang; /* of the shopper: chooses among texts by language; NULL: the query's */
    bool explain;
    uint32_t rerank, budget_ms;
    const char *const *score_ids; /* products whose scores are wanted whatever their rank (souk eval) */
    size_t n_score_ids;
};
#define SEARCH_REQUEST_INIT                                                                                                      \
    {                                                                                                                            \
        .q = "", .limit = 20                                                                                                     \
    }

/* Fills *r from a JSON object; *field names the member that is wrong when it fails with ERR_INPUT. Unknown members fail too:
 * a misspelt option that is silently ignored costs a day. */
int request_from_json(struct search_request *r, const json_t *body, struct arena *a, const char **field, struct errmsg *e);

/* Single options, as text: for command lines and addresses. name is as in JSON ("limit", "sort", ...); lists are separated by
 * commas. */
int request_set(struct search_request *r, const char *name, const char *value, struct arena *a, struct errmsg *e);

/* Checks what is left to check (sizes, UTF-8). */
int request_check(const struct search_request *r, const char **field, struct errmsg *e);

#endif
