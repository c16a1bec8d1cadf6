#include "embed/special.h"

#include "base/mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Special tokens of one length. */
struct special_class {
    size_t bytes;
    uint32_t from, to;  /* its tokens, sorted by text: special.ids[from .. to) */
    uint64_t firsts[4]; /* bit set of first bytes */
};

struct special {
    uint32_t *ids;
    size_t n;
    struct special_class *classes; /* longest first */
    size_t n_classes;
    uint64_t firsts[4];   /* of all classes */
    uint32_t strips_left; /* the token that takes the white space before it along, or VOCAB_NONE */
    bool strip_right;     /* tokens take the white space behind them along (strips_right) */
};

static bool has_byte(const uint64_t set[4], char c)
{
    unsigned char b = (unsigned char)c;
    return set[b >> 6] >> (b & 63) & 1;
}

static void add_byte(uint64_t set[4], char c)
{
    unsigned char b = (unsigned char)c;
    set[b >> 6] |= 1ull << (b & 63);
}

/* ---- life ---- */

static bool is_special(const struct vocab *v, uint32_t id)
{
    unsigned t = v->types[id];
    return v->tokens[id].n && (t == VOCAB_CONTROL || t == VOCAB_UNKNOWN || t == VOCAB_USER);
}

/* Longest first, then by text, then by id, so that of two tokens with one text the first is found. */
static int by_length(const void *a, const void *b, void *vocab)
{
    const struct vocab *v = vocab;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    uint32_t nx = v->tokens[x].n, ny = v->tokens[y].n;
    if (nx != ny) return nx > ny ? -1 : 1;
    int c = memcmp(token_text(v, x), token_text(v, y), nx);
    return c ? c : (x > y) - (x < y);
}

static void collect(struct special *sp, const struct vocab *v)
{
    size_t cap = 0;
    for (uint32_t id = 0; id < v->n; id++) {
        if (!is_special(v, id)) continue;
        xgrow(&sp->ids, &cap, sp->n + 1, sizeof *sp->ids);
        sp->ids[sp->n++] = id;
    }
    if (sp->n) qsort_r(sp->ids, sp->n, sizeof *sp->ids, by_length, (void *)(uintptr_t)v);
}

static void classify(struct special *sp, const struct vocab *v)
{
    size_t cap = 0;
    for (uint32_t i = 0; i < sp->n; i++) {
        size_t bytes = v->tokens[sp->ids[i]].n;
        if (!sp->n_classes || sp->classes[sp->n_classes - 1].bytes != bytes) {
            xgrow(&sp->classes, &cap, sp->n_classes + 1, sizeof *sp->classes);
            sp->classes[sp->n_classes++] = (struct special_class){.bytes = bytes, .from = i};
        }
        struct special_class *c = &sp->classes[sp->n_classes - 1];
        c->to = i + 1;
        add_byte(c->firsts, *token_text(v, sp->ids[i]));
        add_byte(sp->firsts, *token_text(v, sp->ids[i]));
    }
}

/* Whether a general.name holds this word, in any case. */
static bool name_has(struct gguf_str name, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= name.n; i++)
        if (!strncasecmp(name.s + i, word, n)) return true;
    return false;
}

static uint32_t find_text(const struct special *sp, const struct vocab *v, const char *text)
{
    for (size_t i = 0; i < sp->n; i++)
        if (gguf_str_is(vocab_text(v, sp->ids[i]), text)) return sp->ids[i];
    return VOCAB_NONE;
}

static void find_strips(struct special *sp, const struct vocab *v, const struct gguf *g)
{
    struct gguf_str architecture = gguf_string(g, "general.architecture"), name = gguf_string(g, "general.name");
    bool mask = gguf_str_is(architecture, "nomic-bert-moe") || gguf_str_is(architecture, "jina-bert-v3");
    sp->strips_left = VOCAB_NONE;
    if (mask) sp->strips_left = find_text(sp, v, "<mask>");
    if (name_has(name, "modern-bert")) sp->strips_left = find_text(sp, v, "[MASK]");
    sp->strip_right = name_has(name, "phi-3") || name_has(name, "phi3");
}

struct special *special_new(const struct vocab *v, const struct gguf *g)
{
    struct special *sp = xcalloc(1, sizeof *sp);
    collect(sp, v);
    classify(sp, v);
    find_strips(sp, v, g);
    return sp;
}

void special_free(struct special *sp)
{
    if (!sp) return;
    free(sp->ids);
    free(sp->classes);
    free(sp);
}

/* ---- matching ---- */

/* The token of class c that stands at p (c->bytes bytes there) and may match now, or VOCAB_NONE. */
static uint32_t match(const struct vocab *v, const struct special_class *c, const char *p, bool parse)
{
    if (!has_byte(c->firsts, *p)) return VOCAB_NONE;
    uint32_t lo = c->from, hi = c->to;
    while (lo < hi) { /* the first token that is not below p */
        uint32_t mid = lo + (hi - lo) / 2;
        if (memcmp(token_text(v, v->special->ids[mid]), p, c->bytes) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (; lo < c->to; lo++) {
        uint32_t id = v->special->ids[lo];
        if (memcmp(token_text(v, id), p, c->bytes) != 0) break;
        if (parse || v->types[id] == VOCAB_USER) return id;
    }
    return VOCAB_NONE;
}

static void push_fragment(struct vocab_scratch *s, size_t at, size_t n, uint32_t id)
{
    if (!n && id == VOCAB_NONE) return;
    xgrow(&s->spare, &s->cap_spare, s->n_fragments + 1, sizeof *s->spare);
    s->spare[s->n_fragments++] = (struct fragment){at, n, id};
}

static bool strips_right(const struct vocab *v, uint32_t id)
{
    struct gguf_str s = vocab_text(v, id);
    return v->special->strip_right && !gguf_str_is(s, "<s>") && !gguf_str_is(s, "<unk>") && !gguf_str_is(s, "<|endoftext|>");
}

/* Cuts one plain run at the tokens of class c. */
static void split_run(const struct vocab *v, struct vocab_scratch *s, const struct special_class *c, const char *text,
                      struct fragment f, bool parse)
{
    size_t end = f.at + f.n, from = f.at;
    for (size_t i = f.at; i + c->bytes <= end;) {
        uint32_t id = match(v, c, text + i, parse);
        if (id == VOCAB_NONE) {
            i++;
            continue;
        }
        size_t stop = i;
        if (id == v->special->strips_left)
            while (stop > from && isspace((unsigned char)text[stop - 1])) stop--;
        push_fragment(s, from, stop - from, VOCAB_NONE);
        push_fragment(s, i, c->bytes, id);
        i += c->bytes;
        if (strips_right(v, id))
            while (i < end && isspace((unsigned char)text[i])) i++;
        from = i;
    }
    push_fragment(s, from, end - from, VOCAB_NONE);
}

static void split_class(const struct vocab *v, struct vocab_scratch *s, const struct special_class *c, const char *text,
                        bool parse)
{
    size_t n = s->n_fragments;
    s->n_fragments = 0;
    for (size_t i = 0; i < n; i++) {
        struct fragment f = s->fragments[i];
        if (f.id != VOCAB_NONE)
            push_fragment(s, f.at, f.n, f.id);
        else
            split_run(v, s, c, text, f, parse);
    }
    struct fragment *t = s->fragments;
    size_t cap = s->cap_fragments;
    s->fragments = s->spare, s->cap_fragments = s->cap_spare;
    s->spare = t, s->cap_spare = cap;
}

static bool any_first(const struct special *sp, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (has_byte(sp->firsts, text[i])) return true;
    return false;
}

void special_split(const struct vocab *v, struct vocab_scratch *s, const char *text, size_t n, bool parse)
{
    const struct special *sp = v->special;
    xgrow(&s->fragments, &s->cap_fragments, 1, sizeof *s->fragments);
    s->fragments[0] = (struct fragment){0, n, VOCAB_NONE};
    s->n_fragments = n ? 1 : 0;
    if (!any_first(sp, text, n)) return;
    for (size_t i = 0; i < sp->n_classes; i++) split_class(v, s, &sp->classes[i], text, parse);
}
