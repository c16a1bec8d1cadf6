#include "lang/stem.h"

#include "base/mem.h"

#include <libstemmer.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Codes of Snowball's languages, in a fixed order: an index stores them as bit numbers, so new ones go at the end. */
static const char *const codes[] = {"da", "nl", "en", "fi", "fr", "de", "hu", "it", "no", "pt", "ro",
                                    "ru", "es", "sv", "tr", "ar", "el", "hi", "id", "lt", "ga", "ca"};
enum { N = sizeof codes / sizeof codes[0] };

struct stemmers {
    struct sb_stemmer *by_language[N]; /* opened at first use; NULL where this libstemmer lacks it */
    char asked[N];
};

struct stemmers *stemmers_new(void)
{
    return xcalloc(1, sizeof(struct stemmers));
}

void stemmers_free(struct stemmers *s)
{
    if (!s) return;
    for (int i = 0; i < N; i++)
        if (s->by_language[i]) sb_stemmer_delete(s->by_language[i]);
    free(s);
}

int stem_languages(void)
{
    return N;
}

const char *stem_language(int i)
{
    return codes[i];
}

int stem_find(const char *lang, size_t n)
{
    if (n > 2 && lang[2] != '-' && lang[2] != '_') return -1;
    for (int i = 0; n >= 2 && i < N; i++)
        if (!strncasecmp(codes[i], lang, 2)) return i;
    return n >= 2 && !strncasecmp(lang, "nb", 2) ? stem_find("no", 2) : -1;
}

const char *stem(struct stemmers *s, int language, const char *word, size_t n, size_t *out_n)
{
    if (!s->asked[language]) {
        s->asked[language] = 1;
        s->by_language[language] = sb_stemmer_new(codes[language], "UTF_8");
    }
    *out_n = n;
    if (!s->by_language[language]) return word;
    const sb_symbol *out = sb_stemmer_stem(s->by_language[language], (const sb_symbol *)word, (int)n);
    if (!out) return word;
    *out_n = (size_t)sb_stemmer_length(s->by_language[language]);
    return (const char *)out;
}
