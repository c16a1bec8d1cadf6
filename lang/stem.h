/* Snowball stems (libstemmer) of folded words.
 *
 * A document is stemmed in its own language; a query word in every language that the catalogue has, so plurals and
 * cases are found without knowing the query's language. Snowball expects accents that folding took away; it still
 * strips the common endings, and both sides go the same way. */
#ifndef SOUK_STEM_H
#define SOUK_STEM_H

#include <stddef.h>

struct stemmers; /* one per thread */

struct stemmers *stemmers_new(void);
void stemmers_free(struct stemmers *s);

/* The number of languages with stems, and their codes ("de", "en", ...), 0 <= i < stem_languages(). */
int stem_languages(void);
const char *stem_language(int i);
int stem_find(const char *lang, size_t n); /* index of a code, or -1; case and region ignored ("pt-BR" is "pt") */

/* The stem of a folded word; valid until the next call. *out_n is its length; the word itself when nothing comes off. */
const char *stem(struct stemmers *s, int language, const char *word, size_t n, size_t *out_n);

#endif
