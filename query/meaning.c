#include "query/meaning.h"

#include "base/kernel.h"
#include "base/mem.h"

#include <stdlib.h>

void meaning_init(struct meaning *m, uint32_t dim)
{
    *m = (struct meaning){.dim = dim, .words = words_new()};
    m->vectors = xaligned(64, (size_t)MEANING_WORDS * dim * sizeof *m->vectors);
}

void meaning_release(struct meaning *m)
{
    words_free(m->words);
    free(m->vectors);
    *m = (struct meaning){0};
}

/* Words that say something by themselves: not "in", not "de", not a lone character of a script without spaces. */
static bool tells(const struct word *w, const char *q)
{
    uint32_t characters = 0;
    for (uint32_t i = w->from; i < w->to; i++) characters += (q[i] & 0xC0) != 0x80;
    return !(w->flags & WORD_GRAM) && characters >= (w->flags & WORD_DENSE ? 2 : 3);
}

void meaning_of(struct meaning *m, const struct embedder *model, struct embed_scratch *s, const char *q, size_t n)
{
    m->n = 0;
    if (!embed_sums(model)) return;
    size_t n_words = words_split(m->words, q, n);
    for (size_t i = 0; i < n_words && m->n < MEANING_WORDS; i++) {
        const struct word *w = &m->words->list[i];
        if (!tells(w, q)) continue;
        if (embed_text(model, s, EMBED_QUERY, q + w->from, w->to - w->from, m->vectors + (size_t)m->n * m->dim)) m->n++;
    }
    if (m->n < 2) m->n = 0;
}

float meaning_weakest(const struct meaning *m, const uint16_t *row, float whole)
{
    float least = whole;
    for (uint32_t i = 0; i < m->n; i++) {
        float c = kernels()->dot_f16(m->vectors + (size_t)i * m->dim, row, m->dim);
        if (i == 0 || c < least) least = c;
    }
    return least;
}
