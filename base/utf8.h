/* UTF-8 as (pointer, length). Only well-formed text is accepted: no overlong forms, no surrogates, nothing above
 * U+10FFFF (RFC 3629). */
#ifndef SOUK_UTF8_H
#define SOUK_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes the character at s (n >= 1 bytes there) into *cp and returns its length 1..4, or 0 when it is ill-formed. */
size_t utf8_decode(const char *s, size_t n, uint32_t *cp);

/* Writes cp (a Unicode scalar value) and returns its length 1..4. */
size_t utf8_encode(uint32_t cp, char out[4]);

/* True when all of s is well-formed; else *bad (may be NULL) is the offset of the first byte that is not. */
bool utf8_valid(const char *s, size_t n, size_t *bad);

/* The largest length <= n that does not cut a character of s in two; s is well-formed. */
size_t utf8_floor(const char *s, size_t len, size_t n);

/* The length in bytes of the first `chars` characters of s (all of s where it has fewer); s is well-formed. */
size_t utf8_chars(const char *s, size_t len, size_t chars);

#endif
