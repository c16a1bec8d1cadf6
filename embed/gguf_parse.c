/* GGUF: reads a head that may lie about everything.
 *
 * All bytes are taken through one cursor that knows its end. A count is believed only after the smallest possible size of
 * what it counts was found to fit into the rest of the file, so memory and time stay proportional to the file, whatever
 * it claims. Tensors must be aligned, lie inside the file and not share bytes: two tensors over the same bytes are always
 * a broken or a hostile writer. Keys and tensors that souk does not know are kept and ignored. */
#include "embed/gguf_parse.h"

#include "base/mem.h"
#include "embed/dequant.h"

#include <stdlib.h>
#include <string.h>

enum {
    MIN_VALUE_BYTES = 8 + 4 + 1,          /* empty key, type, one byte */
    MIN_TENSOR_BYTES = 8 + 4 + 8 + 4 + 8, /* empty name, one dimension */
    MAX_NESTING = 4,                      /* arrays in arrays */
    MAX_ALIGNMENT = 1 << 20,
};

struct cursor {
    const uint8_t *p, *end;
};

static size_t left(const struct cursor *c)
{
    return (size_t)(c->end - c->p);
}

static bool take(struct cursor *c, void *to, size_t n)
{
    if (left(c) < n) return false;
    memcpy(to, c->p, n);
    c->p += n;
    return true;
}

static bool take_string(struct cursor *c, struct gguf_str *s)
{
    uint64_t n;
    if (!take(c, &n, sizeof n) || n > left(c)) return false;
    *s = (struct gguf_str){(const char *)c->p, (size_t)n};
    c->p += n;
    return true;
}

/* ---- metadata ---- */

static size_t item_bytes(uint32_t type)
{
    static const uint8_t bytes[GGUF_TYPES] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    return type < GGUF_TYPES ? bytes[type] : 0;
}

static bool skip_array(struct cursor *c, uint32_t *item, uint64_t *n, const uint8_t **data, int depth);

/* Passes n values of one type; false when they do not fit, or the type is unknown. */
static bool skip_items(struct cursor *c, uint32_t type, uint64_t n, int depth)
{
    size_t bytes = item_bytes(type);
    if (bytes) {
        if (n > left(c) / bytes) return false;
        c->p += n * bytes;
        return true;
    }
    if ((type != GGUF_STRING && type != GGUF_ARRAY) || n > left(c) / 8) return false;
    for (uint64_t i = 0; i < n; i++) {
        struct gguf_str s;
        uint32_t item;
        uint64_t m;
        const uint8_t *data;
        if (!(type == GGUF_STRING ? take_string(c, &s) : skip_array(c, &item, &m, &data, depth + 1))) return false;
    }
    return true;
}

static bool skip_array(struct cursor *c, uint32_t *item, uint64_t *n, const uint8_t **data, int depth)
{
    if (depth > MAX_NESTING || !take(c, item, sizeof *item) || !take(c, n, sizeof *n)) return false;
    *data = c->p;
    return skip_items(c, *item, *n, depth);
}

static int bad_value(const struct gguf *g, const struct gguf_value *v, struct errmsg *e)
{
    char shown[64];
    if (v->type >= GGUF_TYPES)
        return errmsg_set(e, ERR_FORMAT, "%s: metadata key \"%s\" has the unknown type %u", g->path, gguf_shown(v->key, shown),
                          v->type);
    return errmsg_set(e, ERR_FORMAT, "%s: metadata key \"%s\" does not fit into the file (%zu bytes): it is cut short or damaged",
                      g->path, gguf_shown(v->key, shown), g->size);
}

static int parse_value(struct gguf *g, struct cursor *c, struct gguf_value *v, struct errmsg *e)
{
    if (!take_string(c, &v->key) || !take(c, &v->type, sizeof v->type))
        return errmsg_set(e, ERR_FORMAT, "%s: cut short or damaged: the file ends in its metadata, at key %zu", g->path,
                          (size_t)(v - g->values) + 1);
    v->item = v->type;
    v->n = 1;
    v->data = c->p;
    bool ok = v->type == GGUF_ARRAY ? skip_array(c, &v->item, &v->n, &v->data, 0) : skip_items(c, v->type, 1, 0);
    return ok ? 0 : bad_value(g, v, e);
}

/* ---- tensors ---- */

static int bad_tensor(const struct gguf *g, const struct gguf_tensor *t, struct errmsg *e, const char *what)
{
    char shown[64];
    return errmsg_set(e, ERR_FORMAT, "%s: tensor \"%s\" %s", g->path, gguf_shown(t->name, shown), what);
}

/* Numbers and bytes of a tensor, unless its dimensions are nonsense. */
static int measure(struct gguf *g, struct gguf_tensor *t, struct errmsg *e)
{
    uint64_t n = 1;
    for (uint32_t d = 0; d < t->n_dims; d++)
        if (!t->ne[d] || __builtin_mul_overflow(n, t->ne[d], &n) || n > INT64_MAX)
            return bad_tensor(g, t, e, "has impossible dimensions");
    const struct tensor_format *f = tensor_format(t->type);
    if (!f) return 0;
    if (t->ne[0] % f->block) return bad_tensor(g, t, e, "has rows that are no whole number of blocks");
    if (__builtin_mul_overflow(n / f->block, (uint64_t)f->bytes, &t->bytes))
        return bad_tensor(g, t, e, "has impossible dimensions");
    return 0;
}

static int parse_tensor(struct gguf *g, struct cursor *c, struct gguf_tensor *t, struct errmsg *e)
{
    if (!take_string(c, &t->name) || !take(c, &t->n_dims, sizeof t->n_dims))
        return errmsg_set(e, ERR_FORMAT, "%s: cut short or damaged: the file ends in its tensor table, at tensor %zu", g->path,
                          (size_t)(t - g->tensors) + 1);
    if (!t->n_dims || t->n_dims > GGUF_MAX_DIMS) return bad_tensor(g, t, e, "has not 1 to 4 dimensions");
    for (uint32_t d = 0; d < GGUF_MAX_DIMS; d++) t->ne[d] = 1;
    if (!take(c, t->ne, t->n_dims * sizeof t->ne[0]) || !take(c, &t->type, sizeof t->type) ||
        !take(c, &t->offset, sizeof t->offset))
        return bad_tensor(g, t, e, "is cut short in the tensor table");
    return measure(g, t, e);
}

/* Points a tensor at its data. */
static int place(struct gguf *g, struct gguf_tensor *t, uint64_t alignment, struct errmsg *e)
{
    uint64_t room = g->data_at < g->size ? g->size - g->data_at : 0;
    if (t->offset % alignment) return bad_tensor(g, t, e, "is not aligned");
    if (t->offset > room || t->bytes > room - t->offset)
        return bad_tensor(g, t, e, "does not fit into the file: it is cut short or damaged");
    if (t->bytes) t->data = g->base + g->data_at + t->offset;
    return 0;
}

static int by_offset(const void *a, const void *b)
{
    const struct gguf_tensor *x = *(const struct gguf_tensor *const *)a, *y = *(const struct gguf_tensor *const *)b;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

static int check_overlap(const struct gguf *g, struct errmsg *e)
{
    const struct gguf_tensor **order = xmalloc((g->n_tensors + 1) * sizeof *order);
    size_t n = 0;
    for (size_t i = 0; i < g->n_tensors; i++) /* those of unknown size are never read */
        if (g->tensors[i].data) order[n++] = &g->tensors[i];
    qsort(order, n, sizeof *order, by_offset);
    int rc = 0;
    for (size_t i = 1; i < n && !rc; i++)
        if (order[i - 1]->offset + order[i - 1]->bytes > order[i]->offset)
            rc = bad_tensor(g, order[i], e, "overlaps the one before it");
    free(order);
    return rc;
}

/* ---- the whole head ---- */

static int parse_start(struct gguf *g, struct cursor *c, uint64_t *tensors, uint64_t *values, struct errmsg *e)
{
    char magic[4];
    if (!take(c, magic, 4) || memcmp(magic, "GGUF", 4)) return errmsg_set(e, ERR_FORMAT, "%s: not a GGUF file", g->path);
    if (!take(c, &g->version, 4) || !take(c, tensors, 8) || !take(c, values, 8))
        return errmsg_set(e, ERR_FORMAT, "%s: cut short: only %zu bytes", g->path, g->size);
    if (g->version == 2 || g->version == 3) return 0;
    if (g->version >> 24 && __builtin_bswap32(g->version) <= 3)
        return errmsg_set(e, ERR_UNSUPPORTED, "%s: a big-endian GGUF file; souk reads little-endian ones", g->path);
    return errmsg_set(e, ERR_UNSUPPORTED, "%s: GGUF version %u; souk reads versions 2 and 3", g->path, g->version);
}

static int check_counts(const struct gguf *g, const struct cursor *c, uint64_t tensors, uint64_t values, struct errmsg *e)
{
    if (values <= left(c) / MIN_VALUE_BYTES && tensors <= left(c) / MIN_TENSOR_BYTES) return 0;
    return errmsg_set(e, ERR_FORMAT, "%s: cut short or damaged: %zu bytes cannot hold %llu keys and %llu tensors", g->path,
                      g->size, (unsigned long long)values, (unsigned long long)tensors);
}

static int parse_alignment(const struct gguf *g, int64_t *alignment, struct errmsg *e)
{
    *alignment = 32;
    gguf_int(g, "general.alignment", alignment);
    if (*alignment > 0 && *alignment <= MAX_ALIGNMENT && !(*alignment & (*alignment - 1))) return 0;
    return errmsg_set(e, ERR_FORMAT, "%s: general.alignment is %lld, not a power of two up to 1 MiB", g->path,
                      (long long)*alignment);
}

static int parse_data(struct gguf *g, struct errmsg *e)
{
    int64_t alignment;
    int rc = parse_alignment(g, &alignment, e);
    if (rc) return rc;
    g->data_at = (g->head_bytes + (size_t)alignment - 1) & ~((size_t)alignment - 1);
    for (size_t i = 0; i < g->n_tensors && !rc; i++) rc = place(g, &g->tensors[i], (uint64_t)alignment, e);
    return rc ? rc : check_overlap(g, e);
}

int gguf_parse(struct gguf *g, struct errmsg *e)
{
    struct cursor c = {g->base, g->size ? g->base + g->size : g->base};
    uint64_t tensors = 0, values = 0;
    int rc = parse_start(g, &c, &tensors, &values, e);
    if (!rc) rc = check_counts(g, &c, tensors, values, e);
    if (rc) return rc;
    g->n_values = (size_t)values;
    g->n_tensors = (size_t)tensors;
    g->values = xcalloc(g->n_values + 1, sizeof *g->values);
    g->tensors = xcalloc(g->n_tensors + 1, sizeof *g->tensors);
    for (size_t i = 0; i < g->n_values && !rc; i++) rc = parse_value(g, &c, &g->values[i], e);
    for (size_t i = 0; i < g->n_tensors && !rc; i++) rc = parse_tensor(g, &c, &g->tensors[i], e);
    g->head_bytes = (size_t)(c.p - g->base);
    return rc ? rc : parse_data(g, e);
}
