/* JSON out: a writer over a buf that places commas and escapes. JSON in: jansson, with the flags below.
 *
 *     struct json_writer w = {.out = &b};
 *     json_begin(&w, '{'); json_key(&w, "total"); json_uint(&w, 3); json_end(&w, '}');
 *
 * The writer trusts its caller to balance begin and end (at most JSON_DEPTH deep); text must be well-formed UTF-8.
 * Reading uses jansson (json_loadb with JSON_READ): it was the strictest of Debian's C readers by our test of nine
 * malformed documents, see bench/NOTES.md. */
#ifndef SOUK_JSON_H
#define SOUK_JSON_H

#include "base/buf.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum { JSON_DEPTH = 64, JSON_READ = JSON_REJECT_DUPLICATES };

static inline bool json_is_scalar(const json_t *v) /* a string, a number, true or false: what a filter can compare */
{
    return json_is_string(v) || json_is_number(v) || json_is_boolean(v);
}

struct json_writer {
    struct buf *out;
    unsigned depth;
    uint64_t filled; /* bit d: something was already written at depth d */
    bool keyed;      /* a key was written and waits for its value */
};

void json_begin(struct json_writer *w, char open); /* '{' or '[' */
void json_end(struct json_writer *w, char close);
void json_key(struct json_writer *w, const char *key);
void json_keyn(struct json_writer *w, const char *key, size_t n);
void json_str(struct json_writer *w, const char *s);
void json_strn(struct json_writer *w, const char *s, size_t n);
void json_uint(struct json_writer *w, uint64_t v);
void json_int(struct json_writer *w, int64_t v);
void json_num(struct json_writer *w, double v);  /* shortest form that reads back the same; NaN and Inf become null */
void json_float(struct json_writer *w, float v); /* shortest form that reads back as the same float */
void json_bool(struct json_writer *w, bool v);
void json_null_value(struct json_writer *w);
void json_raw(struct json_writer *w, const char *s, size_t n); /* s is one finished JSON value */
void json_value(
    struct json_writer *w,
    const json_t *v); /* a jansson value, compact, keys in their order; at most JSON_DEPTH deep with what is around it */

#endif
