/* Words of a text in any script, folded, with the byte offsets they came from.
 *
 *     struct words *w = words_new();
 *     size_t n = words_split(w, text, len);
 *     for (size_t i = 0; i < n; i++) use(w->list[i].text, w->list[i].n);
 *     words_free(w);
 *
 * Boundaries are Unicode's (UAX #29) by ICU's iterator for the root locale, with its dictionaries for Chinese, Japanese,
 * Thai, Lao, Khmer and Burmese. In those scripts a dictionary can disagree with itself between a title and a query, so
 * the bigrams of each unbroken run follow its words, marked WORD_GRAM: nothing is unfindable. Pure ASCII text takes a
 * short cut that gives the same boundaries (tests hold it to ICU).
 *
 * Words longer than WORD_MAX bytes after folding are cut. One `struct words` serves one thread; its list is valid until
 * the next split. */
#ifndef SOUK_WORDS_H
#define SOUK_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WORD_MAX = 64 };

enum word_flags {
    WORD_GRAM = 1u << 0,   /* two characters of a run without spaces, not a word */
    WORD_DENSE = 1u << 1,  /* a word of a script without spaces: grams of its run are in the list too */
    WORD_NUMBER = 1u << 2, /* begins with a digit */
};

struct word {
    const char *text; /* folded, n bytes, not NUL-terminated */
    uint32_t n;
    uint32_t flags;
    uint32_t from, to; /* bytes of the source text */
    uint32_t run;      /* words and grams of one unbroken run share it; other words have one of their own */
};

struct words {
    struct word *list;
    size_t n;
    struct words_tools *tools;
};

struct words *words_new(void);
void words_free(struct words *w);

/* Splits s (well-formed UTF-8, at most 16 MiB; more is cut) and returns the number of words. */
size_t words_split(struct words *w, const char *s, size_t n);

#endif
