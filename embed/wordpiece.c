/* WordPiece ("bert"): each word is cut into the longest pieces that the vocabulary has, from its start on.
 *
 * 1. Words: characters are decomposed (NFD) when accents are stripped, and then nonspacing marks dropped; control and
 *    format characters, NUL and U+FFFD always are. Letters become small. White space ends a word; punctuation, ASCII symbols
 *    and Chinese characters are words of one character each.
 * 2. Pieces: those that begin a word have a "▁" before them in GGUF files, the others nothing: "▁run" + "ning". Where no
 *    piece fits, the whole word becomes one unknown token.
 *
 * Marks of one character are decomposed in their stored order and not sorted into the canonical one: those that sorting
 * would move are nonspacing, and dropped. */
#include "base/mem.h"
#include "base/utf8.h"
#include "embed/pieces.h"
#include "embed/vocab_kind.h"

#include <stdlib.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>

struct wordpiece {
    struct pieces pieces;
    const UNormalizer2 *nfd;
    bool lowercase, strip_accents;
};

/* ---- open ---- */

static int add_pieces(struct wordpiece *w, const struct vocab *v, struct errmsg *e)
{
    pieces_init(&w->pieces, v->texts, v->n);
    for (uint32_t i = 0; i < v->n; i++) {
        if (v->types[i] == VOCAB_CONTROL || v->types[i] == VOCAB_UNKNOWN) continue;
        if (!pieces_add(&w->pieces, v->tokens[i].at, v->tokens[i].n, i, 0))
            return errmsg_set(e, ERR_FORMAT, "%s: token %u collides with too many others", v->path, i);
    }
    return 0;
}

/* BERT's texts always stand between [CLS] and [SEP]; files that do not say where these are mean the places in the
 * vocabulary that all had at first. */
static int set_ids(struct vocab *v, const struct gguf *g, struct errmsg *e)
{
    v->add_bos = v->add_eos = true;
    v->eos = VOCAB_NONE;
    gguf_u32(g, "tokenizer.ggml.seperator_token_id", &v->eos); /* spelled so */
    if (v->eos != VOCAB_NONE && v->eos >= v->n)
        return errmsg_set(e, ERR_FORMAT, "%s: tokenizer.ggml.seperator_token_id is %u, but there are only %u tokens", v->path,
                          v->eos, v->n);
    vocab_default(v, &v->unknown, 100);
    vocab_default(v, &v->bos, 101);
    vocab_default(v, &v->eos, 102);
    return 0;
}

static void wordpiece_close(void *model)
{
    struct wordpiece *w = model;
    pieces_release(&w->pieces);
    free(w);
}

static int wordpiece_open(struct vocab *v, const struct gguf *g, struct errmsg *e)
{
    struct wordpiece *w = v->model = xcalloc(1, sizeof *w);
    UErrorCode icu = U_ZERO_ERROR;
    w->nfd = unorm2_getNFDInstance(&icu);
    if (U_FAILURE(icu)) return errmsg_set(e, ERR_UNSUPPORTED, "%s: ICU has no data to decompose characters", v->path);
    w->lowercase = gguf_bool(g, "tokenizer.ggml.normalizer.lowercase", true);
    w->strip_accents = gguf_bool(g, "tokenizer.ggml.normalizer.strip_accents", w->lowercase);
    int rc = set_ids(v, g, e);
    return rc ? rc : add_pieces(w, v, e);
}

/* ---- 2. pieces ---- */

/* The longest piece that begins at s; *bytes is its length. */
static const struct piece *longest_piece(const struct pieces *p, const char *s, size_t n, size_t *bytes)
{
    const struct piece *longest = NULL;
    piece_hash h = 0;
    for (size_t i = 0; i < n;) {
        size_t len = char_bytes(s[i]);
        h = piece_next(h, s + i, len);
        i += len;
        unsigned marks = piece_marks(p, h);
        const struct piece *found = marks & PIECE_ENDS ? piece_find(p, h, s, i) : NULL;
        if (found) longest = found, *bytes = i;
        if (!(marks & PIECE_FOLLOWS)) break;
    }
    return longest;
}

/* Pushes the word in s->norm, which begins with its "▁", and begins the next. */
static void end_word(const struct vocab *v, struct vocab_scratch *s)
{
    const struct wordpiece *w = v->model;
    size_t first = s->n_ids, n = s->n_norm;
    s->n_norm = SPACE_MARK_BYTES;
    if (n == SPACE_MARK_BYTES) return;
    for (size_t i = 0, bytes = 0; i < n; i += bytes) {
        const struct piece *p = longest_piece(&w->pieces, s->norm + i, n - i, &bytes);
        if (p) {
            scratch_push(s, p->id);
            continue;
        }
        s->n_ids = first;
        if (v->unknown != VOCAB_NONE) scratch_push(s, v->unknown);
        return;
    }
}

/* ---- 1. words ---- */

static bool is_chinese(uint32_t c)
{
    return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
           (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
           (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

static void add_char(struct vocab_scratch *s, uint32_t c)
{
    xgrow(&s->norm, &s->cap_norm, s->n_norm + 4, 1);
    s->n_norm += utf8_encode(c, s->norm + s->n_norm);
}

/* All of Unicode becomes small one by one, but for İ, which is i and a dot. */
static void add_small(const struct wordpiece *w, struct vocab_scratch *s, uint32_t c)
{
    add_char(s, w->lowercase ? (uint32_t)u_tolower((UChar32)c) : c);
    if (w->lowercase && c == 0x130) add_char(s, 0x307);
}

/* One character of the text, decomposed already. */
static void take(const struct vocab *v, struct vocab_scratch *s, uint32_t c)
{
    const struct wordpiece *w = v->model;
    uint32_t type = U_MASK(u_charType((UChar32)c));
    if (u_isUWhiteSpace((UChar32)c)) {
        end_word(v, s);
        return;
    }
    if (!c || c == 0xFFFD || type & (U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CS_MASK | U_GC_CO_MASK)) return;
    if (w->strip_accents && type & U_GC_MN_MASK) return;
    bool alone = type & U_GC_P_MASK || (c < 0x7F && type & U_GC_S_MASK) || is_chinese(c);
    if (alone) end_word(v, s);
    add_small(w, s, c);
    if (alone) end_word(v, s);
}

static void take_decomposed(const struct vocab *v, struct vocab_scratch *s, uint32_t c)
{
    const struct wordpiece *w = v->model;
    UChar parts[32];
    UErrorCode icu = U_ZERO_ERROR;
    int32_t n = c < 0xC0 ? -1 : unorm2_getDecomposition(w->nfd, (UChar32)c, parts, 32, &icu);
    if (n < 0 || U_FAILURE(icu)) {
        take(v, s, c);
        return;
    }
    for (int32_t i = 0; i < n;) {
        UChar32 part;
        U16_NEXT(parts, i, n, part);
        take(v, s, (uint32_t)part);
    }
}

static void wordpiece_encode(const struct vocab *v, struct vocab_scratch *s, const char *text, size_t n)
{
    const struct wordpiece *w = v->model;
    xgrow(&s->norm, &s->cap_norm, SPACE_MARK_BYTES, 1);
    memcpy(s->norm, SPACE_MARK, SPACE_MARK_BYTES);
    s->n_norm = SPACE_MARK_BYTES;
    for (size_t i = 0, len; i < n; i += len ? len : 1) {
        uint32_t c;
        len = utf8_decode(text + i, n - i, &c);
        if (!len) continue; /* U+FFFD, which is dropped */
        if (w->strip_accents)
            take_decomposed(v, s, c);
        else
            take(v, s, c);
    }
    end_word(v, s);
}

const struct vocab_kind vocab_wordpiece = {
    .model = "bert",
    .name = "WordPiece",
    .add_bos = true,
    .add_eos = true,
    .open = wordpiece_open,
    .close = wordpiece_close,
    .encode = wordpiece_encode,
};
