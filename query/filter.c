#include "query/filter.h"

#include "base/utf8.h"
#include "query/filter_tree.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DEPTH_MAX = 64, VALUES_MAX = 1000, TESTS_MAX = 256 }; /* each test is a look at every product */

struct parser {
    const char *text, *p;
    struct arena *arena;
    struct errmsg *e;
    unsigned depth, tests;
    struct filter_value *list; /* VALUES_MAX: the list at work */
};

static struct filter *fail(struct parser *p, const char *what)
{
    errmsg_set(p->e, ERR_INPUT, "filter: %s at character %zu, near \"%.20s\"", what, (size_t)(p->p - p->text) + 1, p->p);
    return NULL;
}

static void skip_space(struct parser *p)
{
    while (isspace((unsigned char)*p->p)) p->p++;
}

/* Letters and digits of any script, and _ . - : what names and bare words are made of. */
static bool is_word(char c)
{
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80 || c == '_' || c == '.' || c == '-';
}

static bool take(struct parser *p, const char *symbol)
{
    skip_space(p);
    size_t n = strlen(symbol);
    if (strncmp(p->p, symbol, n)) return false;
    p->p += n;
    return true;
}

static bool take_keyword(struct parser *p, const char *word)
{
    skip_space(p);
    size_t n = strlen(word);
    if (strncasecmp(p->p, word, n) || is_word(p->p[n])) return false;
    p->p += n;
    return true;
}

/* ---- names and values ---- */

static const char *field_name(struct parser *p)
{
    skip_space(p);
    const char *from = p->p;
    if (*from == '`') {
        const char *end = strchr(from + 1, '`');
        if (!end) return fail(p, "a backquote is not closed"), NULL;
        if (end == from + 1) return fail(p, "a field name is missing"), NULL;
        p->p = end + 1;
        return arena_strn(p->arena, from + 1, (size_t)(end - from - 1));
    }
    while (is_word(*p->p)) p->p++;
    if (p->p == from) return fail(p, "a field name is missing"), NULL;
    return arena_strn(p->arena, from, (size_t)(p->p - from));
}

static bool quoted(struct parser *p, struct filter_value *v)
{
    const char *from = p->p;
    for (p->p++; *p->p && *p->p != '"'; p->p++)
        if (*p->p == '\\' && p->p[1]) p->p++;
    if (!*p->p) return p->p = from, fail(p, "a quoted text is not closed"), false;
    p->p++;
    json_t *s = json_loadb(from, (size_t)(p->p - from), JSON_DECODE_ANY, NULL);
    if (!s) return p->p = from, fail(p, "a quoted text is not valid (escapes are those of JSON)"), false;
    *v = (struct filter_value){arena_strn(p->arena, json_string_value(s), json_string_length(s)), json_string_length(s), 0,
                               false};
    json_decref(s);
    return true;
}

static bool value(struct parser *p, struct filter_value *v)
{
    skip_space(p);
    if (*p->p == '"') return quoted(p, v);
    const char *from = p->p;
    if (*p->p == '+') p->p++;
    while (is_word(*p->p)) p->p++;
    if (p->p == from) return fail(p, "a value is missing"), false;
    char *end;
    size_t n = (size_t)(p->p - from);
    *v = (struct filter_value){arena_strn(p->arena, from, n), n, 0, false};
    v->number = strtod(v->text, &end);
    v->is_number = *end == 0 && isfinite(v->number) && strspn(v->text, "+-.0123456789eE") == n; /* not inf, nan, 0x10 */
    return true;
}

/* ---- tests ---- */

static struct filter *node(struct parser *p, enum filter_op op, struct filter *left, struct filter *right)
{
    struct filter *f = arena_zero(p->arena, sizeof *f);
    *f = (struct filter){.op = op, .left = left, .right = right};
    return f;
}

static struct filter *negate(struct parser *p, struct filter *f)
{
    return f ? node(p, FILTER_NOT, f, NULL) : NULL;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void sort_numbers(struct parser *p, struct filter *f)
{
    f->numbers = arena_alloc(p->arena, f->n_values * sizeof *f->numbers);
    for (size_t i = 0; i < f->n_values; i++)
        if (f->values[i].is_number) f->numbers[f->n_numbers++] = f->values[i].number;
    qsort(f->numbers, f->n_numbers, sizeof *f->numbers, ascending);
}

static struct filter *test(struct parser *p, enum filter_op op, const char *field, const struct filter_value *values, size_t n)
{
    struct filter *f = node(p, op, NULL, NULL);
    f->field = field;
    f->values = arena_dup(p->arena, values, n * sizeof *values);
    f->n_values = n;
    sort_numbers(p, f);
    return f;
}

static struct filter *in_list(struct parser *p, const char *field)
{
    size_t n = 0;
    if (!p->list) p->list = arena_alloc(p->arena, VALUES_MAX * sizeof *p->list);
    if (!take(p, "[")) return fail(p, "\"[\" is missing");
    do {
        if (n == VALUES_MAX) return fail(p, "a list has more than 1000 values");
        if (!value(p, &p->list[n++])) return NULL;
    } while (take(p, ","));
    if (!take(p, "]")) return fail(p, "\"]\" or \",\" is missing");
    return test(p, FILTER_IN, field, p->list, n);
}

static struct filter *compare(struct parser *p, const char *field, enum filter_op op)
{
    struct filter_value v;
    if (!value(p, &v)) return NULL;
    if (op != FILTER_IN && !v.is_number) return fail(p, "only numbers can be compared with < and >");
    return test(p, op, field, &v, 1);
}

static struct filter *range(struct parser *p, const char *field)
{
    struct filter_value v[2];
    if (!value(p, &v[0])) return NULL;
    if (!take_keyword(p, "TO")) return fail(p, "a comparison (= != < <= > >= IN EXISTS TO) is missing");
    if (!value(p, &v[1])) return NULL;
    if (!v[0].is_number || !v[1].is_number) return fail(p, "a range needs two numbers");
    return test(p, FILTER_RANGE, field, v, 2);
}

static struct filter *field_test(struct parser *p)
{
    if (++p->tests > TESTS_MAX) return fail(p, "more than 256 tests (a list, field IN [...], is one test)");
    const char *field = field_name(p);
    if (!field) return NULL;
    if (take_keyword(p, "NOT")) {
        if (take_keyword(p, "IN")) return negate(p, in_list(p, field));
        if (take_keyword(p, "EXISTS")) return negate(p, test(p, FILTER_EXISTS, field, NULL, 0));
        return fail(p, "IN or EXISTS is missing behind NOT");
    }
    if (take_keyword(p, "IN")) return in_list(p, field);
    if (take_keyword(p, "EXISTS")) return test(p, FILTER_EXISTS, field, NULL, 0);
    if (take(p, "!=")) return negate(p, compare(p, field, FILTER_IN));
    if (take(p, "<=")) return compare(p, field, FILTER_LE);
    if (take(p, ">=")) return compare(p, field, FILTER_GE);
    if (take(p, "<")) return compare(p, field, FILTER_LT);
    if (take(p, ">")) return compare(p, field, FILTER_GT);
    if (take(p, "==") || take(p, "=")) return compare(p, field, FILTER_IN);
    return range(p, field);
}

/* ---- AND, OR, NOT ---- */

static struct filter *expression(struct parser *p);

static struct filter *factor(struct parser *p)
{
    struct filter *f;
    if (++p->depth > DEPTH_MAX) return fail(p, "nested too deeply");
    if (take_keyword(p, "NOT")) {
        f = negate(p, factor(p));
    } else if (take(p, "(")) {
        f = expression(p);
        if (f && !take(p, ")")) f = fail(p, "\")\" is missing");
    } else {
        f = field_test(p);
    }
    p->depth--;
    return f;
}

static struct filter *conjunction(struct parser *p)
{
    struct filter *f = factor(p);
    while (f && take_keyword(p, "AND")) {
        struct filter *right = factor(p);
        f = right ? node(p, FILTER_AND, f, right) : NULL;
    }
    return f;
}

static struct filter *expression(struct parser *p)
{
    struct filter *f = conjunction(p);
    while (f && take_keyword(p, "OR")) {
        struct filter *right = conjunction(p);
        f = right ? node(p, FILTER_OR, f, right) : NULL;
    }
    return f;
}

int filter_parse(struct filter **out, const char *text, struct arena *a, struct errmsg *e)
{
    struct parser p = {.text = text, .p = text, .arena = a, .e = e};
    *out = expression(&p);
    if (!*out) return ERR_INPUT;
    skip_space(&p);
    if (!*p.p) return 0;
    fail(&p, "AND or OR is missing");
    return ERR_INPUT;
}
