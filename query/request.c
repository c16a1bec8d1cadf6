#include "query/request.h"

#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- single options, from text ---- */

static int parse_uint(const char *name, const char *s, uint32_t max, uint32_t *out, struct errmsg *e)
{
    char *end;
    unsigned long long v = strtoull(s, &end, 10);
    if (*s < '0' || *s > '9' || *end || v > max)
        return errmsg_set(e, ERR_INPUT, "\"%s\" must be a whole number from 0 to %u, not \"%.40s\"", name, max, s);
    *out = (uint32_t)v;
    return 0;
}

static int parse_mode(const char *s, enum search_mode *mode, struct errmsg *e)
{
    static const char *const names[] = {"hybrid", "semantic", "lexical"};
    for (int i = 0; i < 3; i++)
        if (!strcmp(s, names[i])) return *mode = (enum search_mode)i, 0;
    return errmsg_set(e, ERR_INPUT, "\"mode\" must be hybrid, semantic or lexical, not \"%.40s\"", s);
}

static int add_name(struct names *names, const char *what, const char *s, struct errmsg *e)
{
    for (size_t i = 0; i < names->n; i++)
        if (!strcmp(names->list[i], s)) return 0;
    if (names->n == NAMES_MAX) return errmsg_set(e, ERR_INPUT, "\"%s\" has more than %d names", what, NAMES_MAX);
    names->list[names->n++] = s;
    return 0;
}

/* "price:asc" */
static int add_sort(struct search_request *r, const char *s, struct arena *a, struct errmsg *e)
{
    const char *colon = strrchr(s, ':');
    bool up = colon && !strcmp(colon, ":asc"), down = colon && !strcmp(colon, ":desc");
    if ((!up && !down) || colon == s)
        return errmsg_set(e, ERR_INPUT, "\"sort\" must be like \"price:asc\" or \"price:desc\", not \"%.60s\"", s);
    if (r->n_sorts == SORTS_MAX) return errmsg_set(e, ERR_INPUT, "\"sort\" has more than %d fields", SORTS_MAX);
    r->sorts[r->n_sorts++] = (struct sort_key){arena_strn(a, s, (size_t)(colon - s)), down};
    return 0;
}

/* Calls back for each part of a list separated by commas; empty parts are left out. */
static int each_part(struct search_request *r, const char *name, const char *value, struct arena *a, struct errmsg *e)
{
    struct names *names = !strcmp(name, "facets") ? &r->facets : !strcmp(name, "fields") ? &r->fields : &r->highlight;
    int rc = 0;
    while (!rc && *value) {
        size_t n = strcspn(value, ",");
        const char *part = arena_strn(a, value, n);
        if (n) rc = !strcmp(name, "sort") ? add_sort(r, part, a, e) : add_name(names, name, part, e);
        value += n + (value[n] == ',');
    }
    return rc;
}

int request_set(struct search_request *r, const char *name, const char *value, struct arena *a, struct errmsg *e)
{
    if (!strcmp(name, "q")) return r->q = value, r->q_n = strlen(value), 0;
    if (!strcmp(name, "limit")) return parse_uint(name, value, LIMIT_MAX, &r->limit, e);
    if (!strcmp(name, "offset")) return parse_uint(name, value, OFFSET_MAX, &r->offset, e);
    if (!strcmp(name, "rerank")) return parse_uint(name, value, LIMIT_MAX, &r->rerank, e);
    if (!strcmp(name, "budget_ms")) return parse_uint(name, value, 60000, &r->budget_ms, e);
    if (!strcmp(name, "mode")) return parse_mode(value, &r->mode, e);
    if (!strcmp(name, "filter")) return r->filter = value, 0;
    if (!strcmp(name, "lang")) return r->lang = value, 0;
    if (!strcmp(name, "sort") || !strcmp(name, "facets") || !strcmp(name, "fields") || !strcmp(name, "highlight"))
        return each_part(r, name, value, a, e);
    if (!strcmp(name, "explain")) {
        if (strcmp(value, "true") && strcmp(value, "1") && strcmp(value, "false") && strcmp(value, "0"))
            return errmsg_set(e, ERR_INPUT, "\"explain\" must be true or false");
        return r->explain = value[0] == 't' || value[0] == '1', 0;
    }
    return errmsg_set(e, ERR_INPUT, "there is no search option \"%.60s\"", name);
}

/* ---- from JSON ---- */

static int set_list(struct search_request *r, const char *name, const json_t *v, struct arena *a, struct errmsg *e)
{
    struct names *names = !strcmp(name, "facets") ? &r->facets : !strcmp(name, "fields") ? &r->fields : &r->highlight;
    int rc = 0;
    for (size_t i = 0; !rc && i < json_array_size(v); i++) {
        const char *s = json_string_value(json_array_get(v, i));
        if (!s) return errmsg_set(e, ERR_INPUT, "\"%s\" must be an array of strings", name);
        rc = !strcmp(name, "sort") ? add_sort(r, s, a, e) : add_name(names, name, arena_strn(a, s, strlen(s)), e);
    }
    return rc;
}

enum form { TEXT, COUNT, FLAG, LIST };

static const struct option {
    const char *name, *want;
    enum form form;
} options[] = {{"q", "a string", TEXT},
               {"mode", "a string", TEXT},
               {"filter", "a string", TEXT},
               {"lang", "a string", TEXT},
               {"limit", "a whole number", COUNT},
               {"offset", "a whole number", COUNT},
               {"rerank", "a whole number", COUNT},
               {"budget_ms", "a whole number", COUNT},
               {"explain", "true or false", FLAG},
               {"sort", "an array of strings", LIST},
               {"facets", "an array of strings", LIST},
               {"fields", "an array of strings", LIST},
               {"highlight", "an array of strings", LIST}};

static const struct option *option_of(const char *name)
{
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (!strcmp(options[i].name, name)) return &options[i];
    return NULL;
}

static int set_member(struct search_request *r, const char *name, const json_t *v, struct arena *a, struct errmsg *e)
{
    const struct option *o = option_of(name);
    char number[32];
    if (!o) return request_set(r, name, "", a, e); /* which says so */
    if (json_is_null(v)) return 0;
    if (o->form == LIST && json_is_array(v)) return set_list(r, name, v, a, e);
    if ((o->form == LIST || o->form == TEXT) && json_is_string(v))
        return request_set(r, name, arena_strn(a, json_string_value(v), json_string_length(v)), a, e);
    if (o->form == FLAG && json_is_boolean(v)) return request_set(r, name, json_is_true(v) ? "true" : "false", a, e);
    if ((o->form == FLAG || o->form == COUNT) && json_is_integer(v)) {
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(v));
        return request_set(r, name, number, a, e);
    }
    return errmsg_set(e, ERR_INPUT, "\"%s\" must be %s", name, o->want);
}

int request_from_json(struct search_request *r, const json_t *body, struct arena *a, const char **field, struct errmsg *e)
{
    const char *name;
    json_t *v;
    *field = NULL;
    if (!json_is_object(body)) return errmsg_set(e, ERR_INPUT, "the body must be a JSON object");
    json_object_foreach((json_t *)body, name, v)
    {
        int rc = set_member(r, name, v, a, e);
        if (rc) return *field = arena_strn(a, name, strlen(name)), rc;
    }
    return request_check(r, field, e);
}

static int check_text(const char *name, const char *s, const char **field, struct errmsg *e)
{
    if (!s || utf8_valid(s, strlen(s), NULL)) return 0;
    return *field = name, errmsg_set(e, ERR_INPUT, "\"%s\" is not UTF-8", name);
}

static int check_names(const char *name, const struct names *names, const char **field, struct errmsg *e)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < names->n; i++) rc = check_text(name, names->list[i], field, e);
    return rc;
}

int request_check(const struct search_request *r, const char **field, struct errmsg *e)
{
    int rc = 0;
    if (r->q_n > QUERY_MAX)
        return *field = "q", errmsg_set(e, ERR_TOO_BIG, "the query has %zu bytes, at most %d are allowed", r->q_n, QUERY_MAX);
    if (r->q_n && !utf8_valid(r->q, r->q_n, NULL)) return *field = "q", errmsg_set(e, ERR_INPUT, "the query is not UTF-8");
    if (r->filter && strlen(r->filter) > FILTER_MAX)
        return *field = "filter", errmsg_set(e, ERR_TOO_BIG, "the filter is longer than %d bytes", FILTER_MAX);
    if ((rc = check_text("filter", r->filter, field, e)) != 0 || (rc = check_text("lang", r->lang, field, e)) != 0) return rc;
    for (size_t i = 0; !rc && i < r->n_sorts; i++) rc = check_text("sort", r->sorts[i].field, field, e);
    if (!rc) rc = check_names("facets", &r->facets, field, e);
    if (!rc) rc = check_names("fields", &r->fields, field, e);
    return rc ? rc : check_names("highlight", &r->highlight, field, e);
}
