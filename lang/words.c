#include "lang/words.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "lang/fold.h"
#include "lang/lang.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utext.h>
#include <unicode/uversion.h>

enum { TEXT_MAX = 16 << 20 };

struct words_tools {
    UBreakIterator *iter;
    UText text;
    size_t cap;
    struct buf folded; /* the words' bytes; word.text points here once the split is done */
    struct buf run;    /* folded bytes of the current run without spaces */
    uint32_t run_from, run_to;
};

const char *lang_version(void)
{
    return "icu-" U_ICU_VERSION;
}

struct words *words_new(void)
{
    struct words *w = xcalloc(1, sizeof *w);
    w->tools = xcalloc(1, sizeof *w->tools);
    w->tools->folded = (struct buf)BUF_INIT((size_t)TEXT_MAX * 20);
    w->tools->run = (struct buf)BUF_INIT((size_t)TEXT_MAX * 20);
    UErrorCode rc = U_ZERO_ERROR;
    w->tools->text = (UText)UTEXT_INITIALIZER;
    w->tools->iter = ubrk_open(UBRK_WORD, "", NULL, 0, &rc);
    if (U_FAILURE(rc)) abort(); /* ICU without its data: nothing can work */
    return w;
}

void words_free(struct words *w)
{
    if (!w) return;
    ubrk_close(w->tools->iter);
    utext_close(&w->tools->text);
    buf_release(&w->tools->folded);
    buf_release(&w->tools->run);
    free(w->list);
    free(w->tools);
    free(w);
}

/* Adds a word whose folded bytes are the last n of t->folded. Offsets are resolved to pointers at the end. */
static void add(struct words *w, size_t at, size_t n, uint32_t flags, uint32_t from, uint32_t to, uint32_t run)
{
    struct words_tools *t = w->tools;
    if (!n) return;
    if (n > WORD_MAX) n = utf8_floor(t->folded.data + at, n, WORD_MAX);
    if (t->folded.data[at] >= '0' && t->folded.data[at] <= '9') flags |= WORD_NUMBER;
    xgrow(&w->list, &t->cap, w->n + 1, sizeof *w->list);
    w->list[w->n++] = (struct word){(const char *)at, (uint32_t)n, flags, from, to, run};
}

static void add_folded(struct words *w, const char *s, uint32_t from, uint32_t to, uint32_t flags, uint32_t run)
{
    size_t at = w->tools->folded.n;
    fold(s + from, to - from, &w->tools->folded);
    add(w, at, w->tools->folded.n - at, flags, from, to, run);
}

/* ---- scripts without spaces ---- */

static bool is_dense(UChar32 c)
{
    UErrorCode rc = U_ZERO_ERROR;
    switch (uscript_getScript(c, &rc)) {
    case USCRIPT_HAN:
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
    case USCRIPT_THAI:
    case USCRIPT_LAO:
    case USCRIPT_KHMER:
    case USCRIPT_MYANMAR: return true;
    case USCRIPT_COMMON: return c == 0x30FC || c == 0xFF70; /* the Japanese long mark */
    default: return false;
    }
}

/* The grams of the run just ended: two characters each, marks stay with their letter. */
static void flush_run(struct words *w, uint32_t run)
{
    struct words_tools *t = w->tools;
    const char *s = t->run.data;
    size_t start[3] = {0, 0, 0}; /* where the last characters begin: a gram is start[0] .. i */
    unsigned seen = 0;
    for (size_t i = 0; i <= t->run.n;) {
        uint32_t cp = 0;
        size_t len = i < t->run.n ? utf8_decode(s + i, t->run.n - i, &cp) : 1;
        bool mark = i < t->run.n && u_getCombiningClass((UChar32)cp) + (u_charType((UChar32)cp) == U_NON_SPACING_MARK) > 0;
        if (!mark) {
            if (seen >= 2) {
                size_t at = t->folded.n;
                buf_add(&t->folded, s + start[0], i - start[0]);
                add(w, at, i - start[0], WORD_GRAM, t->run_from, t->run_to, run);
                start[0] = start[1];
                seen--;
            }
            start[seen++] = i;
        }
        i += len ? len : 1;
    }
    buf_clear(&t->run);
}

/* ---- the general way, by ICU ---- */

static void split_icu(struct words *w, const char *s, size_t n)
{
    struct words_tools *t = w->tools;
    UErrorCode rc = U_ZERO_ERROR;
    utext_openUTF8(&t->text, s, (int64_t)n, &rc);
    ubrk_setUText(t->iter, &t->text, &rc);
    if (U_FAILURE(rc)) return;
    uint32_t run = 0;
    int32_t from = ubrk_first(t->iter);
    for (int32_t to; (to = ubrk_next(t->iter)) != UBRK_DONE; from = to) {
        bool word = ubrk_getRuleStatus(t->iter) >= UBRK_WORD_NUMBER;
        uint32_t cp = 0;
        bool dense = word && utf8_decode(s + from, (size_t)(to - from), &cp) && is_dense((UChar32)cp);
        if (t->run.n && !dense) flush_run(w, run++);
        if (!word) continue;
        if (dense) {
            if (!t->run.n) t->run_from = (uint32_t)from;
            t->run_to = (uint32_t)to;
            fold(s + from, (size_t)(to - from), &t->run);
        }
        add_folded(w, s, (uint32_t)from, (uint32_t)to, dense ? WORD_DENSE : 0, dense ? run : run++);
    }
    if (t->run.n) flush_run(w, run);
}

/* ---- pure ASCII: UAX #29 with the few classes that occur there ---- */

static bool letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '@'; /* ICU's root rules take @ for a letter */
}
static bool digit(char c)
{
    return c >= '0' && c <= '9';
}
static bool joins(char before, char c, char after)
{
    if (letter(before) && letter(after)) return c == '.' || c == '\''; /* not ':', since ICU 72 */
    return digit(before) && digit(after) && (c == '.' || c == '\'' || c == ',' || c == ';');
}

static void split_ascii(struct words *w, const char *s, size_t n)
{
    uint32_t run = 0;
    for (size_t i = 0; i < n;) {
        size_t from = i;
        bool any = false;
        for (; i < n; i++) {
            if (letter(s[i]) || digit(s[i]))
                any = true;
            else if (s[i] != '_' && !(i > from && i + 1 < n && joins(s[i - 1], s[i], s[i + 1])))
                break;
        }
        if (any || i - from > 1) add_folded(w, s, (uint32_t)from, (uint32_t)i, 0, run++);
        if (i == from) i++;
    }
}

static bool is_ascii(const char *s, size_t n)
{
    size_t i = 0;
    for (uint64_t x; i + 8 <= n; i += 8) {
        memcpy(&x, s + i, 8);
        if (x & 0x8080808080808080ull) return false;
    }
    for (; i < n; i++)
        if ((unsigned char)s[i] >= 0x80) return false;
    return true;
}

size_t words_split(struct words *w, const char *s, size_t n)
{
    if (n > TEXT_MAX) n = utf8_floor(s, n, TEXT_MAX);
    w->n = 0;
    buf_clear(&w->tools->folded);
    buf_clear(&w->tools->run);
    if (is_ascii(s, n))
        split_ascii(w, s, n);
    else
        split_icu(w, s, n);
    for (size_t i = 0; i < w->n; i++) w->list[i].text = w->tools->folded.data + (size_t)w->list[i].text;
    return w->n;
}
