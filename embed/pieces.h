/* Private to the tokenizers: which vocabulary pieces begin here? A set of byte strings that is cheap to build.
 *
 * A trie answers this with one step a byte, but building one for 250,000 pieces costs more than the whole budget of a
 * start. Here are two flat tables instead, both filled in one pass over the pieces, without sorting:
 *
 *     slots   open addressing, hash of a whole piece -> its id and score; 16 bytes a slot, at most half full
 *     marks   two bits for the hash of each beginning, cut between characters: "a piece ends here", "longer ones follow"
 *
 * A search goes on from character to character with a rolling hash. Each step reads one byte of marks, which fit into the
 * second cache (four to eight bytes a piece); slots, which do not, are read only where a piece very likely is. Marks may
 * be wrong by saying yes: that costs a look and changes no answer, as a hit in slots is compared with the piece itself.
 * So a search is bounded by the longest piece, whatever the text; and a vocabulary made to collide is refused.
 *
 *     piece_hash h = 0;
 *     for (size_t i = 0; i < n; ) {
 *         h = piece_next(h, s + i, len); i += len;
 *         unsigned m = piece_marks(p, h);
 *         if (m & PIECE_ENDS) found = piece_find(p, h, s, i);
 *         if (!(m & PIECE_FOLLOWS)) break;
 *     }
 *
 * Pieces that are not well-formed UTF-8 are left out: no text could match them. */
#ifndef SOUK_PIECES_H
#define SOUK_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct piece {
    uint32_t tag; /* high half of the hash */
    uint32_t at;  /* where its text lies, from pieces.texts; texts are preceded by their u64 length, as GGUF writes them */
    uint32_t id;
    float score; /* of the piece, as pieces_add was told */
};

struct pieces {
    const uint8_t *texts;
    struct piece *slots; /* at == 0: empty (a length stands there, never a text) */
    uint8_t *marks;      /* four pairs of bits a byte */
    uint64_t slot_mask, mark_mask;
};
enum { PIECE_MAX_PROBES = 1024 };
enum piece_mark { PIECE_ENDS = 1, PIECE_FOLLOWS = 2 };

/* An empty set with room for n pieces. */
void pieces_init(struct pieces *p, const uint8_t *texts, uint32_t n);
void pieces_release(struct pieces *p);

/* Adds the text of n bytes at texts + at; the same text again replaces id and score. False when its slot would lie more
 * than PIECE_MAX_PROBES from its hash: no honest vocabulary gets anywhere near that. */
bool pieces_add(struct pieces *p, uint32_t at, uint32_t n, uint32_t id, float score);

/* ---- search ---- */

/* The hash of a beginning. Starts at 0. */
typedef uint64_t piece_hash;

/* Goes on by one character of n bytes. */
static inline piece_hash piece_next(piece_hash h, const char *s, size_t n)
{
    uint32_t c = (unsigned char)s[0];
    for (size_t i = 1; i < n; i++) c = c << 8 | (unsigned char)s[i];
    h = (h ^ (c + 0x9E3779B9u)) * 0x9FB21C651E98DF25ull;
    return h ^ h >> 29;
}

/* enum piece_mark of a beginning. */
static inline unsigned piece_marks(const struct pieces *p, piece_hash h)
{
    uint64_t at = h >> 20 & p->mark_mask;
    return p->marks[at >> 2] >> (at & 3) * 2 & 3;
}

/* The piece that is exactly the n bytes at s, whose hash is h; or NULL. */
static inline const struct piece *piece_find(const struct pieces *p, piece_hash h, const char *s, size_t n)
{
    for (uint64_t k = 0; k <= PIECE_MAX_PROBES; k++) {
        const struct piece *x = &p->slots[(h + k) & p->slot_mask];
        uint64_t bytes;
        if (!x->at) break;
        if (x->tag != h >> 32) continue;
        memcpy(&bytes, p->texts + x->at - sizeof bytes, sizeof bytes);
        if (bytes == n && !memcmp(p->texts + x->at, s, n)) return x;
    }
    return NULL;
}

#endif
