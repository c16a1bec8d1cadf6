#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A comma before every value but the first of its level; none between a key and its value. */
static void separate(struct json_writer *w)
{
    if (w->keyed) {
        w->keyed = false;
        return;
    }
    if (w->filled >> w->depth & 1) buf_byte(w->out, ',');
    w->filled |= 1ull << w->depth;
}

void json_begin(struct json_writer *w, char open)
{
    separate(w);
    buf_byte(w->out, open);
    if (++w->depth >= JSON_DEPTH) abort(); /* the caller's own nesting; what users send is refused by depth before */
    w->filled &= ~(1ull << w->depth);
}

void json_end(struct json_writer *w, char close)
{
    w->depth--;
    buf_byte(w->out, close);
}

static void quoted(struct buf *b, const char *s, size_t n)
{
    static const char hex[] = "0123456789abcdef";
    buf_byte(b, '"');
    size_t from = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        buf_add(b, s + from, i - from);
        from = i + 1;
        const char *two = c == '"'    ? "\\\""
                          : c == '\\' ? "\\\\"
                          : c == '\n' ? "\\n"
                          : c == '\t' ? "\\t"
                          : c == '\r' ? "\\r"
                                      : NULL;
        if (two)
            buf_add(b, two, 2);
        else
            buf_add(b, (char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
    }
    buf_add(b, s + from, n - from);
    buf_byte(b, '"');
}

void json_keyn(struct json_writer *w, const char *key, size_t n)
{
    separate(w);
    quoted(w->out, key, n);
    buf_byte(w->out, ':');
    w->keyed = true;
}

void json_key(struct json_writer *w, const char *key)
{
    json_keyn(w, key, strlen(key));
}

void json_strn(struct json_writer *w, const char *s, size_t n)
{
    separate(w);
    quoted(w->out, s, n);
}

void json_str(struct json_writer *w, const char *s)
{
    json_strn(w, s, strlen(s));
}

void json_uint(struct json_writer *w, uint64_t v)
{
    separate(w);
    buf_printf(w->out, "%llu", (unsigned long long)v);
}

void json_int(struct json_writer *w, int64_t v)
{
    separate(w);
    buf_printf(w->out, "%lld", (long long)v);
}

void json_num(struct json_writer *w, double v)
{
    separate(w);
    if (!isfinite(v)) {
        buf_str(w->out, "null");
        return;
    }
    char t[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(t, sizeof t, "%.*g", digits, v);
        if (strtod(t, NULL) == v) break;
    }
    buf_str(w->out, t);
}

/* Writes v (1e-5 <= |v| < 1e7) with the fewest of 6 to 9 significant digits that read back as v: an integer and the place of its
 * point, since printf and strtof for each try cost ten times as much. Returns the length, 0 when it is not sure. */
static int short_decimal(float v, char out[40])
{
    static const double power[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14};
    double a = fabs((double)v);
    int whole = (int)floor(log10(a)); /* power of ten of the first digit */
    for (int digits = 6; digits <= 9; digits++) {
        int places = digits - 1 - whole;
        if (places < 0) places = 0;
        long long i = llround(a * power[places]);
        if ((float)((double)i / power[places]) != fabsf(v)) continue;
        while (places && i % 10 == 0) i /= 10, places--;
        long long unit = (long long)power[places];
        return places ? snprintf(out, 40, "%s%lld.%0*lld", v < 0 ? "-" : "", i / unit, places, i % unit)
                      : snprintf(out, 40, "%s%lld", v < 0 ? "-" : "", i);
    }
    return 0;
}

void json_float(struct json_writer *w, float v)
{
    char t[40];
    separate(w);
    if (!isfinite(v)) {
        buf_str(w->out, "null");
        return;
    }
    if (v == 0 || fabsf(v) < 1e-5f || fabsf(v) >= 1e7f || !short_decimal(v, t) || strtof(t, NULL) != v)
        snprintf(t, sizeof t, "%.9g", (double)v);
    buf_str(w->out, t);
}

void json_bool(struct json_writer *w, bool v)
{
    separate(w);
    buf_str(w->out, v ? "true" : "false");
}

void json_null_value(struct json_writer *w)
{
    separate(w);
    buf_str(w->out, "null");
}

void json_raw(struct json_writer *w, const char *s, size_t n)
{
    separate(w);
    buf_add(w->out, s, n);
}

static void members(struct json_writer *w, const json_t *v)
{
    const char *key;
    json_t *item;
    json_object_foreach((json_t *)v, key, item)
    {
        json_key(w, key);
        json_value(w, item);
    }
}

void json_value(struct json_writer *w, const json_t *v)
{
    switch (json_typeof(v)) {
    case JSON_OBJECT:
        json_begin(w, '{');
        members(w, v);
        json_end(w, '}');
        break;
    case JSON_ARRAY:
        json_begin(w, '[');
        for (size_t i = 0; i < json_array_size(v); i++) json_value(w, json_array_get(v, i));
        json_end(w, ']');
        break;
    case JSON_STRING: json_strn(w, json_string_value(v), json_string_length(v)); break;
    case JSON_INTEGER: json_int(w, json_integer_value(v)); break;
    case JSON_REAL: json_num(w, json_real_value(v)); break;
    case JSON_NULL: json_null_value(w); break;
    default: json_bool(w, json_is_true(v));
    }
}
