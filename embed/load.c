#include "embed/load.h"

#include "base/mem.h"
#include "embed/dequant.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME = 96 };

int load_fail(struct loader *l, int rc, const char *fmt, ...)
{
    char text[400];
    va_list ap;
    if (l->rc) return l->rc;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return l->rc = errmsg_set(l->e, rc, "%s: %s", l->g->path, text);
}

/* ---- keys ---- */

static const char *key_of(const struct loader *l, const char *name, char out[NAME])
{
    snprintf(out, NAME, "%s.%s", l->arch, name);
    return out;
}

bool load_has(const struct loader *l, const char *name)
{
    char key[NAME];
    return gguf_find(l->g, key_of(l, name, key)) != NULL;
}

struct gguf_str load_string(const struct loader *l, const char *name)
{
    char key[NAME];
    return gguf_string(l->g, key_of(l, name, key));
}

/* A scalar, or the value that all items of an array have: some writers repeat a number for every layer. */
static bool any_int(const struct gguf *g, const char *key, int64_t *v)
{
    const struct gguf_value *a = gguf_find(g, key);
    if (!a || a->type != GGUF_ARRAY) return gguf_int(g, key, v);
    if (!a->n || a->item == GGUF_F32 || a->item == GGUF_F64 || a->item >= GGUF_STRING) return a->n && a->item > GGUF_ARRAY;
    *v = gguf_int_at(a, 0);
    for (uint64_t i = 1; i < a->n; i++)
        if (gguf_int_at(a, i) != *v) return false;
    return true;
}

uint32_t load_u32(struct loader *l, const char *name, uint32_t min, uint32_t max)
{
    char key[NAME];
    int64_t v = 0;
    if (!any_int(l->g, key_of(l, name, key), &v) || v < min || v > max) {
        load_fail(l, ERR_FORMAT, "%s is not a number from %u to %u", key, min, max);
        return min ? min : 1;
    }
    return (uint32_t)v;
}

uint32_t load_u32_or(struct loader *l, const char *name, uint32_t min, uint32_t max, uint32_t missing)
{
    return load_has(l, name) ? load_u32(l, name, min, max) : missing;
}

float load_f32(struct loader *l, const char *name, float min, float max)
{
    char key[NAME];
    const struct gguf_value *v = gguf_find(l->g, key_of(l, name, key));
    float f = NAN;
    if (v && v->type == GGUF_F32) f = gguf_f32_at(v, 0);
    if (f >= min && f <= max) return f;
    load_fail(l, ERR_FORMAT, "%s is not a number from %g to %g of type F32", key, (double)min, (double)max);
    return max;
}

float load_f32_or(struct loader *l, const char *name, float min, float max, float missing)
{
    return load_has(l, name) ? load_f32(l, name, min, max) : missing;
}

bool load_flag_at(const struct loader *l, const char *name, uint32_t i, bool *is_array)
{
    char key[NAME];
    const struct gguf_value *v = gguf_find(l->g, key_of(l, name, key));
    *is_array = v && v->type == GGUF_ARRAY && v->item == GGUF_BOOL && i < v->n;
    return *is_array && gguf_int_at(v, i);
}

/* ---- tensors ---- */

#define NAME_FROM(fmt, out)                                                                                                      \
    do {                                                                                                                         \
        va_list ap_;                                                                                                             \
        va_start(ap_, fmt);                                                                                                      \
        vsnprintf(out, NAME - 8, fmt, ap_);                                                                                      \
        va_end(ap_);                                                                                                             \
    } while (0)

static const struct gguf_tensor *find(const struct loader *l, const char *name, const char *end)
{
    char full[NAME + 8];
    snprintf(full, sizeof full, "%s%s", name, end);
    return gguf_tensor(l->g, full);
}

bool load_tensor_there(const struct loader *l, const char *fmt, ...)
{
    char name[NAME];
    NAME_FROM(fmt, name);
    return find(l, name, ".weight") != NULL;
}

/* n floats of a tensor that is small enough to be copied; NULL when it is missing (and may be) or wrong. */
static float *vector(struct loader *l, const char *name, const char *end, uint32_t n, bool optional)
{
    const struct gguf_tensor *t = find(l, name, end);
    const struct tensor_format *f = t ? tensor_format(t->type) : NULL;
    if (!t && optional) return NULL;
    if (!t || !f || t->ne[0] != n || gguf_tensor_rows(t) != 1) {
        load_fail(l, ERR_FORMAT, !t ? "has no tensor %s%s" : "%s%s is not %u numbers", name, end, n);
        return NULL;
    }
    float *v = xaligned(64, n * sizeof *v);
    f->unpack(t->data, v, n);
    for (uint32_t i = 0; i < n; i++)
        if (!isfinite(v[i])) {
            load_fail(l, ERR_FORMAT, "number %u of %s%s is not finite", i, name, end);
            break;
        }
    return v;
}

struct norm load_norm(struct loader *l, uint32_t n, unsigned flags, const char *fmt, ...)
{
    char name[NAME];
    struct norm out = {NULL, NULL};
    NAME_FROM(fmt, name);
    if (l->rc) return out;
    out.weight = vector(l, name, ".weight", n, flags & LOAD_OPTIONAL);
    if (out.weight) out.bias = vector(l, name, ".bias", n, !(flags & LOAD_BIAS));
    return out;
}

void norm_free(struct norm *n)
{
    free(n->weight);
    free(n->bias);
}

/* Rows [first, first + rows) of a tensor of `all` rows of n numbers. */
static struct matrix matrix_of(struct loader *l, const char *name, uint32_t n, uint64_t first, uint32_t rows, uint64_t all)
{
    const struct gguf_tensor *t = find(l, name, ".weight");
    const struct tensor_format *f = t ? tensor_format(t->type) : NULL;
    if (!t)
        load_fail(l, ERR_FORMAT, "has no tensor %s.weight", name);
    else if (!f)
        load_fail(l, ERR_UNSUPPORTED, "%s.weight has tensor type %u, which souk cannot read", name, t->type);
    else if (t->ne[0] != n || gguf_tensor_rows(t) != all)
        load_fail(l, ERR_FORMAT, "%s.weight is not %llu rows of %u numbers", name, (unsigned long long)all, n);
    if (l->rc) return (struct matrix){0};
    return (struct matrix){.format = f, .data = t->data + first * tensor_row_bytes(f, n), .rows = rows};
}

float *load_first_row(struct loader *l, uint32_t n, const char *name)
{
    const struct gguf_tensor *t = find(l, name, ".weight");
    if (l->rc || !t) return NULL;
    struct matrix m = matrix_of(l, name, n, 0, 1, gguf_tensor_rows(t));
    if (l->rc) return NULL;
    float *row = xaligned(64, n * sizeof *row);
    matrix_row(&m, n, 0, row);
    return row;
}

struct matrix load_table(struct loader *l, uint32_t n, uint32_t rows, const char *fmt, ...)
{
    char name[NAME];
    NAME_FROM(fmt, name);
    const struct gguf_tensor *t = find(l, name, ".weight");
    if (t && !rows) rows = gguf_tensor_rows(t) <= UINT32_MAX ? (uint32_t)gguf_tensor_rows(t) : 0;
    return l->rc ? (struct matrix){0} : matrix_of(l, name, n, 0, rows, rows);
}

void load_linear(struct loader *l, struct linear *w, uint32_t n, uint32_t rows, unsigned flags, const char *fmt, ...)
{
    char name[NAME];
    NAME_FROM(fmt, name);
    if (l->rc) return;
    struct matrix m = matrix_of(l, name, n, 0, rows, rows);
    float *bias = vector(l, name, ".bias", rows, !(flags & LOAD_BIAS));
    if (!l->rc) linear_stack(w, n, &m, bias);
    free(bias);
}

void load_expert(struct loader *l, struct linear *w, uint32_t n, uint32_t rows, uint32_t expert, uint32_t experts,
                 const char *fmt, ...)
{
    char name[NAME];
    NAME_FROM(fmt, name);
    if (l->rc) return;
    struct matrix m = matrix_of(l, name, n, (uint64_t)expert * rows, rows, (uint64_t)experts * rows);
    if (!l->rc) linear_stack(w, n, &m, NULL);
}
