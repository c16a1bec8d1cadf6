/* souk model run, souk model tokenize: JSON requests on lines, answers in order. */
#include "base/json.h"
#include "base/mem.h"
#include "embed/cmd_model.h"
#include "embed/crew.h"
#include "embed/filter.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What one thread writes on, besides the crew's. */
struct worker {
    struct vocab_scratch *vocab; /* tokenize */
    uint32_t *ids;               /* run: those of the request */
    size_t cap;
};

struct state {
    struct embedder *m; /* run; NULL: tokenize */
    const struct vocab *v;
    struct crew crew; /* run */
    struct worker *workers;
};

/* ---- requests ---- */

static int parse(const char *s, size_t n, json_t **out, struct errmsg *e)
{
    json_error_t bad;
    *out = json_loadb(s, n, JSON_READ | JSON_ALLOW_NUL, &bad);
    if (!*out) return errmsg_set(e, ERR_INPUT, "not JSON: %s", bad.text);
    if (json_is_object(*out)) return 0;
    json_decref(*out);
    return errmsg_set(e, ERR_INPUT, "not a JSON object");
}

static int get_flag(const json_t *q, const char *key, bool missing, bool *out, struct errmsg *e)
{
    const json_t *v = json_object_get(q, key);
    *out = v ? json_is_true(v) : missing;
    return !v || json_is_boolean(v) ? 0 : errmsg_set(e, ERR_INPUT, "\"%s\" is not true or false", key);
}

/* The text of a request, and how to tokenise it. */
static int get_text(const json_t *q, const char **text, size_t *n, unsigned *flags, struct errmsg *e)
{
    const json_t *t = json_object_get(q, "text");
    bool special, parse_special;
    if (!json_is_string(t)) return errmsg_set(e, ERR_INPUT, t ? "\"text\" is not a string" : "there is no \"text\"");
    int rc = get_flag(q, "special", true, &special, e);
    if (!rc) rc = get_flag(q, "parse_special", false, &parse_special, e);
    if (rc) return rc;
    *text = json_string_value(t);
    *n = json_string_length(t);
    *flags = (special ? VOCAB_ADD_SPECIAL : 0) | (parse_special ? VOCAB_PARSE_SPECIAL : 0);
    return 0;
}

/* The "ids" of a request, into w->ids. */
static int get_ids(const struct state *st, struct worker *w, const json_t *a, size_t *n, struct errmsg *e)
{
    if (!json_is_array(a)) return errmsg_set(e, ERR_INPUT, "\"ids\" is not an array");
    *n = json_array_size(a);
    xgrow(&w->ids, &w->cap, *n + 1, sizeof *w->ids);
    for (size_t i = 0; i < *n; i++) {
        const json_t *x = json_array_get(a, i);
        json_int_t id = json_integer_value(x);
        if (!json_is_integer(x) || id < 0 || id >= vocab_size(st->v))
            return errmsg_set(e, ERR_INPUT, "\"ids\"[%zu] is not a token: ids go from 0 to %u", i, vocab_size(st->v) - 1);
        w->ids[i] = (uint32_t)id;
    }
    return 0;
}

/* ---- answers ---- */

static void write_ids(struct json_writer *j, const uint32_t *ids, size_t n)
{
    json_begin(j, '{');
    json_key(j, "ids");
    json_begin(j, '[');
    for (size_t i = 0; i < n; i++) json_uint(j, ids[i]);
    json_end(j, ']');
}

static void write_run(const struct state *st, unsigned worker, const uint32_t *ids, size_t n, struct buf *out)
{
    struct json_writer j = {.out = out};
    const float *v = st->crew.vector[worker];
    embed_ids(st->m, st->crew.scratch[worker], ids, n, st->crew.vector[worker]);
    write_ids(&j, ids, n);
    json_key(&j, "embedding");
    json_begin(&j, '[');
    for (uint32_t i = 0; i < embed_dim(st->m); i++) json_float(&j, v[i]);
    json_end(&j, ']');
    json_end(&j, '}');
}

static int answer_run(const struct state *st, unsigned worker, const json_t *q, struct buf *out, struct errmsg *e)
{
    const json_t *list = json_object_get(q, "ids");
    const uint32_t *ids = NULL;
    const char *text;
    size_t n = 0, n_text;
    unsigned flags;
    int rc = list ? get_ids(st, &st->workers[worker], list, &n, e) : get_text(q, &text, &n_text, &flags, e);
    if (rc) return rc;
    if (list)
        ids = st->workers[worker].ids;
    else
        n = embed_tokens(st->m, st->crew.scratch[worker], text, n_text, flags, &ids);
    write_run(st, worker, ids, n, out);
    return 0;
}

static int run_line(void *arg, unsigned worker, const char *s, size_t n, struct buf *out, struct errmsg *e)
{
    struct state *st = arg;
    json_t *q;
    int rc = parse(s, n, &q, e);
    if (rc) return rc;
    rc = answer_run(st, worker, q, out, e);
    json_decref(q);
    return rc;
}

static int tokenize_line(void *arg, unsigned worker, const char *s, size_t n, struct buf *out, struct errmsg *e)
{
    struct state *st = arg;
    const char *text;
    size_t n_text;
    unsigned flags;
    json_t *q;
    int rc = parse(s, n, &q, e);
    if (rc) return rc;
    rc = get_text(q, &text, &n_text, &flags, e);
    if (!rc) {
        const uint32_t *ids;
        struct json_writer j = {.out = out};
        size_t n_ids = vocab_encode(st->v, st->workers[worker].vocab, text, n_text, flags, &ids);
        write_ids(&j, ids, n_ids);
        json_end(&j, '}');
    }
    json_decref(q);
    return rc;
}

/* ---- commands ---- */

static int filter_with(struct state *st, struct filter *f)
{
    f->arg = st;
    st->workers = xcalloc(f->threads, sizeof *st->workers);
    for (unsigned i = 0; i < f->threads; i++) st->workers[i].vocab = vocab_scratch_new();
    int code = filter_run(f, STDIN_FILENO, stdout);
    for (unsigned i = 0; i < f->threads; i++) {
        vocab_scratch_free(st->workers[i].vocab);
        free(st->workers[i].ids);
    }
    free(st->workers);
    return code;
}

static int failed(const char *command, const struct errmsg *e, int rc)
{
    fprintf(stderr, "souk %s: %s\n", command, errmsg_text(e, rc));
    return 1;
}

int model_run(const char *path, unsigned threads)
{
    struct state st = {0};
    struct errmsg e = {0};
    struct filter f = {.command = "model run", .threads = threads, .line = run_line};
    int rc = embed_open(&st.m, path, &e);
    if (rc) return failed(f.command, &e, rc);
    st.v = embed_vocab(st.m);
    crew_init(&st.crew, st.m, threads);
    int code = filter_with(&st, &f);
    crew_release(&st.crew);
    embed_close(st.m);
    return code;
}

int model_tokenize(const char *path, unsigned threads)
{
    struct state st = {0};
    struct errmsg e = {0};
    struct filter f = {.command = "model tokenize", .threads = threads, .line = tokenize_line};
    struct gguf *g = NULL;
    struct vocab *v = NULL;
    int rc = gguf_open(&g, path, &e);
    if (!rc) rc = vocab_open(&v, g, &e);
    st.v = v;
    int code = rc ? failed(f.command, &e, rc) : filter_with(&st, &f);
    vocab_close(v);
    gguf_close(g);
    return code;
}
