/* The first byte says how the rest is read: as the body of a search, or as options of an address (name=value&...). What is
 * taken must keep to every limit; what is refused must be named, in a sentence that is UTF-8. */
#include "query/request.h"

#include "base/json.h"
#include "base/utf8.h"
#include "query/filter.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void need(bool ok)
{
    if (!ok) abort();
}

static void need_text(const char *s)
{
    need(s && utf8_valid(s, strlen(s), NULL));
}

static void need_names(const struct names *names)
{
    need(names->n <= NAMES_MAX);
    for (size_t i = 0; i < names->n; i++) {
        need_text(names->list[i]);
        for (size_t k = 0; k < i; k++) need(strcmp(names->list[i], names->list[k]) != 0);
    }
}

static void check_taken(const struct search_request *r, struct arena *a)
{
    need(r->q_n <= QUERY_MAX && strlen(r->q) == r->q_n && r->limit <= LIMIT_MAX && r->offset <= OFFSET_MAX);
    need(r->mode <= MODE_LEXICAL && r->rerank <= LIMIT_MAX && r->budget_ms <= 60000 && r->n_sorts <= SORTS_MAX);
    need_text(r->q);
    if (r->lang) need_text(r->lang);
    for (size_t i = 0; i < r->n_sorts; i++) need_text(r->sorts[i].field), need(r->sorts[i].field[0]);
    need_names(&r->facets);
    need_names(&r->fields);
    need_names(&r->highlight);
    if (!r->filter) return;
    struct filter *f;
    need_text(r->filter);
    need(strlen(r->filter) <= FILTER_MAX);
    filter_parse(&f, r->filter, a, NULL);
}

static int read_json(struct search_request *r, const char *p, size_t n, struct arena *a, struct errmsg *e)
{
    const char *field = NULL;
    json_t *body = json_loadb(p, n, JSON_READ, NULL);
    if (!body) return errmsg_set(e, ERR_INPUT, "not JSON");
    int rc = request_from_json(r, body, a, &field, e);
    need(!rc || field || !json_is_object(body));
    if (rc && field) need_text(field);
    json_decref(body);
    return rc;
}

static int read_address(struct search_request *r, const char *p, size_t n, struct arena *a, struct errmsg *e)
{
    const char *field = NULL;
    char *text = arena_strn(a, p, n);
    int rc = 0;
    for (char *pair = strtok(text, "&"); pair && !rc; pair = strtok(NULL, "&")) {
        char *value = strchr(pair, '=');
        if (value) *value++ = 0;
        rc = request_set(r, pair, value ? value : "", a, e);
    }
    if (!rc && (rc = request_check(r, &field, e)) != 0) need_text(field);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (!n) return 0;
    struct search_request r = SEARCH_REQUEST_INIT;
    struct arena a = ARENA_INIT;
    struct errmsg e = {0};
    const char *p = (const char *)data + 1;
    int rc = data[0] & 1 ? read_json(&r, p, n - 1, &a, &e) : read_address(&r, p, n - 1, &a, &e);
    if (!rc) check_taken(&r, &a);
    if (rc) need((rc == ERR_INPUT || rc == ERR_TOO_BIG) && e.text[0] && utf8_valid(e.text, strlen(e.text), NULL));
    arena_release(&a);
    return 0;
}
