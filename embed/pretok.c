#include "embed/pretok.h"

#include "base/utf8.h"

#include <string.h>
#include <unicode/uchar.h>

/* ---- classes of characters ---- */

/* Each character is in one of the first six; UPPER and LOWER are the two overlapping sets of words by case. */
enum {
    LETTER = 1u << 0,
    NUMBER = 1u << 1,
    MARK = 1u << 2,
    NEWLINE = 1u << 3, /* \r and \n */
    SPACE = 1u << 4,   /* all other white space */
    SYMBOL = 1u << 5,  /* the rest */
    UPPER = 1u << 6,
    LOWER = 1u << 7,
};
enum {
    WHITE = SPACE | NEWLINE,        /* \s */
    PREFIX = SPACE | MARK | SYMBOL, /* [^\r\n\p{L}\p{N}] */
};

static unsigned class_of(uint32_t c)
{
    uint32_t type = U_MASK(u_charType((UChar32)c));
    if (type & (U_GC_LM_MASK | U_GC_LO_MASK)) return LETTER | UPPER | LOWER;
    if (type & U_GC_LL_MASK) return LETTER | LOWER;
    if (type & U_GC_L_MASK) return LETTER | UPPER;
    if (type & U_GC_M_MASK) return MARK | UPPER | LOWER;
    if (type & U_GC_N_MASK) return NUMBER;
    if (c == '\r' || c == '\n') return NEWLINE;
    if (type & U_GC_Z_MASK || (c >= '\t' && c <= '\r') || c == 0x85) return SPACE;
    return SYMBOL;
}

/* The class of the character at s + i and its bytes; 0 at the end. */
static unsigned look(const char *s, size_t n, size_t i, size_t *bytes)
{
    uint32_t c = 0;
    *bytes = i < n ? utf8_decode(s + i, n - i, &c) : 0;
    return *bytes ? class_of(c) : 0;
}

/* Where a run of at most `max` characters of these classes ends that begins at i. */
static size_t run(const char *s, size_t n, size_t i, unsigned classes, size_t max)
{
    for (size_t bytes; max-- && look(s, n, i, &bytes) & classes;) i += bytes;
    return i;
}

/* ---- parts of the patterns: each returns where its match from i ends, or i ---- */

/* 's 't 're 've 'm 'll 'd; in any case when `fold` is set, which makes U+017F an s. */
static size_t contraction(const char *s, size_t n, size_t i, bool fold)
{
    if (i + 1 >= n || s[i] != '\'') return i;
    char a = s[i + 1], b = i + 2 < n ? s[i + 2] : 0;
    if (fold) {
        if (a == '\xC5' && b == '\xBF') return i + 3;
        if (a >= 'A' && a <= 'Z') a = (char)(a | 32);
        if (b >= 'A' && b <= 'Z') b = (char)(b | 32);
    }
    if (a == 's' || a == 't' || a == 'm' || a == 'd') return i + 2;
    return (a == 'r' && b == 'e') || (a == 'v' && b == 'e') || (a == 'l' && b == 'l') ? i + 3 : i;
}

/* ` ?[classes]+` at the start of s */
static size_t spaced_run(const char *s, size_t n, unsigned classes)
{
    size_t from = *s == ' ', end = run(s, n, from, classes, SIZE_MAX);
    return end > from ? end : 0;
}

/* `\s*[\r\n]+|\s+(?!\S)|\s+`, the first of these only if `lines` is set. White space up to the last line end; else all but
 * the last character, which belongs to the word behind it, if there is one. */
static size_t white_space(const char *s, size_t n, bool lines)
{
    size_t end = 0, last = 0, line = 0, bytes;
    for (unsigned class; (class = look(s, n, end, &bytes)) & WHITE; end += bytes) {
        last = end;
        if (class & NEWLINE) line = end + bytes;
    }
    if (lines && line) return line;
    return end == n || !last ? end : last;
}

/* `U*L+` from i. After all of U* that can be read, an L may follow; or else the last character that is U and L serves. */
static size_t ends_lower(const char *s, size_t n, size_t i)
{
    size_t end = i, both = i, bytes;
    for (unsigned class; (class = look(s, n, end, &bytes)) & UPPER;) {
        end += bytes;
        if (class & LOWER) both = end;
    }
    size_t lower = run(s, n, end, LOWER, SIZE_MAX);
    return lower > end ? lower : both;
}

/* `U+L*` from i */
static size_t begins_upper(const char *s, size_t n, size_t i)
{
    size_t end = run(s, n, i, UPPER, SIZE_MAX);
    return end > i ? run(s, n, end, LOWER, SIZE_MAX) : i;
}

/* ---- words ---- */

/* A word by case behind a prefix of so many bytes. A mark may be the prefix or the first of the word: so each pattern is
 * tried behind the prefix and then without. */
static size_t word_by_case(const struct pretok *p, const char *s, size_t n, size_t prefix)
{
    static size_t (*const patterns[])(const char *s, size_t n, size_t i) = {ends_lower, begins_upper};
    for (int i = 0; i < 2; i++)
        for (size_t from = prefix;; from = 0) {
            size_t end = patterns[i](s, n, from);
            if (end > from) return p->suffix ? contraction(s, n, end, true) : end;
            if (!from) break;
        }
    return 0;
}

/* `[^\r\n\p{L}\p{N}]?` and the letters behind it; 0 when there are none. */
static size_t letters(const struct pretok *p, const char *s, size_t n)
{
    size_t from, bytes;
    unsigned first = look(s, n, 0, &bytes);
    from = first & PREFIX ? bytes : 0;
    if (p->by_case) return word_by_case(p, s, n, from);
    size_t end = run(s, n, from, p->letters, SIZE_MAX);
    if (end > from) return end;
    return first & p->letters ? bytes : 0; /* a mark that might have been a prefix */
}

static size_t modern_word(const struct pretok *p, const char *s, size_t n)
{
    size_t end = p->by_case ? 0 : contraction(s, n, 0, true);
    if (!end) end = letters(p, s, n);
    if (!end) end = run(s, n, 0, NUMBER, p->max_digits);
    if (end) return end;
    if ((end = spaced_run(s, n, p->symbols)) == 0) return white_space(s, n, true);
    while (end < n && (s[end] == '\r' || s[end] == '\n' || (p->slash && s[end] == '/'))) end++;
    return end;
}

static size_t gpt2_word(const struct pretok *p, const char *s, size_t n)
{
    size_t end = contraction(s, n, 0, false);
    if (!end) end = spaced_run(s, n, LETTER);
    if (!end) end = spaced_run(s, n, NUMBER);
    if (!end) end = spaced_run(s, n, p->symbols);
    return end ? end : white_space(s, n, false);
}

/* ---- names ---- */

static const struct pretok all[] = {
    {
        .names = " llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral lfm2 ",
        .word = modern_word,
        .whole_words = true,
        .add_bos = true,
        .letters = LETTER,
        .symbols = MARK | SYMBOL,
        .max_digits = 3,
    },
    {
        .names = " qwen2 deepseek-r1-qwen megrez ",
        .word = modern_word,
        .letters = LETTER,
        .symbols = MARK | SYMBOL,
        .max_digits = 1,
    },
    {
        .names = " qwen35 ",
        .word = modern_word,
        .letters = LETTER | MARK,
        .symbols = SYMBOL,
        .max_digits = 1,
    },
    {
        .names = " tekken ",
        .word = modern_word,
        .whole_words = true,
        .add_bos = true,
        .symbols = MARK | SYMBOL,
        .max_digits = 1,
        .by_case = true,
        .slash = true,
    },
    {
        .names = " gpt-4o llama4 ",
        .word = modern_word,
        .symbols = MARK | SYMBOL,
        .max_digits = 3,
        .by_case = true,
        .suffix = true,
        .slash = true,
    },
    {
        .names = " gpt-2 default modern-bert roberta-bpe jina-es jina-de jina-v1-en jina-v2-es jina-v2-de jina-v2-code phi-2 mpt "
                 "olmo ",
        .word = gpt2_word,
        .symbols = MARK | SYMBOL,
    },
};

static bool has_name(const char *names, struct gguf_str name)
{
    if (!name.n || memchr(name.s, ' ', name.n)) return false;
    const char *found = memmem(names, strlen(names), name.s, name.n);
    return found && found[-1] == ' ' && found[name.n] == ' ';
}

const struct pretok *pretok_find(struct gguf_str name)
{
    if (!name.s) name = (struct gguf_str){"default", 7};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (has_name(all[i].names, name)) return &all[i];
    return NULL;
}
