#include "query/routes.h"

#include "base/json.h"
#include "query/answer.h"
#include "query/pages.h"
#include "query/pictures.h"
#include "query/routes_studio.h"
#include "query/routes_write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- errors ---- */

static const struct {
    int rc, status;
    const char *code;
} failures[] = {
    {ERR_INPUT, 400, "bad_request"},
    {ERR_TOO_BIG, 400, "too_large"},
    {ERR_NOT_FOUND, 404, "not_found"},
    {ERR_BUSY, 409, "busy"},
    {ERR_UNSUPPORTED, 400, "unsupported"},
    {ERR_MISMATCH, 409, "mismatch"},
    {ENOSPC, 507, "disk_full"},
    {EDQUOT, 507, "disk_full"},
    {EFBIG, 507, "disk_full"},
    {EIO, 507, "disk_failed"}, /* full or failing, see store_error */
    {EACCES, 403, "read_only"},
    {EROFS, 403, "read_only"},
};

void respond_error(struct http_response *r, int rc, const char *field, const struct errmsg *e)
{
    struct json_writer w = {.out = &r->body};
    const char *code = "internal";
    r->status = 500;
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++)
        if (failures[i].rc == rc) r->status = failures[i].status, code = failures[i].code;
    buf_clear(&r->body);
    json_begin(&w, '{');
    json_key(&w, "error");
    json_begin(&w, '{');
    json_key(&w, "code"), json_str(&w, code);
    json_key(&w, "message"), json_str(&w, errmsg_text(e, rc));
    if (field) json_key(&w, "field"), json_str(&w, field);
    json_end(&w, '}');
    json_end(&w, '}');
}

/* JSON in memory takes some 80 times its bytes: what no request needs is refused before it is parsed. */
bool body_fits(const struct http_request *q, struct http_response *r)
{
    if (q->body_n <= REQUEST_BODY_MAX) return true;
    http_set_error(r, 413, "too_large", "the body of this request may have 256 KB");
    return false;
}

/* ---- search ---- */

static int request_of_address(const struct http_request *q, struct search_request *s, const char **field, struct errmsg *e)
{
    static const char *const names[] = {"q",      "limit", "offset", "mode",      "filter",  "sort",     "facets",
                                        "fields", "lang",  "rerank", "budget_ms", "explain", "highlight"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *v = http_param(q, names[i]);
        int rc = v ? request_set(s, names[i], v, q->arena, e) : 0;
        if (rc) return *field = names[i], rc;
    }
    return request_check(s, field, e);
}

static int request_of_body(const struct http_request *q, struct search_request *s, json_t **body, const char **field,
                           struct errmsg *e)
{
    json_error_t err;
    *body = json_loadb(q->body, q->body_n, JSON_READ, &err);
    if (!*body) return errmsg_set(e, ERR_INPUT, "the body is not JSON: %s (byte %d)", err.text, err.position);
    return request_from_json(s, *body, q->arena, field, e);
}

/* Without "lang", the texts shown are those of the browser's first language. */
static void default_lang(const struct http_request *q, struct search_request *s)
{
    const char *accept = http_header(q, "accept-language");
    size_t n = accept ? strcspn(accept, ",;") : 0;
    if (!s->lang && n && n < 12 && accept[0] != '*') s->lang = arena_strn(q->arena, accept, n);
}

static void count_search(struct service *sv, int rc, const struct search_result *r)
{
    if (rc)
        atomic_fetch_add(&sv->metrics.search_failures, 1);
    else
        metrics_search(&sv->metrics, r->total_us, r->total);
}

static void search(struct service *sv, unsigned worker, const char *index, const char *similar_to, const struct http_request *q,
                   struct http_response *resp)
{
    struct search_request s = SEARCH_REQUEST_INIT;
    struct search_result r = {0};
    struct errmsg e = {0};
    struct searcher *se = NULL;
    struct json_writer w = {.out = &resp->body};
    const char *field = NULL;
    json_t *body = NULL;
    if (!body_fits(q, resp)) return;
    int rc = !strcmp(q->method, "POST") ? request_of_body(q, &s, &body, &field, &e) : request_of_address(q, &s, &field, &e);
    if (!rc) rc = engine_borrow(sv->engine, index, worker, &se, &e);
    if (!rc) {
        default_lang(q, &s);
        rc = similar_to ? search_similar_begin(se, similar_to, strlen(similar_to), &s, &r, &e) : search_begin(se, &s, &r, &e);
        if (!rc) answer_write(&w, se, &s, &r);
        search_end(se);
        engine_return(sv->engine, worker);
    }
    count_search(sv, rc, &r);
    if (rc && !field && strncmp(e.text, "filter", 6) == 0) field = "filter";
    if (rc && !field && strncmp(e.text, "sort", 4) == 0) field = "sort";
    if (rc) respond_error(resp, rc, field, &e);
    json_decref(body);
}

/* ---- indexes and documents ---- */

static void list_indexes(struct service *sv, unsigned worker, struct http_response *resp)
{
    struct errmsg e = {0};
    struct json_writer w = {.out = &resp->body};
    char **names = NULL;
    size_t n = 0;
    int rc = index_list(engine_data(sv->engine), &names, &n, &e);
    json_begin(&w, '{');
    json_key(&w, "indexes");
    json_begin(&w, '[');
    for (size_t i = 0; i < n; i++) {
        struct searcher *s;
        if (engine_borrow(sv->engine, names[i], worker, &s, NULL) == 0) {
            struct snapshot *snap = searcher_snapshot(s);
            json_begin(&w, '{');
            json_key(&w, "name"), json_str(&w, names[i]);
            if (snapshot_begin(snap, NULL) == 0) json_key(&w, "products"), json_uint(&w, snapshot_manifest(snap)->n_live);
            json_end(&w, '}');
            snapshot_end(snap);
            engine_return(sv->engine, worker);
        }
        free(names[i]);
    }
    free(names);
    json_end(&w, ']');
    json_end(&w, '}');
    if (rc) respond_error(resp, rc, NULL, &e);
}

static void get_document(struct service *sv, unsigned worker, const char *index, const char *id, struct http_response *resp)
{
    struct errmsg e = {0};
    struct searcher *s;
    const char *json;
    size_t n;
    int rc = engine_borrow(sv->engine, index, worker, &s, &e);
    if (!rc) {
        struct snapshot *snap = searcher_snapshot(s);
        if ((rc = snapshot_begin(snap, &e)) == 0) {
            uint32_t doc = snapshot_find(snap, id, strlen(id));
            if (doc != UINT32_MAX && snapshot_product(snap, doc, &json, &n))
                buf_add(&resp->body, json, n);
            else
                rc = errmsg_set(&e, ERR_NOT_FOUND, "there is no product \"%.100s\"", id);
            snapshot_end(snap);
        }
        engine_return(sv->engine, worker);
    }
    if (rc) respond_error(resp, rc, NULL, &e);
}

/* ---- pages ---- */

static void serve_page(const struct page *p, const struct http_request *q, struct http_response *resp)
{
    const char *have = http_header(q, "if-none-match");
    resp->content_type = p->content_type;
    http_add_header(resp, "ETag", p->etag);
    http_add_header(resp, "Cache-Control", "no-cache");
    http_add_header(resp, "X-Content-Type-Options", "nosniff");
    http_add_header(resp, "Referrer-Policy", "no-referrer");
    http_add_header(
        resp, "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: http: https:; connect-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'self'");
    if (have && !strcmp(have, p->etag))
        resp->status = 304;
    else
        buf_add(&resp->body, p->data, p->n);
}

/* ---- dispatch ---- */

static void method_not_allowed(struct http_response *resp, const char *allow)
{
    http_set_error(resp, 405, "method_not_allowed", "this address takes other methods, see Allow");
    http_add_header(resp, "Allow", allow);
}

static bool is(const struct http_request *q, const char *method)
{
    return !strcmp(q->method, method);
}

static void document_route(struct service *sv, unsigned worker, const char *index, const char *id, const struct http_request *q,
                           struct http_response *resp)
{
    if (!*id && is(q, "POST"))
        import_documents(sv, worker, index, q, resp);
    else if (!*id)
        method_not_allowed(resp, "POST");
    else if (is(q, "GET"))
        get_document(sv, worker, index, id, resp);
    else if (is(q, "DELETE"))
        delete_document(sv, worker, index, id, q, resp);
    else
        method_not_allowed(resp, "GET, DELETE");
}

/* path is what follows "/indexes/". */
static void index_route(struct service *sv, unsigned worker, const char *path, const struct http_request *q,
                        struct http_response *resp)
{
    size_t n = strcspn(path, "/");
    const char *index = arena_strn(q->arena, path, n), *rest = path + n;
    if (!strcmp(rest, "/search"))
        is(q, "GET") || is(q, "POST") ? search(sv, worker, index, NULL, q, resp) : method_not_allowed(resp, "GET, POST");
    else if (!strncmp(rest, "/similar/", 9) && rest[9])
        is(q, "GET") ? search(sv, worker, index, rest + 9, q, resp) : method_not_allowed(resp, "GET");
    else if (!strcmp(rest, "/documents") || !strncmp(rest, "/documents/", 11))
        document_route(sv, worker, index, rest[10] ? rest + 11 : "", q, resp);
    else
        http_set_error(resp, 404, "not_found", "there is nothing at this address");
}

void routes_handle(void *arg, unsigned worker, const struct http_request *q, struct http_response *resp)
{
    struct service *sv = arg;
    const struct page *p = page_find(q->path);
    if (p)
        is(q, "GET") ? serve_page(p, q, resp) : method_not_allowed(resp, "GET");
    else if (!strcmp(q->path, "/indexes"))
        is(q, "GET") ? list_indexes(sv, worker, resp) : method_not_allowed(resp, "GET");
    else if (!strncmp(q->path, "/pictures/", 10))
        is(q, "GET") ? picture_serve(sv->pictures, q->path + 10, resp) : method_not_allowed(resp, "GET");
    else if (!strcmp(q->path, "/studio/judgments"))
        is(q, "GET") || is(q, "POST") ? studio_judgments(sv, q, resp) : method_not_allowed(resp, "GET, POST");
    else if (!strcmp(q->path, "/studio/eval"))
        is(q, "POST") ? studio_eval(sv, worker, q, resp) : method_not_allowed(resp, "POST");
    else if (!strncmp(q->path, "/indexes/", 9))
        index_route(sv, worker, q->path + 9, q, resp);
    else
        http_set_error(resp, 404, "not_found", "there is nothing at this address");
}

bool routes_inline(void *arg, const struct http_request *q, struct http_response *resp)
{
    struct service *sv = arg;
    if (!strcmp(q->path, "/healthz") || !strcmp(q->path, "/readyz")) {
        resp->content_type = "text/plain; charset=utf-8";
        buf_str(&resp->body, "ok\n");
        return true;
    }
    if (strcmp(q->path, "/metrics") || !sv->server) return false;
    struct http_stats stats = http_stats(sv->server);
    resp->content_type = "text/plain; version=0.0.4; charset=utf-8";
    metrics_write(&sv->metrics, &stats, &resp->body);
    return true;
}
