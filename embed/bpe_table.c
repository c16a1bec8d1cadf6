#include "embed/bpe_table.h"

#include "base/mem.h"

#include <stdlib.h>

/* ---- tables ---- */

void table_init(struct table *t, uint64_t n)
{
    uint64_t slots = 64;
    while (slots < 2 * n) slots *= 2;
    *t = (struct table){xcalloc(slots, sizeof *t->slots), slots - 1};
}

void table_release(struct table *t)
{
    free(t->slots);
}

bool table_add(struct table *t, uint64_t h, uint32_t value)
{
    for (uint64_t step = 0; step <= TABLE_MAX_STEPS; step++) {
        struct table_slot *x = &t->slots[(h + step) & t->mask];
        if (x->value) continue;
        *x = (struct table_slot){(uint32_t)(h >> 32), value};
        return true;
    }
    return false;
}

/* ---- tokens ---- */

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte that a text like "<0x0A>" names, or -1. */
static int byte_named(const char *s, size_t n)
{
    if (n != 6 || memcmp(s, "<0x", 3) != 0 || s[5] != '>') return -1;
    int high = hex_digit(s[3]), low = hex_digit(s[4]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static bool put_token(struct token_table *t, uint32_t id, uint64_t h)
{
    const struct vocab_token *tokens = t->v->tokens;
    struct table_slot *x;
    for (uint64_t step = 0; (x = table_seek(&t->table, h, &step));) {
        struct vocab_token k = tokens[x->value - 1];
        if (k.n != tokens[id].n || memcmp(t->v->texts + k.at, token_text(t->v, id), k.n) != 0) continue;
        x->value = id + 1;
        return true;
    }
    return table_add(&t->table, h, id + 1);
}

static bool add_token(struct token_table *t, uint32_t id, uint64_t h)
{
    const char *s = token_text(t->v, id);
    uint32_t n = t->v->tokens[id].n;
    unsigned type = t->v->types[id];
    int byte = byte_named(s, n);
    if (byte >= 0 && type != VOCAB_CONTROL) t->bytes[byte] = id;
    if (!n || (type != VOCAB_NORMAL && type != VOCAB_USER && type != VOCAB_UNUSED)) return true;
    return put_token(t, id, h);
}

/* Slots lie in no order: asking for them some tokens ahead hides the memory's delay. */
enum { AHEAD = 16 };

int token_table_init(struct token_table *t, const struct vocab *v, struct errmsg *e)
{
    uint64_t hashes[AHEAD];
    *t = (struct token_table){.v = v};
    memset(t->bytes, 0xFF, sizeof t->bytes);
    table_init(&t->table, v->n);
    for (uint32_t i = 0; i < v->n + AHEAD; i++) {
        if (i >= AHEAD && !add_token(t, i - AHEAD, hashes[i % AHEAD]))
            return errmsg_set(e, ERR_FORMAT, "%s: token %u collides with too many others", v->path, i - AHEAD);
        if (i >= v->n) continue;
        hashes[i % AHEAD] = hash_spread(hash_text(token_text(v, i), v->tokens[i].n).sum);
        table_prefetch(&t->table, hashes[i % AHEAD]);
    }
    return 0;
}

void token_table_release(struct token_table *t)
{
    table_release(&t->table);
}

void push_bytes(const struct token_table *t, struct vocab_scratch *s, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t id = t->bytes[(unsigned char)bytes[i]];
        if (id == VOCAB_NONE) id = t->v->unknown;
        if (id != VOCAB_NONE) scratch_push(s, id);
    }
}

/* ---- words ---- */

size_t marked_word(const bool before_mark[256], const char *s, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (s[i] == *SPACE_MARK && !before_mark[(unsigned char)s[i - 1]] && is_space_mark(s + i, n - i)) return i;
    return n;
}

void mark_spaces(struct vocab_scratch *s, const char *text, size_t n, bool prefix)
{
    xgrow(&s->norm, &s->cap_norm, (n + 1) * SPACE_MARK_BYTES, 1);
    char *to = s->norm;
    if (prefix) memcpy(to, SPACE_MARK, SPACE_MARK_BYTES), to += SPACE_MARK_BYTES;
    for (size_t i = 0; i < n; i++)
        if (text[i] == ' ')
            memcpy(to, SPACE_MARK, SPACE_MARK_BYTES), to += SPACE_MARK_BYTES;
        else
            *to++ = text[i];
    s->n_norm = (size_t)(to - s->norm);
}
