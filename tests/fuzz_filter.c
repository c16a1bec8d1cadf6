/* A filter expression that parses is written out again in another way, with as few parentheses as will do, and must come back
 * as the same tree. A mistake must be told in a sentence that is UTF-8 when the expression was. */
#include "query/filter.h"

#include "base/json.h"
#include "base/utf8.h"
#include "query/filter_tree.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void need(bool ok)
{
    if (!ok) abort();
}

/* ---- a tree as text ---- */

static void write_value(const struct filter_value *v, struct buf *out)
{
    struct json_writer w = {.out = out};
    need(strlen(v->text) == v->n);
    if (v->is_number)
        buf_add(out, v->text, v->n);
    else
        json_strn(&w, v->text, v->n);
}

static void write_list(const struct filter *f, struct buf *out)
{
    for (size_t i = 0; i < f->n_values; i++) {
        buf_str(out, i ? "," : "[");
        write_value(&f->values[i], out);
    }
    buf_byte(out, ']');
}

static void write_test(const struct filter *f, bool negated, struct buf *out)
{
    static const char *const symbols[] = {[FILTER_LT] = "<", [FILTER_LE] = "<=", [FILTER_GT] = ">", [FILTER_GE] = ">="};
    buf_printf(out, "`%s`%s", f->field, negated ? " NOT " : " ");
    if (f->op == FILTER_IN) {
        need(f->n_values > 0);
        buf_str(out, "IN");
        write_list(f, out);
    } else if (f->op == FILTER_EXISTS) {
        need(!f->n_values);
        buf_str(out, "EXISTS");
    } else if (f->op == FILTER_RANGE) {
        need(f->n_values == 2 && f->values[0].is_number && f->values[1].is_number);
        write_value(&f->values[0], out);
        buf_str(out, " TO ");
        write_value(&f->values[1], out);
    } else {
        need(f->n_values == 1 && f->values[0].is_number);
        buf_str(out, symbols[f->op]);
        write_value(&f->values[0], out);
    }
}

static void write_tree(const struct filter *f, struct buf *out);

static void write_part(const struct filter *f, bool parentheses, struct buf *out)
{
    if (parentheses) buf_byte(out, '(');
    write_tree(f, out);
    if (parentheses) buf_byte(out, ')');
}

static bool is_pair(const struct filter *f)
{
    return f->op == FILTER_AND || f->op == FILTER_OR;
}

static void write_tree(const struct filter *f, struct buf *out)
{
    bool both = f->op == FILTER_AND;
    need(is_pair(f) == (f->right != NULL) && (is_pair(f) || f->op == FILTER_NOT) == (f->left != NULL));
    if (is_pair(f)) {
        write_part(f->left, both && f->left->op == FILTER_OR, out);
        buf_str(out, both ? " and " : " or ");
        write_part(f->right, is_pair(f->right) && !(f->op == FILTER_OR && f->right->op == FILTER_AND), out);
    } else if (f->op == FILTER_NOT && (f->left->op == FILTER_IN || f->left->op == FILTER_EXISTS)) {
        write_test(f->left, true, out);
    } else if (f->op == FILTER_NOT) {
        buf_str(out, "not ");
        write_part(f->left, is_pair(f->left), out);
    } else {
        write_test(f, false, out);
    }
}

/* ---- two trees ---- */

static bool same(const struct filter *a, const struct filter *b)
{
    if (!a || !b) return a == b;
    if (a->op != b->op || a->n_values != b->n_values || !same(a->left, b->left) || !same(a->right, b->right)) return false;
    if ((a->field == NULL) != (b->field == NULL) || (a->field && strcmp(a->field, b->field) != 0)) return false;
    for (size_t i = 0; i < a->n_values; i++) {
        const struct filter_value *x = &a->values[i], *y = &b->values[i];
        if (x->n != y->n || memcmp(x->text, y->text, x->n) != 0 || x->is_number != y->is_number) return false;
        if (x->is_number && x->number != y->number) return false;
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena a = ARENA_INIT;
    struct errmsg e = {0};
    struct filter *f = NULL, *again = NULL;
    char *text = malloc(n + 1); /* of its own, so that AddressSanitizer sees a read behind it */
    memcpy(text, data, n);
    text[n] = 0;
    bool good = utf8_valid(text, strlen(text), NULL);
    int rc = filter_parse(&f, text, &a, &e);
    if (!rc) need(f != NULL);
    if (rc) need(rc == ERR_INPUT && !strncmp(e.text, "filter: ", 8) && utf8_valid(e.text, strlen(e.text), NULL));
    if (!rc && good) {
        struct buf out = BUF_INIT(1 << 28);
        write_tree(f, &out);
        need(filter_parse(&again, out.data, &a, &e) == 0 && same(f, again));
        buf_release(&out);
    }
    free(text);
    arena_release(&a);
    return 0;
}
