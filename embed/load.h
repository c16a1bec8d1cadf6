/* Private to the encoders: reading a network from a file that nobody vouches for.
 *
 *     struct loader l = {.g = m->file, .arch = "bert", .e = e};
 *     uint32_t dim = load_u32(&l, "embedding_length", 1, EMBED_MAX_DIM);
 *     struct norm n = load_norm(&l, dim, LOAD_BIAS, "blk.%u.attn_output_norm", i);
 *     if (l.rc) return l.rc;
 *
 * The first mistake sticks and is told in a sentence that names the key or tensor; calls after it return harmless values.
 * Everything that is returned has been checked: numbers lie in their range, tensors have their shape, floats are finite. */
#ifndef SOUK_LOAD_H
#define SOUK_LOAD_H

#include "embed/gguf.h"
#include "embed/linear.h"

enum {
    LOAD_MAX_LAYERS = 512,
    LOAD_MAX_WIDTH = 1 << 16, /* of anything inside a layer */
    LOAD_MAX_CONTEXT = 1 << 24,
};

struct loader {
    const struct gguf *g;
    const char *arch; /* prefix of keys */
    struct errmsg *e;
    int rc;
};

/* weight and bias of (n) floats each; bias NULL: has none. norm_free releases. */
struct norm {
    float *weight, *bias;
};

enum load_flags {
    LOAD_BIAS = 1u << 0,     /* "NAME.bias" is needed */
    LOAD_OPTIONAL = 1u << 1, /* "NAME.weight" may be missing: all NULL then. Without LOAD_BIAS a bias is always optional */
};

/* ---- keys ARCH.NAME ---- */

uint32_t load_u32(struct loader *l, const char *name, uint32_t min, uint32_t max);                      /* must be there */
uint32_t load_u32_or(struct loader *l, const char *name, uint32_t min, uint32_t max, uint32_t missing); /* may be missing */
float load_f32(struct loader *l, const char *name, float min, float max);
float load_f32_or(struct loader *l, const char *name, float min, float max, float missing);
bool load_has(const struct loader *l, const char *name);
struct gguf_str load_string(const struct loader *l, const char *name);

/* Whether item i of a bool array is set; *is_array false, and no answer, when the key is none. */
bool load_flag_at(const struct loader *l, const char *name, uint32_t i, bool *is_array);

/* A complaint about the file, in the manner of printf. Always returns rc. */
int load_fail(struct loader *l, int rc, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* ---- tensors; names in the manner of printf, without ".weight" ---- */

struct norm load_norm(struct loader *l, uint32_t n, unsigned flags, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void norm_free(struct norm *n);
float *load_first_row(struct loader *l, uint32_t n, const char *name); /* of a table that may be missing: NULL then */

bool load_tensor_there(const struct loader *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A table of `rows` rows of n numbers (0: however many), left in the map: rows are unpacked as needed. */
struct matrix load_table(struct loader *l, uint32_t n, uint32_t rows, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Stacks one more matrix (rows, n) below what *w has, with its bias. `expert` of `experts`: a slice of a three-dimensional
 * tensor; 0 of 1 for others. linear_free releases. */
void load_linear(struct loader *l, struct linear *w, uint32_t n, uint32_t rows, unsigned flags, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));
void load_expert(struct loader *l, struct linear *w, uint32_t n, uint32_t rows, uint32_t expert, uint32_t experts,
                 const char *fmt, ...) __attribute__((format(printf, 7, 8)));

#endif
