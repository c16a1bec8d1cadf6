#include "lang/fold.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <pthread.h>
#include <stdlib.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>

enum { TATWEEL = 0x640 };
enum { STACK_UNITS = 512 }; /* UTF-16 units kept on the stack: words and titles; longer text goes to the heap */

static const UNormalizer2 *nfkc_cf, *nfd, *nfc;

static void load(void)
{
    UErrorCode rc = U_ZERO_ERROR;
    nfkc_cf = unorm2_getNFKCCasefoldInstance(&rc);
    nfd = unorm2_getNFDInstance(&rc);
    nfc = unorm2_getNFCInstance(&rc);
    if (U_FAILURE(rc)) abort(); /* ICU without its data: nothing can work */
}

/* Runs one normaliser over *s (n units), into a buffer that grows when it must. */
struct units {
    UChar stack[STACK_UNITS];
    UChar *p; /* stack or heap */
    int32_t n, cap;
};

static void units_init(struct units *u)
{
    u->p = u->stack;
    u->n = 0;
    u->cap = STACK_UNITS;
}

static void units_release(struct units *u)
{
    if (u->p != u->stack) free(u->p);
}

static void units_reserve(struct units *u, int32_t n)
{
    if (n <= u->cap) return;
    units_release(u);
    u->p = xmalloc((size_t)n * sizeof(UChar));
    u->cap = n;
}

static void normalize(const UNormalizer2 *with, const struct units *in, struct units *out)
{
    for (;;) {
        UErrorCode rc = U_ZERO_ERROR;
        int32_t n = unorm2_normalize(with, in->p, in->n, out->p, out->cap, &rc);
        if (rc != U_BUFFER_OVERFLOW_ERROR) {
            out->n = U_SUCCESS(rc) ? n : 0;
            return;
        }
        units_reserve(out, n);
    }
}

/* ---- step 2 and 3, on decomposed text ---- */

static bool drops_marks(UChar32 base)
{
    if (base == 0x435) return true; /* Cyrillic е: ё is written е more often than not */
    UErrorCode rc = U_ZERO_ERROR;
    UScriptCode script = uscript_getScript(base, &rc);
    return script == USCRIPT_LATIN || script == USCRIPT_GREEK || script == USCRIPT_ARABIC || script == USCRIPT_HEBREW;
}

/* A letter's keyboard twin, or itself; values above 0x10FFFF are two letters: high 8 bits second. */
static uint32_t twin(UChar32 c)
{
    switch (c) {
    case 0x2018:
    case 0x2019:
    case 0x2BC: return '\''; /* apostrophes, as typed */
    case 0x131: return 'i';
    case 0xF8: return 'o';
    case 0x142: return 'l';
    case 0x111: return 'd';
    case 0xE6: return 'a' | (uint32_t)'e' << 24;
    case 0x153: return 'o' | (uint32_t)'e' << 24;
    case 0x649: return 0x64A; /* alef maksura, as yeh */
    case 0x6CC: return 0x64A; /* Farsi yeh */
    case 0x6A9: return 0x643; /* keheh, as kaf */
    case 0x629: return 0x647; /* teh marbuta, as heh */
    case 0x6C1:
    case 0x6D5: return 0x647; /* heh goal, ae */
    case 0x671: return 0x627; /* alef wasla */
    default: return (uint32_t)c;
    }
}

static void put(struct units *out, UChar32 c)
{
    UBool error = false;
    U16_APPEND(out->p, out->n, out->cap, c, error);
    (void)error; /* cap is checked by simplify */
}

static void simplify(const struct units *in, struct units *out)
{
    units_reserve(out, in->n * 2 + 2); /* a letter becomes two units at most */
    out->n = 0;
    bool dropping = false;
    for (int32_t i = 0; i < in->n;) {
        UChar32 c;
        U16_NEXT(in->p, i, in->n, c);
        if (u_charType(c) == U_NON_SPACING_MARK) {
            if (!dropping) put(out, c);
            continue;
        }
        if (c == TATWEEL) continue; /* a stroke that stretches the letter before it: marks on it are that letter's */
        dropping = drops_marks(c);
        int32_t digit = u_charType(c) == U_DECIMAL_DIGIT_NUMBER ? u_charDigitValue(c) : -1;
        uint32_t t = digit >= 0 ? (uint32_t)('0' + digit) : twin(c);
        put(out, (UChar32)(t & 0xFFFFFF));
        if (t >> 24) put(out, (UChar32)(t >> 24));
    }
}

/* ---- UTF-8 in and out ---- */

static void from_utf8(const char *s, size_t n, struct units *u)
{
    units_reserve(u, (int32_t)n); /* never more units than bytes */
    UErrorCode rc = U_ZERO_ERROR;
    u_strFromUTF8WithSub(u->p, u->cap, &u->n, s, (int32_t)n, 0xFFFD, NULL, &rc);
    if (U_FAILURE(rc)) u->n = 0;
}

static void to_utf8(const struct units *u, struct buf *out)
{
    for (int32_t i = 0; i < u->n;) {
        UChar32 c;
        char t[4];
        U16_NEXT(u->p, i, u->n, c);
        if (U_IS_SURROGATE(c)) c = 0xFFFD;
        buf_add(out, t, utf8_encode((uint32_t)c, t));
    }
}

static bool fold_ascii(const char *s, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)s[i] >= 0x80) return false;
    char *to = buf_room(out, n);
    for (size_t i = 0; to && i < n; i++) to[i] = (char)(s[i] >= 'A' && s[i] <= 'Z' ? s[i] + 32 : s[i]);
    return true;
}

void fold(const char *s, size_t n, struct buf *out)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (fold_ascii(s, n, out)) return;
    pthread_once(&once, load);
    if (n > INT32_MAX / 64) n = INT32_MAX / 64; /* far above any field's limit */
    struct units a, b;
    units_init(&a);
    units_init(&b);
    from_utf8(s, n, &a);
    normalize(nfkc_cf, &a, &b);
    normalize(nfd, &b, &a);
    simplify(&a, &b);
    normalize(nfc, &b, &a);
    to_utf8(&a, out);
    units_release(&a);
    units_release(&b);
}

bool is_invisible(const char *s, size_t n)
{
    uint32_t cp;
    for (size_t i = 0, len; i < n; i += len) {
        if (!(len = utf8_decode(s + i, n - i, &cp))) return false;
        if (!u_isUWhiteSpace((UChar32)cp) && u_charType((UChar32)cp) != U_FORMAT_CHAR) return false;
    }
    return true;
}
