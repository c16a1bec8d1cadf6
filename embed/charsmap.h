/* Private to unigram.c: the normalisation rules that SentencePiece compiles into a model (NFKC, case folding, ...).
 *
 * A map is a double-array trie over bytes, then replacements as NUL-terminated strings:
 *
 *     0      4    u32 bytes of trie, B           4      B    u32 units
 *     4 + B       replacements
 *
 * From unit u: label = u & 0x800000FF, leaf = bit 8, base = (u >> 10) << (8 if bit 9, else 0), value = u & 0x7FFFFFFF.
 * From node i by byte c: j = i ^ base(i) ^ c, if label(j) == c; when j is a leaf, unit j ^ base(j) holds in its value where
 * the replacement begins. The longest match wins.
 *
 * The bytes come from a file: each step is checked against the number of units, each replacement against the end. */
#ifndef SOUK_CHARSMAP_H
#define SOUK_CHARSMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct charsmap {
    const uint8_t *units; /* unaligned */
    uint32_t n_units;
    const char *texts;
    size_t n_texts;

    /* Most text is ASCII: letters followed by ASCII need no walk. plain[c]: no rule that begins with c goes on with ASCII;
     * then lone[c] is the replacement of c alone, NULL: it stays. */
    bool plain[128];
    const char *lone[128];
};

/* False when the bytes cannot be a map. They must outlive it. n == 0 is a map without rules. */
bool charsmap_init(struct charsmap *m, const uint8_t *bytes, size_t n);

/* The longest rule that matches at s: returns its length and sets *to to the replacement (NUL-terminated); or 0. */
size_t charsmap_match(const struct charsmap *m, const char *s, size_t n, const char **to);

#endif
