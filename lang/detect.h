/* Script and language of a text.
 *
 * The script is counted. The language follows from the script where only one is likely (Thai, Korean, Greek, Hebrew),
 * from letters that only one language uses (ş ğ, ñ, ł, پ, ї), and from small words (der, the, και). Two words of a
 * product title are often in no particular language at all; then the answer is "und". */
#ifndef SOUK_DETECT_H
#define SOUK_DETECT_H

#include <stddef.h>

struct language {
    char code[12];   /* "de", "zh-Hans", ..., "und" */
    char script[5];  /* ISO 15924 of most letters: "Latn", "Arab", "Jpan" (kana with or without Han), "Zyyy" without letters */
    float certainty; /* 0..1: share of the evidence that speaks for it; 0 for "und" */
};

/* s is well-formed UTF-8. Looks at no more than the first 2,000 bytes. Thread-safe. */
struct language detect(const char *s, size_t n);

#endif
