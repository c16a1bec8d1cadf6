/* Mixture of experts: each token goes through the few feed-forward networks that a router gives most weight, and the sum is
 * weighted by the router's softmax over all of them, which is not made to sum to 1 again. Experts take turns; each takes all
 * tokens that chose it together. */
#include "embed/encoder.h"

#include "base/kernel.h"
#include "base/mem.h"

#include <string.h>

enum { MAX_EXPERTS = 1024 };

void load_experts(struct loader *l, struct encoder *e, uint32_t i)
{
    struct layer *w = &e->layer[i];
    uint32_t n = load_u32(l, "expert_count", 1, MAX_EXPERTS);
    e->experts_used = load_u32(l, "expert_used_count", 1, n);
    if (l->rc) return;
    e->experts = n;
    w->ups = xcalloc(n, sizeof *w->ups);
    w->downs = xcalloc(n, sizeof *w->downs);
    load_linear(l, &w->router, e->dim, n, 0, "blk.%u.ffn_gate_inp", i);
    for (uint32_t x = 0; x < n; x++) {
        load_expert(l, &w->ups[x], e->dim, e->ffn, x, n, "blk.%u.ffn_up_exps", i);
        load_expert(l, &w->downs[x], e->ffn, e->dim, x, n, "blk.%u.ffn_down_exps", i);
    }
}

/* Keeps the `used` largest of n weights, and makes the others 0. */
static void keep_largest(const float *weights, uint32_t n, uint32_t used, float *kept)
{
    memset(kept, 0, n * sizeof *kept);
    for (; used; used--) {
        uint32_t best = n;
        for (uint32_t i = 0; i < n; i++)
            if (kept[i] == 0 && (best == n || weights[i] > weights[best])) best = i;
        kept[best] = weights[best];
    }
}

/* Tokens rows[0..n) through one expert; adds to att, weighted. */
static void through(const struct encoder *e, struct encoder_room *r, const struct layer *w, uint32_t expert, const size_t *rows,
                    size_t n)
{
    size_t d = e->dim;
    for (size_t i = 0; i < n; i++) rows_copy(r->gathered + i * d, r->y + rows[i] * d, d);
    linear_apply(&w->ups[expert], &r->linear, r->gathered, n, r->u, e->ffn);
    e->activate(r->u, n * e->ffn);
    linear_apply(&w->downs[expert], &r->linear, r->u, n, r->gathered, d);
    for (size_t i = 0; i < n; i++) {
        float weight = r->chosen[rows[i] * e->experts + expert], *to = r->att + rows[i] * d;
        for (size_t j = 0; j < d; j++) to[j] += weight * r->gathered[i * d + j];
    }
}

void encoder_experts(const struct encoder *e, struct encoder_room *r, const struct layer *w)
{
    size_t waiting[FFN_ROWS], n_waiting;
    room_reserve(&r->gates, &r->cap_gates, r->rows * e->experts);
    room_reserve(&r->chosen, &r->cap_chosen, r->rows * e->experts);
    room_reserve(&r->gathered, &r->cap_gathered, (size_t)FFN_ROWS * e->dim);
    room_reserve(&r->att, &r->cap_att, r->rows * e->dim);
    memset(r->att, 0, r->rows * e->dim * sizeof *r->att);
    linear_apply(&w->router, &r->linear, r->y, r->rows, r->gates, e->experts);
    for (size_t i = 0; i < r->rows; i++) {
        kernels()->softmax(r->gates + i * e->experts, e->experts, 1);
        keep_largest(r->gates + i * e->experts, e->experts, e->experts_used, r->chosen + i * e->experts);
    }
    for (uint32_t x = 0; x < e->experts; x++) {
        n_waiting = 0;
        for (size_t i = 0; i < r->rows; i++) {
            if (r->chosen[i * e->experts + x] > 0) waiting[n_waiting++] = i;
            if (n_waiting == FFN_ROWS || i + 1 == r->rows) {
                through(e, r, w, x, waiting, n_waiting);
                n_waiting = 0;
            }
        }
    }
    rows_copy(r->y, r->att, r->rows * e->dim);
}
