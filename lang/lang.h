/* lang/ - text of any language, without a locale setting, into what the lanes of search can compare.
 *
 * Read in this order:
 *   fold.h    one normal form for all scripts: what two shoppers type for the same word becomes the same bytes
 *   words.h   words with their byte offsets, in any script; bigrams where words have no spaces between them
 *   stem.h    Snowball stems, for the languages that have them
 *   detect.h  script and language of a text, with an honest "und" when it cannot be told
 *
 * Everything here works on UTF-8 as (pointer, length). Only fold.c, words.c and detect.c call ICU. Language is only
 * ever a help: no text is treated worse because its language was guessed wrong. */
#ifndef SOUK_LANG_H
#define SOUK_LANG_H

#include "lang/detect.h"
#include "lang/fold.h"
#include "lang/stem.h"
#include "lang/words.h"

/* Names the ICU and Unicode data that word boundaries depend on, e.g. "icu-72.1": an index remembers it, since a newer
 * dictionary can move the boundaries of Thai or Chinese words. */
const char *lang_version(void);

#endif
