/* Percent-decoding of paths and query strings. What comes out is UTF-8 without NUL, or it is refused: every room behind this
 * door may rely on that. */
#ifndef SOUK_HTTP_URI_H
#define SOUK_HTTP_URI_H

#include <stdbool.h>
#include <stddef.h>

/* Decodes s[0..n) into out (room for n + 1 bytes; may be s itself) and puts a NUL behind it; plus: '+' is a space, as HTML
 * forms send it. False for a '%' without two hexadecimal digits, a decoded NUL, and ill-formed UTF-8. */
bool http_uri_decode(const char *s, size_t n, bool plus, char *out, size_t *out_n);

/* Looks for the first "name=value" (or bare "name") in a query string; value[0..*n) is still encoded. */
bool http_uri_find(const char *query, const char *name, const char **value, size_t *n);

int http_hex(char c); /* 0..15, or -1 */

#endif
