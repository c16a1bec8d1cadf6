#include "embed/bpe_merge.h"

#include "base/mem.h"
#include "embed/bpe_table.h"

/* A word that is being merged. */
struct merger {
    struct vocab_scratch *s;
    const char *text;
    merge_rank_fn *rank;
    const void *model;
    size_t n_heap;
};

/* ---- heap of pairs, lowest key on top ---- */

static void sift_up(struct bpe_pair *heap, size_t i)
{
    struct bpe_pair x = heap[i];
    for (size_t up; i && heap[up = (i - 1) / 2].key > x.key; i = up) heap[i] = heap[up];
    heap[i] = x;
}

static void sift_down(struct bpe_pair *heap, size_t n, size_t i)
{
    struct bpe_pair x = heap[i];
    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && heap[child + 1].key < heap[child].key) child++;
        if (heap[child].key >= x.key) break;
        heap[i] = heap[child];
    }
    heap[i] = x;
}

static struct bpe_pair pop(struct merger *m)
{
    struct bpe_pair top = m->s->pairs[0];
    m->s->pairs[0] = m->s->pairs[--m->n_heap];
    if (m->n_heap) sift_down(m->s->pairs, m->n_heap, 0);
    return top;
}

/* ---- symbols ---- */

/* Puts the pair that begins with symbol `left` at the end of the heap, if it may merge. */
static bool add_pair(struct merger *m, uint32_t left)
{
    const struct bpe_symbol *l = &m->s->symbols[left], *r = &m->s->symbols[l->next];
    uint32_t rank = m->rank(m->model, m->text, l, r);
    if (rank == MERGE_NONE) return false;
    xgrow(&m->s->pairs, &m->s->cap_pairs, m->n_heap + 1, sizeof *m->s->pairs);
    m->s->pairs[m->n_heap++] = (struct bpe_pair){(uint64_t)rank << 32 | left, l->next, l->n + r->n};
    return true;
}

static uint32_t cut_characters(struct vocab_scratch *s, const char *text, size_t n)
{
    uint32_t k = 0;
    xgrow(&s->symbols, &s->cap_symbols, n, sizeof *s->symbols);
    for (size_t i = 0, len; i < n; i += len, k++) {
        len = char_bytes(text[i]) < n - i ? char_bytes(text[i]) : n - i;
        s->symbols[k] = (struct bpe_symbol){(uint32_t)i, (uint32_t)len, k ? k - 1 : MERGE_NONE, k + 1, hash_text(text + i, len)};
    }
    s->symbols[k - 1].next = MERGE_NONE;
    return k;
}

/* Both symbols are still what they were when the pair was added: neighbours, of that length together. A symbol that is
 * merged away has length 0. */
static bool is_current(const struct bpe_symbol *symbols, const struct bpe_pair *p)
{
    const struct bpe_symbol *l = &symbols[(uint32_t)p->key], *r = &symbols[p->right];
    return l->n && r->n && l->next == p->right && l->n + r->n == p->n;
}

static void merge_pair(struct merger *m, uint32_t left)
{
    struct bpe_symbol *symbols = m->s->symbols, *l = &symbols[left], *r = &symbols[l->next];
    l->hash = hash_join(l->hash, r->hash);
    l->n += r->n;
    l->next = r->next;
    r->n = 0;
    if (l->next != MERGE_NONE) symbols[l->next].prev = left;
    if (l->prev != MERGE_NONE && add_pair(m, l->prev)) sift_up(m->s->pairs, m->n_heap - 1);
    if (l->next != MERGE_NONE && add_pair(m, left)) sift_up(m->s->pairs, m->n_heap - 1);
}

void merge_word(struct vocab_scratch *s, const char *text, size_t n, merge_rank_fn *rank, const void *model)
{
    struct merger m = {.s = s, .text = text, .rank = rank, .model = model};
    uint32_t symbols = cut_characters(s, text, n);
    for (uint32_t i = 0; i + 1 < symbols; i++) add_pair(&m, i);
    for (size_t i = m.n_heap / 2; i--;) sift_down(s->pairs, m.n_heap, i);
    while (m.n_heap) {
        struct bpe_pair p = pop(&m);
        if (is_current(s->symbols, &p)) merge_pair(&m, (uint32_t)p.key);
    }
}
