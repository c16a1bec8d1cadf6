#include "embed/pieces.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <stdlib.h>

/* Bits for each piece in `begun`: vocabularies have two to three beginnings a piece, so one bit in six or so is set. */
enum { BITS_A_PIECE = 16 };

static uint64_t power_of_two(uint64_t at_least)
{
    uint64_t n = 64;
    while (n < at_least) n *= 2;
    return n;
}

void pieces_init(struct pieces *p, const uint8_t *texts, uint32_t n)
{
    uint64_t slots = power_of_two((uint64_t)n * 2), bits = power_of_two((uint64_t)n * BITS_A_PIECE);
    *p = (struct pieces){
        .texts = texts,
        .slots = xcalloc(slots, sizeof *p->slots),
        .begun = xcalloc(bits / 64, sizeof *p->begun),
        .slot_mask = slots - 1,
        .bit_mask = bits - 1,
    };
}

void pieces_release(struct pieces *p)
{
    free(p->slots);
    free(p->begun);
}

static void mark_begun(struct pieces *p, piece_hash h)
{
    uint64_t bit = h >> 20 & p->bit_mask;
    p->begun[bit >> 6] |= 1ull << (bit & 63);
}

static void put(struct pieces *p, struct piece new, piece_hash h, uint32_t n)
{
    const char *text = (const char *)p->texts + new.at;
    struct piece *old = (struct piece *)(uintptr_t)piece_find(p, h, text, n);
    uint64_t i = h & p->slot_mask;
    if (!old) {
        while (p->slots[i].at) i = (i + 1) & p->slot_mask;
        old = &p->slots[i];
    }
    *old = new;
}

void pieces_add(struct pieces *p, uint32_t at, uint32_t n, uint32_t id, float score)
{
    const char *s = (const char *)p->texts + at;
    if (!n || !utf8_valid(s, n, NULL)) return;
    piece_hash h = 0;
    for (size_t i = 0, len; i < n; i += len) {
        uint32_t cp;
        if (i) mark_begun(p, h);
        len = utf8_decode(s + i, n - i, &cp);
        h = piece_next(h, s + i, len);
    }
    put(p, (struct piece){(uint32_t)(h >> 32), at, id, score}, h, n);
}
