/* Inserting: "Algorithm 1, INSERT" and "Algorithm 4, SELECT-NEIGHBORS-HEURISTIC" of the paper. What differs:
 *
 * - The entry point is the first document of the highest level, known beforehand (levels.c) and inserted first: it never moves,
 *   so no lock guards it.
 * - Links of a new node are published from the ground up: who meets it on a level finds it linked on all levels below.
 *   (The paper's order would let another thread walk down onto a node without links and stay there.)
 * - A list is read and written under a lock of its node, a byte. Nobody ever holds two.
 * - Codes stand in for vectors throughout: at equal ef recall is the same, and a build takes a third of the time. */
#include "ann/builder.h"

#include "ann/keys.h"
#include "ann/walk.h"
#include "base/bits.h"
#include "base/kernel.h"

enum {
    CHUNK = 64,    /* documents between two reports */
    FEW_LINKS = 4, /* filled up to this with candidates that the heuristic refused: copies of one product would be islands */
};

/* ---- choosing links ---- */

/* Is the candidate nearer to a chosen one than to the base? Four chosen ones at a time: most are refused by the first few. */
static bool covered(const struct graph *g, const int8_t *code, int32_t score, const int8_t *const *chosen, uint32_t n)
{
    int32_t to[4];
    for (uint32_t i = 0; i < n; i += 4) {
        uint32_t m = n - i < 4 ? n - i : 4;
        kernels()->dot_i8_rows(code, chosen + i, m, g->stride, to);
        for (uint32_t j = 0; j < m; j++)
            if (to[j] >= score) return true;
    }
    return false;
}

static bool listed(const uint32_t *links, uint32_t n, uint32_t x)
{
    for (uint32_t i = 0; i < n; i++)
        if (links[i] == x) return true;
    return false;
}

/* Takes candidates from best to worst, refusing those that a chosen one covers: links then point into different directions. */
uint32_t insert_choose(const struct graph *g, uint32_t level, const uint64_t *from, uint32_t n, uint32_t room, uint32_t *links)
{
    const int8_t *chosen[2 * ANN_MAX_M];
    uint32_t m = 0;
    for (uint32_t i = 0; i < n && m < room; i++) {
        const int8_t *code = level_code(g, level, key_node(from[i]));
        if (covered(g, code, key_score(from[i]), chosen, m)) continue;
        chosen[m] = code;
        links[m++] = key_node(from[i]);
    }
    for (uint32_t i = 0; i < n && m < FEW_LINKS && m < room; i++)
        if (!listed(links, m, key_node(from[i]))) links[m++] = key_node(from[i]);
    return m;
}

/* ---- linking back ---- */

/* Scores the links of `to` and the new one against `to`, and chooses again. to is locked. */
static void crowd(const struct graph *g, uint32_t level, uint32_t to, uint32_t from)
{
    uint32_t *links = level_links(g, level, to), room = level_room(g, level), nodes[2 * ANN_MAX_M + 1], n = room + 1;
    const int8_t *rows[2 * ANN_MAX_M + 1];
    int32_t scores[2 * ANN_MAX_M + 1];
    uint64_t keys[2 * ANN_MAX_M + 1];
    memcpy(nodes, links, room * sizeof *links);
    nodes[room] = from;
    for (uint32_t i = 0; i < n; i++) rows[i] = level_code(g, level, nodes[i]);
    kernels()->dot_i8_rows(level_code(g, level, to), rows, n, g->stride, scores);
    for (uint32_t i = 0; i < n; i++) keys[i] = key_make(scores[i], nodes[i]);
    keys_sort(keys, n);
    uint32_t m = insert_choose(g, level, keys, n, room, links);
    for (; m < room; m++) links[m] = NONE;
}

static void link_back(const struct graph *g, uint32_t level, uint32_t to, uint32_t from)
{
    uint32_t *links = level_links(g, level, to), room = level_room(g, level), n = 0, id = level_id(g, level, to);
    node_lock(g, id);
    while (n < room && links[n] != NONE) n++;
    if (n < room)
        links[n] = from;
    else
        crowd(g, level, to, from);
    node_unlock(g, id);
}

static void publish(const struct graph *g, uint32_t level, uint32_t x, const uint32_t *links, uint32_t n)
{
    uint32_t id = level_id(g, level, x);
    node_lock(g, id);
    memcpy(level_links(g, level, x), links, n * sizeof *links);
    node_unlock(g, id);
    for (uint32_t i = 0; i < n; i++) link_back(g, level, links[i], x);
}

/* ---- one document ---- */

/* Looks for neighbours on levels top..0, beginning at upper number u; links[l] and n[l] receive the choice of level l. */
static void look(const struct builder *b, struct ann_scratch *s, uint32_t id, uint32_t u, uint32_t top,
                 uint32_t links[][2 * ANN_MAX_M], uint32_t *n)
{
    struct walk w = {.g = &b->g, .s = s, .q = graph_code(&b->g, id), .ef = b->p.ef_construction, .width = 4};
    for (w.level = top;; w.level--) {
        walk_level(&w, w.level ? u : b->g.upper[u].id);
        n[w.level] = insert_choose(&b->g, w.level, s->pool, s->n_pool, b->g.M, links[w.level]);
        if (!w.level) return;
        u = key_node(s->pool[0]);
    }
}

static void insert(const struct builder *b, struct ann_scratch *s, uint32_t id)
{
    const struct graph *g = &b->g;
    uint32_t links[MAX_LEVEL + 1][2 * ANN_MAX_M], n[MAX_LEVEL + 1];
    uint32_t x = levels_find(g, id), level = x == NONE ? 0 : graph_level(g, x), top = graph_level(g, g->entry);
    uint32_t from = level < top ? walk_down(g, s, graph_code(g, id), level + 1) : g->entry;
    if (level > top) level = top;
    look(b, s, id, from, level, links, n);
    for (uint32_t l = 0; l <= level; l++) publish(g, l, l ? x : id, links[l], n[l]);
}

/* ---- all of them ---- */

/* The highest document comes first, and alone. */
static void insert_entry(struct builder *b)
{
    struct graph *g = &b->g;
    uint32_t best = levels_best(b, b->have);
    g->entry = levels_best(b, b->kept);
    if (g->entry != NONE && graph_level(g, best) <= graph_level(g, g->entry)) return;
    if (g->entry != NONE) insert(b, b->scratch[0], g->upper[best].id);
    g->entry = best;
    bits_set(b->kept, g->upper[best].id);
}

static void report(struct builder *b, uint32_t done)
{
    pthread_mutex_lock(&b->lock);
    b->done += done;
    if (b->progress && !b->stop && !b->progress(b->progress_arg, b->done, b->g.n)) b->stop = true;
    pthread_mutex_unlock(&b->lock);
}

static void insert_chunk(void *arg, size_t chunk, unsigned worker)
{
    struct builder *b = arg;
    uint32_t id = (uint32_t)chunk * CHUNK, end = b->g.n - id < CHUNK ? b->g.n : id + CHUNK, from = id;
    if (b->stop) return;
    for (; id < end; id++)
        if (bits_get(b->have, id) && !bits_get(b->kept, id)) insert(b, b->scratch[worker], id);
    report(b, end - from);
}

void insert_all(struct builder *b)
{
    insert_entry(b);
    pool_for(b->pool, ((size_t)b->g.n + CHUNK - 1) / CHUNK, insert_chunk, b);
}
