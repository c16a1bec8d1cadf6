/* Merging: small posting segments into large ones, the delta of vectors into the next epoch of the graph.
 *
 * The graph is written into a file of its own while readers go on with the old one; then one commit names the new epoch,
 * empties the delta and swaps segments. Killed before that commit, the next merge overwrites the file; killed after it, the old
 * file is left over and removed by the next one. */
#include "base/bits.h"
#include "base/mem.h"
#include "indexer/calibrate.h"
#include "indexer/snapshot.h"
#include "indexer/vectors.h"
#include "indexer/writer_state.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    DELTA_MIN = 2000,  /* rows that brute force does in about 30 us */
    DELTA_MAX = 10000, /* always merge above this */
    DELTA_SHARE = 50,  /* or above a fiftieth of the index */
    SEGMENTS_MAX = 8,  /* segments that one query may have to look into */
};

/* ---- the set of dead documents ---- */

int dead_load(struct writer *w, MDB_txn *txn, struct errmsg *e)
{
    MDB_val k = val("dead", 4), v;
    int rc = mdb_get(txn, w->ix->store.meta, &k, &v);
    if (w->dead) roaring_bitmap_free(w->dead);
    w->dead = rc ? roaring_bitmap_create() : roaring_bitmap_portable_deserialize_safe(v.mv_data, v.mv_size);
    if (rc && rc != MDB_NOTFOUND) return rc;
    if (w->dead) return 0;
    w->dead = roaring_bitmap_create();
    return errmsg_set(e, ERR_FORMAT, "%s: the set of dead documents is damaged", w->ix->store.path);
}

int dead_save(struct writer *w)
{
    roaring_bitmap_run_optimize(w->dead);
    MDB_val k = val("dead", 4), v = {roaring_bitmap_portable_size_in_bytes(w->dead), NULL};
    int rc = mdb_put(w->txn, w->ix->store.meta, &k, &v, MDB_RESERVE);
    if (!rc) roaring_bitmap_portable_serialize(w->dead, v.mv_data);
    return rc;
}

static uint64_t *dead_bits(const struct writer *w)
{
    uint64_t *bits = xcalloc(bits_words(w->m.next_doc) + 1, 8);
    roaring_uint32_iterator_t it;
    roaring_init_iterator(w->dead, &it);
    for (; it.has_value && it.current_value < w->m.next_doc; roaring_advance_uint32_iterator(&it))
        bits_set(bits, it.current_value);
    return bits;
}

/* ---- posting segments ---- */

static int load_segments(struct writer *w, struct segment **out, uint32_t **numbers, size_t *n)
{
    MDB_cursor *cur = NULL;
    MDB_val k, v;
    size_t cap = 0, cap_numbers = 0;
    int rc = mdb_cursor_open(w->txn, w->ix->store.lex, &cur);
    *n = 0;
    while (!rc && !(rc = mdb_cursor_get(cur, &k, &v, MDB_NEXT))) {
        xgrow(out, &cap, *n + 1, sizeof **out);
        xgrow(numbers, &cap_numbers, *n + 1, sizeof **numbers);
        if (!segment_open(&(*out)[*n], v.mv_data, v.mv_size)) rc = MDB_CORRUPTED;
        memcpy(&(*numbers)[(*n)++], k.mv_data, 4);
    }
    mdb_cursor_close(cur);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

/* Where to begin so that the segments from there on are worth joining: all those that are not much larger than what follows
 * them, so that a posting is rewritten a logarithmic number of times, and more while too many would be left. */
static size_t first_to_join(const struct segment *s, size_t n, bool force)
{
    if (force || n < 2) return 0;
    size_t first = n - 1;
    uint64_t behind = s[first].size;
    while (first > 0 && (s[first - 1].size <= 4 * behind || first >= SEGMENTS_MAX)) behind += s[--first].size;
    return first;
}

static int join_segments(struct writer *w, bool force)
{
    struct segment *s = NULL;
    uint32_t *numbers = NULL;
    uint64_t *dead = dead_bits(w);
    size_t n = 0;
    struct buf bytes = BUF_INIT(UINT32_MAX);
    int rc = load_segments(w, &s, &numbers, &n);
    size_t first = rc || !n ? n : first_to_join(s, n, force);
    if (!rc && n - first >= 2) {
        segment_merge(s + first, n - first, dead, w->m.next_doc, &bytes);
        if (bytes.failed) goto out; /* past 4 GiB: they stay apart */
        for (size_t i = first; !rc && i < n; i++) rc = mdb_del(w->txn, w->ix->store.lex, &(MDB_val){4, &numbers[i]}, NULL);
        MDB_val k = val(&numbers[first], 4), v = val(bytes.data, bytes.n);
        if (!rc) rc = mdb_put(w->txn, w->ix->store.lex, &k, &v, 0);
    }
out:
    buf_release(&bytes);
    free(s);
    free(numbers);
    free(dead);
    return rc;
}

/* ---- graph ---- */

struct source {
    struct snapshot *snap;
    uint32_t dim;
};

static bool vector_of(void *arg, uint32_t id, uint16_t *out)
{
    struct source *s = arg;
    if (!bits_get(snapshot_live(s->snap), id)) return false;
    const uint16_t *row = snapshot_vector_f16(s->snap, id);
    if (row) memcpy(out, row, (size_t)s->dim * 2);
    return row != NULL;
}

static bool graph_due(const struct snapshot *snap)
{
    const struct manifest *m = snapshot_manifest(snap);
    uint32_t rows = snapshot_delta_rows(snap);
    return rows >= DELTA_MAX || (rows >= DELTA_MIN && rows > m->next_doc / DELTA_SHARE);
}

static int build_graph(struct writer *w, struct snapshot *snap, uint32_t epoch, bool (*progress)(void *, uint32_t, uint32_t),
                       void *arg, struct errmsg *e)
{
    struct ann_params params = {.dim = w->m.dim};
    struct source source = {snap, w->m.dim};
    struct graph *prev = NULL;
    char *path = graph_path(w->ix, epoch);
    int rc = w->m.graph_epoch ? graph_get(w->ix, w->m.graph_epoch, &prev, e) : 0;
    if (!rc) rc = ann_build(path, &params, w->m.next_doc, vector_of, &source, prev ? prev->ann : NULL, progress, arg, e);
    if (prev) graph_put(w->ix, prev);
    free(path);
    return rc;
}

static int name_graph(struct writer *w, uint32_t epoch)
{
    w->m.graph_epoch = epoch;
    w->m.graph_docs = w->m.next_doc;
    return vectors_clear(&w->ix->store, w->txn);
}

/* Measures the noise anew when the graph changed, or a quarter of the catalogue. A commit of its own: it needs the new graph. */
static int calibrate(struct writer *w, bool graph, struct errmsg *e)
{
    struct snapshot *snap;
    uint32_t change = w->m.n_live > w->m.noise_live ? w->m.n_live - w->m.noise_live : w->m.noise_live - w->m.n_live;
    if (!w->model || (!graph && change <= w->m.noise_live / 4)) return 0;
    int rc = snapshot_new(&snap, w->ix, e);
    if (rc) return rc;
    float noise = 0;
    if ((rc = snapshot_begin(snap, e)) == 0) {
        noise = calibrate_noise(snap, w->model);
        snapshot_end(snap);
    }
    snapshot_free(snap);
    if (!rc) rc = writer_begin(w, e);
    if (rc) return rc;
    w->m.noise = noise;
    w->m.noise_live = w->m.n_live;
    return writer_commit(w, e);
}

int writer_merge(struct writer *w, bool force, bool (*progress)(void *, uint32_t, uint32_t), void *arg, struct errmsg *e)
{
    struct snapshot *snap;
    uint32_t old = w->m.graph_epoch, epoch = old + 1;
    int rc = snapshot_new(&snap, w->ix, e);
    if (rc) return rc;
    if ((rc = snapshot_begin(snap, e)) != 0) {
        snapshot_free(snap);
        return rc;
    }
    bool graph = snapshot_delta_rows(snap) && (force || graph_due(snap));
    if (graph) rc = build_graph(w, snap, epoch, progress, arg, e);
    snapshot_end(snap);
    snapshot_free(snap);
    if (!rc) rc = writer_begin(w, e);
    if (rc) return rc;
    if (graph) rc = name_graph(w, epoch);
    if (!rc) rc = join_segments(w, force);
    if (rc) {
        writer_abort(w);
        return store_error(&w->ix->store, rc, e);
    }
    if ((rc = writer_commit(w, e)) == 0 && graph && old) {
        char *path = graph_path(w->ix, old);
        unlink(path); /* readers that still map it keep it until they let go */
        free(path);
    }
    return rc ? rc : calibrate(w, graph, e);
}
