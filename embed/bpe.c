/* Byte-pair encoding: neighbours merge in the order in which training found them (bpe_merge.h).
 *
 * Two kinds share it. They differ in what a text is made of:
 *
 *     gpt2     bytes, each written as one visible character, cut into words by the model's pattern (pretok.h). Byte 0x20 is
 *              "Ġ", so " café" is "ĠcafÃ©". What merges to no token is pushed byte by byte.
 *     gemma4   characters, with "▁" for a space; words are runs of line ends, and what lies between them. What is no token
 *              becomes its UTF-8 bytes, "<0xE4>".
 *
 * Merges come as a list of "left right", best first. The table of them holds no ids and no ranks: where a merge stands in
 * the file is its rank, and its text there is what a pair is compared with. So loading half a million takes one pass, with
 * one write each.
 *
 * The lines of gemma4 are cut further where no merge has "▁" on its right and the byte before it at the end of its left:
 * nothing can merge across, so the result is the same, and words are short. */
#include "base/mem.h"
#include "embed/bpe_merge.h"
#include "embed/bpe_table.h"
#include "embed/pretok.h"

#include <stdlib.h>

struct bpe {
    struct token_table tokens;
    struct table merges; /* pair -> offset of its text from merge_texts */
    const uint8_t *merge_texts;
    const struct pretok *pretok; /* gpt2 */
    struct {
        char s[2];
        uint8_t n;
    } visible[256];        /* gpt2: bytes as UTF-8 characters */
    bool before_mark[256]; /* gemma4: last bytes of what merges with a "▁..." on its right */
};

/* ---- open: merges ---- */

/* A merge of the file on its way into the table. */
struct merge {
    uint64_t hash;
    uint32_t at, n;
};

static bool is_merge(const struct bpe *b, uint32_t at, const char *left, size_t n_left, const char *right, size_t n_right)
{
    const uint8_t *m = b->merge_texts + at;
    uint64_t n;
    memcpy(&n, m - sizeof n, sizeof n);
    return n == n_left + 1 + n_right && !memcmp(m, left, n_left) && m[n_left] == ' ' && !memcmp(m + n_left + 1, right, n_right);
}

static uint32_t find_merge(const struct bpe *b, uint64_t h, const char *left, size_t n_left, const char *right, size_t n_right)
{
    const struct table_slot *x;
    for (uint64_t step = 0; (x = table_seek(&b->merges, h, &step));)
        if (is_merge(b, x->value, left, n_left, right, n_right)) return x->value;
    return MERGE_NONE;
}

/* Reads a merge: the space between the two is the first that is not at the start. False: it is no pair. */
static bool read_merge(struct bpe *b, struct gguf_str s, struct merge *m)
{
    const char *space = s.n > 2 ? memchr(s.s + 1, ' ', s.n - 2) : NULL;
    if (!space) return false;
    size_t n_left = (size_t)(space - s.s), n_right = s.n - n_left - 1;
    if (is_space_mark(space + 1, n_right)) b->before_mark[(unsigned char)space[-1]] = true;
    m->hash = hash_pair(hash_text(s.s, n_left), hash_text(space + 1, n_right));
    m->at = (uint32_t)((const uint8_t *)s.s - b->merge_texts);
    m->n = (uint32_t)s.n;
    table_prefetch(&b->merges, m->hash);
    return true;
}

/* Of merges that occur twice the first counts. */
static bool add_merge(struct bpe *b, const struct merge *m)
{
    const char *s = (const char *)b->merge_texts + m->at, *space = memchr(s + 1, ' ', m->n - 2);
    size_t n_left = (size_t)(space - s);
    if (find_merge(b, m->hash, s, n_left, space + 1, m->n - n_left - 1) != MERGE_NONE) return true;
    return table_add(&b->merges, m->hash, m->at);
}

enum { AHEAD = 16, MAX_MERGES = 1 << 25 }; /* merges are read some way ahead of being added, see bpe_table.c */

static int read_merges(struct bpe *b, const struct gguf *g, struct errmsg *e)
{
    const struct gguf_value *a = gguf_array(g, "tokenizer.ggml.merges", GGUF_STRING);
    struct merge ring[AHEAD];
    if (!a) return errmsg_set(e, ERR_FORMAT, "%s: a BPE tokenizer without tokenizer.ggml.merges", g->path);
    if (a->n > MAX_MERGES) return errmsg_set(e, ERR_TOO_BIG, "%s: more than %d merges", g->path, MAX_MERGES);
    table_init(&b->merges, a->n);
    b->merge_texts = a->data;
    const uint8_t *p = a->data;
    for (uint64_t i = 0; i < a->n + AHEAD; i++) {
        if (i >= AHEAD && !add_merge(b, &ring[i % AHEAD]))
            return errmsg_set(e, ERR_FORMAT, "%s: merge %d collides with too many others", g->path, (int)i - AHEAD);
        if (i >= a->n) continue;
        if (!read_merge(b, gguf_next_string(&p), &ring[i % AHEAD]))
            return errmsg_set(e, ERR_FORMAT, "%s: merge %d is not two texts with a space between", g->path, (int)i);
        if (p - b->merge_texts > UINT32_MAX) return errmsg_set(e, ERR_TOO_BIG, "%s: more than 4 GiB of merges", g->path);
    }
    return 0;
}

/* ---- open: kinds ---- */

static int bpe_open(struct vocab *v, const struct gguf *g, struct errmsg *e)
{
    struct bpe *b = v->model = xcalloc(1, sizeof *b);
    int rc = token_table_init(&b->tokens, v, e);
    return rc ? rc : read_merges(b, g, e);
}

static void bpe_close(void *model)
{
    struct bpe *b = model;
    token_table_release(&b->tokens);
    table_release(&b->merges);
    free(b);
}

/* Visible bytes of Latin-1 stand for themselves, the other 68 for U+0100 and on. */
static void make_visible(struct bpe *b)
{
    unsigned next = 0x100;
    for (unsigned i = 0; i < 256; i++) {
        bool visible = (i > 0x20 && i < 0x7F) || (i > 0xA0 && i != 0xAD);
        unsigned c = visible ? i : next++;
        b->visible[i].n = c < 0x80 ? 1 : 2;
        b->visible[i].s[0] = (char)(c < 0x80 ? c : 0xC0 | c >> 6);
        b->visible[i].s[1] = (char)(0x80 | (c & 0x3F));
    }
}

static int gpt2_open(struct vocab *v, const struct gguf *g, struct errmsg *e)
{
    char shown[64];
    struct gguf_str name = gguf_string(g, "tokenizer.ggml.pre");
    int rc = bpe_open(v, g, e);
    if (rc) return rc;
    struct bpe *b = v->model;
    if ((b->pretok = pretok_find(name)) == NULL)
        return errmsg_set(e, ERR_UNSUPPORTED, "%s: cutting words as \"%s\" does (tokenizer.ggml.pre) is not supported yet",
                          v->path, gguf_shown(name, shown));
    v->add_bos = gguf_bool(g, "tokenizer.ggml.add_bos_token", b->pretok->add_bos);
    make_visible(b);
    return 0;
}

/* ---- encode ---- */

static uint32_t pair_rank(const void *model, const char *text, const struct bpe_symbol *l, const struct bpe_symbol *r)
{
    return find_merge(model, hash_pair(l->hash, r->hash), text + l->at, l->n, text + r->at, r->n);
}

/* Pushes the token that is the whole word; false when there is none. */
static bool push_whole(const struct bpe *b, struct vocab_scratch *s, const char *word, size_t n)
{
    uint32_t id = token_find(&b->tokens, word, n, hash_text(word, n));
    if (id != VOCAB_NONE) scratch_push(s, id);
    return id != VOCAB_NONE;
}

/* A symbol that is no token. */
static void push_parts(const struct bpe *b, struct vocab_scratch *s, const char *text, size_t n)
{
    if (!b->pretok)
        push_bytes(&b->tokens, s, text, n);
    else
        for (size_t i = 0; i < n; i += char_bytes(text[i])) push_whole(b, s, text + i, char_bytes(text[i]));
}

static void push_merged(const struct bpe *b, struct vocab_scratch *s, const char *word, size_t n)
{
    merge_word(s, word, n, pair_rank, b);
    for (uint32_t i = 0; i != MERGE_NONE; i = s->symbols[i].next) {
        struct bpe_symbol x = s->symbols[i];
        uint32_t id = token_find(&b->tokens, word + x.at, x.n, x.hash);
        if (id != VOCAB_NONE)
            scratch_push(s, id);
        else
            push_parts(b, s, word + x.at, x.n);
    }
}

static void write_visible(const struct bpe *b, struct vocab_scratch *s, const char *word, size_t n)
{
    xgrow(&s->norm, &s->cap_norm, 2 * n, 1);
    char *to = s->norm;
    for (size_t i = 0; i < n; i++) {
        unsigned c = (unsigned char)word[i];
        *to = b->visible[c].s[0];
        if (b->visible[c].n == 2) to[1] = b->visible[c].s[1];
        to += b->visible[c].n;
    }
    s->n_norm = (size_t)(to - s->norm);
}

static void gpt2_encode(const struct vocab *v, struct vocab_scratch *s, const char *text, size_t n)
{
    const struct bpe *b = v->model;
    scratch_clean(s, &text, &n);
    for (size_t i = 0, len; i < n; i += len) {
        len = pretok_word(b->pretok, text + i, n - i);
        if (len > MERGE_MAX_BYTES / 2) len = MERGE_MAX_BYTES / 2;
        write_visible(b, s, text + i, len);
        if (!b->pretok->whole_words || !push_whole(b, s, s->norm, s->n_norm)) push_merged(b, s, s->norm, s->n_norm);
    }
}

/* Bytes of the run of line ends, or of anything else, that begins here. */
static size_t line_run(const char *s, size_t n)
{
    size_t i = 1;
    while (i < n && (s[i] == '\n') == (*s == '\n')) i++;
    return i;
}

static void push_line(const struct bpe *b, struct vocab_scratch *s, const char *line, size_t n)
{
    if (*line == '\n' && push_whole(b, s, line, n)) return;
    for (size_t i = 0, len; i < n; i += len) {
        len = marked_word(b->before_mark, line + i, n - i);
        if (len > MERGE_MAX_BYTES) len = MERGE_MAX_BYTES;
        push_merged(b, s, line + i, len);
    }
}

static void gemma_encode(const struct vocab *v, struct vocab_scratch *s, const char *text, size_t n)
{
    scratch_clean(s, &text, &n);
    mark_spaces(s, text, n, false);
    for (size_t i = 0, len; i < s->n_norm; i += len) {
        len = line_run(s->norm + i, s->n_norm - i);
        push_line(v->model, s, s->norm + i, len);
    }
}

const struct vocab_kind vocab_bpe = {
    .model = "gpt2",
    .name = "byte-level BPE",
    .open = gpt2_open,
    .close = bpe_close,
    .encode = gpt2_encode,
};

const struct vocab_kind vocab_gemma = {
    .model = "gemma4",
    .name = "BPE",
    .add_bos = true,
    .plain = "</s>",
    .open = bpe_open,
    .close = bpe_close,
    .encode = gemma_encode,
};
