#include "query/http_uri.h"

#include "base/utf8.h"

#include <string.h>

int http_hex(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte at s[*i], decoded, and *i behind it; -1 when it is not one. */
static int next_byte(const char *s, size_t n, bool plus, size_t *i)
{
    char c = s[(*i)++];
    if (plus && c == '+') return ' ';
    if (c != '%') return (unsigned char)c;
    if (n - *i < 2) return -1;
    int high = http_hex(s[*i]), low = http_hex(s[*i + 1]);
    *i += 2;
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

bool http_uri_decode(const char *s, size_t n, bool plus, char *out, size_t *out_n)
{
    size_t m = 0;
    for (size_t i = 0; i < n;) {
        int b = next_byte(s, n, plus, &i);
        if (b <= 0) return false;
        out[m++] = (char)b;
    }
    out[m] = 0;
    *out_n = m;
    return utf8_valid(out, m, NULL);
}

/* Compares the encoded s[0..n) with a plain name. */
static bool same(const char *s, size_t n, const char *name)
{
    for (size_t i = 0; i < n;) {
        int b = next_byte(s, n, true, &i);
        if (b <= 0 || (unsigned char)*name++ != b) return false;
    }
    return !*name;
}

bool http_uri_find(const char *query, const char *name, const char **value, size_t *n)
{
    while (query && *query) {
        size_t pair = strcspn(query, "&"), key = strcspn(query, "=&");
        if (key && same(query, key, name)) {
            *value = query + key + (key < pair);
            *n = pair - key - (key < pair);
            return true;
        }
        query += pair + (query[pair] == '&');
    }
    return false;
}
