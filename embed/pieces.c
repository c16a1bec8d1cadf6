#include "embed/pieces.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <stdlib.h>

/* Marks for each piece: vocabularies have two to three beginnings a piece, so one in six or so is taken. */
enum { MARKS_A_PIECE = 16 };

static uint64_t power_of_two(uint64_t at_least)
{
    uint64_t n = 64;
    while (n < at_least) n *= 2;
    return n;
}

void pieces_init(struct pieces *p, const uint8_t *texts, uint32_t n)
{
    uint64_t slots = power_of_two((uint64_t)n * 2), marks = power_of_two((uint64_t)n * MARKS_A_PIECE);
    *p = (struct pieces){
        .texts = texts,
        .slots = xtable(slots * sizeof *p->slots),
        .marks = xtable(marks / 4),
        .slot_mask = slots - 1,
        .mark_mask = marks - 1,
    };
}

void pieces_release(struct pieces *p)
{
    free(p->slots);
    free(p->marks);
}

static void mark(struct pieces *p, piece_hash h, enum piece_mark m)
{
    uint64_t at = h >> 20 & p->mark_mask;
    p->marks[at >> 2] |= (uint8_t)(m << (at & 3) * 2);
}

static bool put(struct pieces *p, struct piece new, piece_hash h, uint32_t n)
{
    struct piece *to = (struct piece *)(uintptr_t)piece_find(p, h, (const char *)p->texts + new.at, n);
    for (uint64_t k = 0; !to; k++) {
        if (k > PIECE_MAX_PROBES) return false;
        struct piece *x = &p->slots[(h + k) & p->slot_mask];
        if (!x->at) to = x;
    }
    *to = new;
    return true;
}

bool pieces_add(struct pieces *p, uint32_t at, uint32_t n, uint32_t id, float score)
{
    const char *s = (const char *)p->texts + at;
    piece_hash h = 0;
    for (size_t i = 0, len; i < n; i += len) {
        uint32_t cp;
        if (i) mark(p, h, PIECE_FOLLOWS);
        len = utf8_decode(s + i, n - i, &cp);
        if (!len) return true; /* marks of its beginning stay, and do no harm */
        h = piece_next(h, s + i, len);
    }
    if (!n) return true;
    mark(p, h, PIECE_ENDS);
    return put(p, (struct piece){(uint32_t)(h >> 32), at, id, score}, h, n);
}
