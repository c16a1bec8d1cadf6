/* Unigram: of all ways to cut a text into vocabulary pieces, the one with the highest sum of scores.
 *
 * 1. Normalise: rules of the model (charsmap.h), longest match first, else one character as it is; ill-formed bytes become
 *    U+FFFD. Spaces become "▁" (U+2581): with merging, one before each word, also before the first ("▁携帯電話"), and none
 *    at the end; without merging, one for each space, and one more at the start when the model asks for it.
 * 2. Best path over byte offsets: the best score up to each character, extended by each piece that begins there. A character
 *    that is no piece by itself may be the unknown token, at the lowest score of the vocabulary less 10. Sums are double:
 *    in float, ties fall the other way. Of equal sums the first found stays.
 * 3. Unknown tokens next to each other are one.
 *
 * Differs from the textbook in memory: wherever no piece reaches past a position, all paths run through it, and the ids so
 * far are final (in practice at each word). They are written out and the table starts again there, so it holds one word,
 * not the text. Sums are carried over, so the result is the same to the last bit.
 *
 * User-defined tokens are cut out before this step (special.h), so plain text holds none when it is normalised. */
#include "base/mem.h"
#include "base/utf8.h"
#include "embed/charsmap.h"
#include "embed/pieces.h"
#include "embed/vocab_kind.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct unigram {
    struct charsmap map;
    struct pieces pieces;
    double unknown_score;
    uint32_t unknown;
    bool prefix, merge; /* a space before the first word; runs of spaces are one */
};

/* ---- open ---- */

static int read_map(struct unigram *u, const struct gguf *g, struct errmsg *e)
{
    const struct gguf_value *a = gguf_array(g, "tokenizer.ggml.precompiled_charsmap", GGUF_U8);
    if (!a) a = gguf_array(g, "tokenizer.ggml.precompiled_charsmap", GGUF_I8);
    if (charsmap_init(&u->map, a ? a->data : NULL, a ? (size_t)a->n : 0)) return 0;
    return errmsg_set(e, ERR_FORMAT, "%s: tokenizer.ggml.precompiled_charsmap is damaged", g->path);
}

/* The lowest score of a normal token; all scores must be numbers. */
static int check_scores(const struct vocab *v, double *lowest, struct errmsg *e)
{
    if (!v->scores) return errmsg_set(e, ERR_FORMAT, "%s: a Unigram tokenizer without tokenizer.ggml.scores", v->path);
    *lowest = DBL_MAX;
    for (uint32_t i = 0; i < v->n; i++) {
        if (!isfinite(v->scores[i])) return errmsg_set(e, ERR_FORMAT, "%s: the score of token %u is not a number", v->path, i);
        if (v->types[i] == VOCAB_NORMAL && (double)v->scores[i] < *lowest) *lowest = (double)v->scores[i];
    }
    if (*lowest == DBL_MAX) *lowest = 0;
    return 0;
}

static int find_unknown(const struct vocab *v, uint32_t *id, struct errmsg *e)
{
    *id = v->unknown;
    for (uint32_t i = 0; i < v->n && *id == VOCAB_NONE; i++)
        if (v->types[i] == VOCAB_UNKNOWN) *id = i;
    if (*id != VOCAB_NONE) return 0;
    return errmsg_set(e, ERR_FORMAT, "%s: a Unigram tokenizer without an unknown token", v->path);
}

static int add_pieces(struct unigram *u, const struct vocab *v, struct errmsg *e)
{
    pieces_init(&u->pieces, v->texts, v->n);
    for (uint32_t i = 0; i < v->n; i++) {
        unsigned t = v->types[i];
        if (t != VOCAB_NORMAL && t != VOCAB_USER && t != VOCAB_UNUSED) continue;
        if (!pieces_add(&u->pieces, v->tokens[i].at, v->tokens[i].n, i, t == VOCAB_USER ? 0 : v->scores[i]))
            return errmsg_set(e, ERR_FORMAT, "%s: token %u collides with too many others", v->path, i);
    }
    return 0;
}

static void unigram_close(void *model)
{
    struct unigram *u = model;
    pieces_release(&u->pieces);
    free(u);
}

static int unigram_open(struct vocab *v, const struct gguf *g, struct errmsg *e)
{
    double lowest = 0;
    struct unigram *u = v->model = xcalloc(1, sizeof *u);
    int rc = read_map(u, g, e);
    if (!rc) rc = check_scores(v, &lowest, e);
    if (!rc) rc = find_unknown(v, &u->unknown, e);
    if (rc) return rc;
    u->unknown_score = lowest - 10.0;
    u->prefix = gguf_bool(g, "tokenizer.ggml.add_space_prefix", true);
    u->merge = gguf_bool(g, "tokenizer.ggml.remove_extra_whitespaces", true);
    return add_pieces(u, v, e);
}

/* ---- 1. normalise ---- */

/* Where the normaliser stands. */
struct norm_state {
    bool in_word;  /* the last thing written was no space */
    bool prefixed; /* a mark was written */
};

static void put_char(const struct unigram *u, struct vocab_scratch *s, struct norm_state *st, const char *c, size_t n)
{
    xgrow(&s->norm, &s->cap_norm, s->n_norm + SPACE_MARK_BYTES + n, 1);
    bool space = *c == ' ';
    bool mark = space ? !u->merge : !st->in_word && (u->merge || (u->prefix && !st->prefixed));
    if (mark) {
        memcpy(s->norm + s->n_norm, SPACE_MARK, SPACE_MARK_BYTES);
        s->n_norm += SPACE_MARK_BYTES;
        if (!space) st->prefixed = true;
    }
    st->in_word = !space;
    if (space) return;
    memcpy(s->norm + s->n_norm, c, n);
    s->n_norm += n;
}

/* A replacement may be several characters, or none. */
static void put_text(const struct unigram *u, struct vocab_scratch *s, struct norm_state *st, const char *text)
{
    for (size_t n; *text; text += n) {
        n = strnlen(text, char_bytes(*text));
        put_char(u, s, st, text, n);
    }
}

static void normalise(const struct unigram *u, struct vocab_scratch *s, const char *text, size_t n)
{
    struct norm_state st = {0};
    s->n_norm = 0;
    for (size_t i = 0, len; i < n; i += len) {
        const char *to;
        uint32_t cp;
        if ((len = charsmap_match(&u->map, text + i, n - i, &to)) != 0)
            put_text(u, s, &st, to);
        else if ((len = utf8_decode(text + i, n - i, &cp)) != 0)
            put_char(u, s, &st, text + i, len);
        else
            len = 1, put_char(u, s, &st, REPLACEMENT, 3);
    }
}

/* ---- 2. and 3. best path ---- */

/* The part of the normalised text that is being cut: cells[i] is the best path to byte i of it. */
struct lattice {
    const struct unigram *u;
    struct vocab_scratch *s;
    const char *text;
    size_t n;     /* bytes from text to the end */
    size_t reach; /* cells 0..reach are set */
    size_t first; /* index into s->ids where this fragment began */
};

static void offer(struct lattice *l, size_t from, size_t n, double score, uint32_t id)
{
    struct path_cell *cells = l->s->cells;
    double sum = cells[from].score + score;
    if (from + n > l->reach) {
        xgrow(&l->s->cells, &l->s->cap_cells, from + n + 1, sizeof *cells);
        cells = l->s->cells;
        while (l->reach < from + n) cells[++l->reach] = (struct path_cell){.score = -DBL_MAX};
    }
    if (sum > cells[from + n].score) cells[from + n] = (struct path_cell){sum, id, (uint32_t)n};
}

/* Extends the best path to byte i by everything that begins there; returns the bytes of the character there. */
static size_t extend(struct lattice *l, size_t i)
{
    const struct pieces *pieces = &l->u->pieces;
    const char *s = l->text + i;
    size_t left = l->n - i, single = char_bytes(*s) < left ? char_bytes(*s) : left;
    bool covered = false;
    piece_hash h = 0;
    for (size_t n = 0, len; n < left; n += len) {
        len = char_bytes(s[n]) < left - n ? char_bytes(s[n]) : left - n;
        h = piece_next(h, s + n, len);
        unsigned marks = piece_marks(pieces, h);
        const struct piece *p = marks & PIECE_ENDS ? piece_find(pieces, h, s, n + len) : NULL;
        if (p) {
            covered |= n == 0;
            offer(l, i, n + len, (double)p->score, p->id);
        }
        if (!(marks & PIECE_FOLLOWS)) break;
    }
    if (!covered) offer(l, i, single, l->u->unknown_score, l->u->unknown);
    return single;
}

/* Writes the ids of the best path to byte end, and starts again there. */
static void settle(struct lattice *l, size_t end)
{
    struct vocab_scratch *s = l->s;
    const struct path_cell *cells = s->cells;
    size_t n = 0;
    for (size_t i = end; i; i -= cells[i].n) n++;
    xgrow(&s->ids, &s->cap_ids, s->n_ids + n, sizeof *s->ids);
    size_t at = s->n_ids + n;
    for (size_t i = end; i; i -= cells[i].n) s->ids[--at] = cells[i].id;
    size_t keep = s->n_ids; /* now without repeated unknowns */
    for (at = s->n_ids; n--; at++)
        if (s->ids[at] != l->u->unknown || keep == l->first || s->ids[keep - 1] != l->u->unknown) s->ids[keep++] = s->ids[at];
    s->n_ids = keep;
    s->cells[0] = (struct path_cell){.score = cells[end].score};
    l->text += end;
    l->n -= end;
    l->reach = 0;
}

static void unigram_encode(const struct vocab *v, struct vocab_scratch *s, const char *text, size_t n)
{
    normalise(v->model, s, text, n);
    struct lattice l = {.u = v->model, .s = s, .text = s->norm, .n = s->n_norm, .first = s->n_ids};
    xgrow(&s->cells, &s->cap_cells, 64, sizeof *s->cells);
    s->cells[0] = (struct path_cell){0};
    for (size_t i = 0; i < l.n;) {
        i += extend(&l, i);
        if (i < l.reach) continue;
        settle(&l, i);
        i = 0;
    }
}

const struct vocab_kind vocab_unigram = {
    .model = "t5",
    .name = "Unigram",
    .add_eos = true,
    .open = unigram_open,
    .close = unigram_close,
    .encode = unigram_encode,
};
