#include "base/json_scan.h"

#include <string.h>

/* Behind the string that begins at p, or end. */
static const char *skip_string(const char *p, const char *end)
{
    for (p++; p < end; p++) {
        if (*p == '"') return p + 1;
        if (*p == '\\') p++;
    }
    return end;
}

/* Behind the value that begins at p. */
static const char *skip_value(const char *p, const char *end)
{
    int depth = 0;
    while (p < end) {
        if (*p == '"') {
            p = skip_string(p, end);
            if (!depth) return p;
            continue;
        }
        if (*p == '{' || *p == '[') depth++;
        if (*p == '}' || *p == ']') {
            if (!depth) return p; /* the end of what holds a number or a word */
            if (!--depth) return p + 1;
        }
        if (*p == ',' && !depth) return p;
        p++;
    }
    return end;
}

static const char *skip_space(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')) p++;
    return p;
}

bool json_member(const char *s, size_t n, const char *key, struct json_span *value)
{
    const char *end = s + n, *p = skip_space(s, end);
    size_t key_n = strlen(key);
    if (p == end || *p != '{') return false;
    for (p = skip_space(p + 1, end); p < end && *p == '"'; p = skip_space(p, end)) {
        const char *name = p + 1;
        p = skip_string(p, end);
        bool found = (size_t)(p - name) == key_n + 1 && !memcmp(name, key, key_n);
        p = skip_space(p, end);
        if (p == end || *p != ':') return false;
        const char *from = skip_space(p + 1, end);
        p = skip_value(from, end);
        if (found) {
            *value = (struct json_span){from, (size_t)(p - from)};
            return true;
        }
        p = skip_space(p, end);
        if (p < end && *p == ',') p = skip_space(p + 1, end);
    }
    return false;
}
