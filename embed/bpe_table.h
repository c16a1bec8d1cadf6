/* Private to the pair-merging tokenizers: hashes that can be joined, and flat tables over texts of the file.
 *
 * Merging asks over and over whether two neighbours, which lie side by side in the text, make something known. So the hash
 * of a text is one that follows from the hashes of its two halves (a polynomial modulo 2^64), and no byte is read twice
 * until a table says "very likely", when the text itself is compared.
 *
 * A table has 8 bytes a slot, at most half full: the high half of the hash, and a value that leads to the text. It is
 * filled in one pass, in the order of the file:
 *
 *     for (uint64_t step = 0; (slot = table_seek(t, h, &step)); )
 *         if (text_of(slot->value) is the one) return slot;
 *     if (!table_add(t, h, value)) refuse the file;
 *
 * No slot lies more than TABLE_MAX_STEPS from its hash, so that a file made to collide costs a message and not an hour. */
#ifndef SOUK_BPE_TABLE_H
#define SOUK_BPE_TABLE_H

#include "embed/vocab_kind.h"

#include <string.h>

/* ---- hashes ---- */

static inline struct text_hash hash_text(const char *s, size_t n)
{
    struct text_hash h = {0, 1};
    for (size_t i = 0; i < n; i++) {
        h.sum = h.sum * 0xD6E8FEB86659FD93ull + (unsigned char)s[i] + 1;
        h.power *= 0xD6E8FEB86659FD93ull;
    }
    return h;
}

/* Of the text l followed by the text r. */
static inline struct text_hash hash_join(struct text_hash l, struct text_hash r)
{
    return (struct text_hash){l.sum * r.power + r.sum, l.power * r.power};
}

/* The sums differ in their low bits first: spread them over all. */
static inline uint64_t hash_spread(uint64_t sum)
{
    sum = (sum ^ sum >> 32) * 0x9FB21C651E98DF25ull;
    return sum ^ sum >> 29;
}

/* Of the pair (l, r), which is not the pair of another split of the same text. */
static inline uint64_t hash_pair(struct text_hash l, struct text_hash r)
{
    return hash_spread(l.sum * 0xC2B2AE3D27D4EB4Full + r.sum);
}

/* ---- tables ---- */

struct table_slot {
    uint32_t tag, value; /* value 0: empty */
};

struct table {
    struct table_slot *slots;
    uint64_t mask;
};
enum { TABLE_MAX_STEPS = 1024 };

void table_init(struct table *t, uint64_t n); /* room for n values */
void table_release(struct table *t);

/* Puts in a value other than 0. False when it would lie too far from its hash. */
bool table_add(struct table *t, uint64_t h, uint32_t value);

static inline void table_prefetch(const struct table *t, uint64_t h)
{
    __builtin_prefetch(&t->slots[h & t->mask]);
}

/* The next slot that may be the one; start with *step = 0. NULL: there are no more. */
static inline struct table_slot *table_seek(const struct table *t, uint64_t h, uint64_t *step)
{
    for (; *step <= TABLE_MAX_STEPS; ++*step) {
        struct table_slot *x = &t->slots[(h + *step) & t->mask];
        if (!x->value) return NULL;
        if (x->tag != (uint32_t)(h >> 32)) continue;
        ++*step;
        return x;
    }
    return NULL;
}

/* ---- tokens by their text ---- */

/* What plain text may become: normal, user-defined and unused tokens. Control, unknown and byte tokens are left out, so no
 * text can spell them. Bytes have a list of their own. */
struct token_table {
    const struct vocab *v;
    struct table table;  /* id + 1 */
    uint32_t bytes[256]; /* of "<0x00>" .. "<0xFF>"; VOCAB_NONE: no such token */
};

int token_table_init(struct token_table *t, const struct vocab *v, struct errmsg *e);
void token_table_release(struct token_table *t);

/* The token that is exactly these bytes, whose hash is h; of several with one text the last. */
static inline uint32_t token_find(const struct token_table *t, const char *s, size_t n, struct text_hash h)
{
    const struct table_slot *x;
    for (uint64_t step = 0; (x = table_seek(&t->table, hash_spread(h.sum), &step));) {
        struct vocab_token k = t->v->tokens[x->value - 1];
        if (k.n == n && !memcmp(t->v->texts + k.at, s, n)) return x->value - 1;
    }
    return VOCAB_NONE;
}

/* Pushes the byte tokens of n bytes; bytes without one become the unknown token, where there is one. */
void push_bytes(const struct token_table *t, struct vocab_scratch *s, const char *bytes, size_t n);

/* ---- words of texts whose spaces are "▁" ---- */

/* Bytes up to the first "▁" behind a byte that before_mark does not list, or n: nothing joins that "▁" to what is before
 * it. n >= 1. */
size_t marked_word(const bool before_mark[256], const char *s, size_t n);

static inline bool is_space_mark(const char *s, size_t n)
{
    return n >= SPACE_MARK_BYTES && !memcmp(s, SPACE_MARK, SPACE_MARK_BYTES);
}

/* Copies a text to s->norm, with "▁" for each space, after one more "▁" when prefix is set. */
void mark_spaces(struct vocab_scratch *s, const char *text, size_t n, bool prefix);

#endif
