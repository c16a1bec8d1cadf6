/* A look into JSON text without taking it apart: the raw span of a top-level member. For text that souk wrote itself or has
 * checked (stored products); on anything else the answer may be wrong, but never reads outside [s, s + n). */
#ifndef SOUK_JSON_SCAN_H
#define SOUK_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

struct json_span {
    const char *s;
    size_t n;
};

/* The value of member `key` (without characters that JSON escapes) of the object s, as it stands there. */
bool json_member(const char *s, size_t n, const char *key, struct json_span *value);

#endif
