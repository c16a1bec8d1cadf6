/* One normal form for every script.
 *
 *   1. NFKC with full case folding (Unicode's NFKC_Casefold): "Straße" strasse, "ﬁ" fi, "Ｆｕｌｌ" full, no ignorables.
 *   2. Marks fall away where shoppers leave them out: Latin, Greek, Cyrillic ё, Arabic harakat and hamza, Hebrew points.
 *      They stay where they make another letter: Indic vowel signs, Japanese voicing, Cyrillic й.
 *   3. Letters that differ by keyboard, not by meaning: ı i, ø o, ł l, đ d, æ ae, œ oe, Arabic and Persian kaf and yeh, alef
 *      maksura, teh marbuta, tatweel, typographic apostrophes; digits of every script become ASCII.
 *
 * fold(fold(x)) == fold(x). The output can be up to 18 times as long as the input (U+FDFA), usually shorter. */
#ifndef SOUK_FOLD_H
#define SOUK_FOLD_H

#include "base/buf.h"

#include <stdbool.h>

/* Appends the folded form of s (well-formed UTF-8) to out. Thread-safe. */
void fold(const char *s, size_t n, struct buf *out);

/* Is nothing to be seen of s (well-formed UTF-8)? White space of any script (an input method types U+3000) and characters that
 * only format others. */
bool is_invisible(const char *s, size_t n);

#endif
