#include "query/routes_studio.h"

#include "base/json.h"
#include "query/eval.h"
#include "query/judgments.h"
#include "query/routes_write.h"

#include <string.h>

static bool has_folder(const struct service *sv, struct http_response *r)
{
    if (sv->judgments) return true;
    http_set_error(r, 404, "no_judgments", "this service keeps no judgments; start it with --judgments FOLDER");
    return false;
}

/* ---- judgments ---- */

static const char *text_member(const json_t *body, const char *name)
{
    return json_string_value(json_object_get(body, name));
}

/* The query that is judged: by its id, or by its text, which is added when it is new. */
static int query_of(const struct service *sv, const json_t *body, char qid[TREC_FIELD_MAX + 1], struct errmsg *e)
{
    const char *id = text_member(body, "qid"), *text = text_member(body, "q"), *lang = text_member(body, "lang");
    if (id && strlen(id) <= TREC_FIELD_MAX) return memcpy(qid, id, strlen(id) + 1), 0;
    if (!text) return errmsg_set(e, ERR_INPUT, "\"qid\", or \"q\" and \"lang\", is missing");
    return judgments_add_query(sv->judgments, lang && *lang ? lang : "und", text, qid, e);
}

static int grade_of(const json_t *body, int *grade, struct errmsg *e)
{
    const json_t *v = json_object_get(body, "grade");
    json_int_t n = json_integer_value(v);
    *grade = json_is_integer(v) ? (int)n : NO_GRADE;
    if (!v || json_is_null(v) || (json_is_integer(v) && n >= 0 && n <= 9)) return 0;
    return errmsg_set(e, ERR_INPUT, "\"grade\" must be a whole number from 0 to 9, or null");
}

static int judge(struct service *sv, const json_t *body, struct http_response *r, struct errmsg *e)
{
    char qid[TREC_FIELD_MAX + 1];
    int grade;
    const char *id = text_member(body, "id");
    struct json_writer w = {.out = &r->body};
    int rc = grade_of(body, &grade, e);
    if (!rc) rc = query_of(sv, body, qid, e);
    if (!rc && id) rc = judgments_set(sv->judgments, qid, id, grade, e);
    if (rc) return rc;
    json_begin(&w, '{');
    json_key(&w, "qid"), json_str(&w, qid);
    json_end(&w, '}');
    return 0;
}

static int change_judgments(struct service *sv, const struct http_request *q, struct http_response *r, struct errmsg *e)
{
    json_error_t err;
    json_t *body = json_loadb(q->body, q->body_n, JSON_READ, &err);
    int rc = json_is_object(body) ? 0 : errmsg_set(e, ERR_INPUT, "the body is not a JSON object");
    pthread_mutex_lock(&sv->judging);
    if (!rc) rc = judge(sv, body, r, e);
    pthread_mutex_unlock(&sv->judging);
    json_decref(body);
    return rc;
}

void studio_judgments(struct service *sv, const struct http_request *q, struct http_response *r)
{
    struct errmsg e = {0};
    struct json_writer w = {.out = &r->body};
    int rc = 0;
    if (!has_folder(sv, r)) return;
    if (!strcmp(q->method, "GET"))
        rc = judgments_write_json(sv->judgments, &w, &e);
    else if (may_write(sv, q, r) && body_fits(q, r))
        rc = change_judgments(sv, q, r, &e);
    if (rc) respond_error(r, rc, NULL, &e);
}

/* ---- evaluation ---- */

static void ignore(void *arg, const char *sentence)
{
    (void)arg;
    (void)sentence;
}

static int read_judged(const struct service *sv, struct trec_set *set, struct arena *a, struct errmsg *e)
{
    *set = (struct trec_set){.complain = ignore};
    int rc = trec_read_queries(set, arena_printf(a, "%s/queries.tsv", sv->judgments), e);
    return rc ? rc : trec_read_qrels(set, arena_printf(a, "%s/qrels.txt", sv->judgments), e);
}

/* Everything of the body but the index is a search request. */
static int options_of(json_t *body, struct eval_options *o, struct arena *a, struct errmsg *e)
{
    const char *index = text_member(body, "index"), *field;
    *o = (struct eval_options){
        .index = index ? arena_strn(a, index, strlen(index)) : "products", .request = SEARCH_REQUEST_INIT, .relevant = 1};
    o->request.limit = 100;
    json_object_del(body, "index");
    return request_from_json(&o->request, body, a, &field, e);
}

/* On the service's own engine, as the worker that has the request: LMDB forbids to open an environment twice in a process, and
 * closing the second one took the readers of the first away. The other workers go on answering shoppers. */
static int evaluate(struct service *sv, unsigned worker, json_t *body, struct arena *a, struct http_response *r, struct errmsg *e)
{
    struct trec_set set = {0};
    struct eval_options o;
    struct eval ev = {0};
    struct json_writer w = {.out = &r->body};
    int rc = options_of(body, &o, a, e);
    if (!rc) rc = read_judged(sv, &set, a, e);
    o.worker = worker;
    if (!rc && (rc = eval_run(&ev, sv->engine, NULL, &set, &o, e)) == 0) {
        struct eval_tally t;
        eval_tally(&t, &ev);
        eval_write_json(&w, &t);
        eval_tally_release(&t);
    }
    eval_release(&ev);
    trec_release(&set);
    return rc;
}

void studio_eval(struct service *sv, unsigned worker, const struct http_request *q, struct http_response *r)
{
    struct errmsg e = {0};
    if (!has_folder(sv, r) || !may_write(sv, q, r) || !body_fits(q, r)) return;
    if (pthread_mutex_trylock(&sv->evaluating)) {
        http_set_error(r, 409, "busy", "an evaluation is running; try again when it is done");
        return;
    }
    json_t *body = json_loadb(q->body, q->body_n, JSON_READ, NULL);
    int rc = json_is_object(body) ? evaluate(sv, worker, body, q->arena, r, &e)
                                  : errmsg_set(&e, ERR_INPUT, "the body is not a JSON object");
    pthread_mutex_unlock(&sv->evaluating);
    json_decref(body);
    if (rc) respond_error(r, rc, NULL, &e);
}
