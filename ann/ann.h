/* ann/ - the nearest vectors: a hierarchical navigable small-world graph over int8 codes, rescored with half floats, read
 * straight from an LMDB map.
 *
 * The graph is that of Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using Hierarchical
 * Navigable Small World graphs" (TPAMI 2020): every document is a node of the ground level with up to 2M links, one in M is
 * also a node of the level above with up to M links, and so on. A search walks down greedily, then keeps the ef best of the
 * ground level. What differs here, and why, stands at the top of walk.c (several nodes are expanded at a time), insert.c
 * (how links are chosen and published) and format.h (what the file holds).
 *
 *     struct errmsg e = {0};
 *     struct ann *a;
 *     rc = ann_build("graph.mdb", &(struct ann_params){.dim = 384}, n, source, arg, NULL, NULL, NULL, &e);
 *     rc = ann_open(&a, "graph.mdb", &e);
 *     struct ann_scratch *s = ann_scratch_new();
 *     struct ann_hit hits[10];
 *     uint32_t found = ann_search(a, s, query, 10, 0, NULL, UINT32_MAX, ANN_NO_FLOOR, hits);
 *
 * Node number == document number, a u32 that the caller gives. Numbers without a vector are holes: known to the graph by
 * ann_size, never found. An epoch (one file) is written once and never changed; documents that came later lie in a delta,
 * scanned by ann_scan_f16, until a build with `prev` merges them. Documents deleted since are left out by the filter.
 *
 * All vectors are of unit length, so that the dot product is the cosine. Any number of threads may search one struct ann,
 * each with its own scratch. Pointers into the map live until ann_close. */
#ifndef SOUK_ANN_H
#define SOUK_ANN_H

#include "base/err.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct ann;         /* one epoch, open and immutable */
struct ann_scratch; /* what a searching thread needs; grows with the largest search, then allocates nothing */

struct ann_hit {
    uint32_t id;
    float score; /* cosine, from the half-float vector; behind the first 256 hits from the code, good to half a percent */
};

enum {
    ANN_MAX_DIM = 4096,
    ANN_MAX_M = 64,
    ANN_GRAPH_MIN = 4096, /* below this many vectors an exact scan is as fast as a graph (45 us at 10k), and exact */
};
#define ANN_MAX_DOCUMENTS (1u << 30)

/* ---- building ---- */

/* 0 anywhere means the default named at the right. */
struct ann_params {
    uint32_t dim;             /* 8..ANN_MAX_DIM; no default */
    uint32_t M;               /* 16: links of a node on upper levels, twice as many on the ground */
    uint32_t ef_construction; /* 200: 100 halves the time and costs 3% recall at equal ef, 400 doubles it and gains .4% */
    unsigned threads;         /* one for each CPU; with 1 the same input gives the same file */
    uint64_t seed;            /* of the level draw */
};

/* Where a build gets its vectors: writes dim halfs, of unit length, for document id to out; false for a hole. Called from
 * several threads at once, and for some documents twice; must give the same answer each time. */
typedef bool (*ann_source)(void *arg, uint32_t id, uint16_t *out);

/* Builds a graph of documents 0..n-1 into a new file at path: written beside as path.tmp, synced, renamed, so that path is
 * always the old file or the new one. prev (may be NULL) is an older epoch: the links of documents that it holds with the same
 * vector are kept, links to those gone are mended, and only the others are inserted; its M and seed are kept too. A prev of
 * another dim or M is ignored. progress (may be NULL) is called from time to time, by one thread at a time, with the number of
 * documents done; when it returns false the build ends with ERR_STOPPED and leaves nothing behind. Memory while it runs:
 * n * (dim + 8M) bytes and little more. */
int ann_build(const char *path, const struct ann_params *p, uint32_t n, ann_source source, void *arg, const struct ann *prev,
              bool (*progress)(void *arg2, uint32_t done, uint32_t n), void *arg2, struct errmsg *e);

/* ---- opening ---- */

/* Opens the file at path, in well under a millisecond whatever its size: the vectors are not read. The file may be anything:
 * a foreign, cut or damaged one gives ERR_FORMAT, a newer one ERR_MISMATCH. Damage inside the vectors or links is not seen here
 * (ann_check finds it) and makes searches wrong but never unsafe. The file must not be cut while it is open. */
int ann_open(struct ann **out, const char *path, struct errmsg *e);
void ann_close(struct ann *a);           /* NULL is allowed */
uint32_t ann_size(const struct ann *a);  /* documents 0..size-1 are known to it, holes included */
uint32_t ann_count(const struct ann *a); /* of these, how many have a vector */
uint32_t ann_dim(const struct ann *a);
bool ann_has_graph(const struct ann *a); /* false: so few vectors that every search is an exact scan */
bool ann_has(const struct ann *a, uint32_t id);
bool ann_vector(const struct ann *a, uint32_t id, float *out);    /* its dim numbers; false for a hole, out untouched */
const uint16_t *ann_vector_f16(const struct ann *a, uint32_t id); /* into the map; NULL for a hole */

/* Asks the kernel to read codes and links in now, instead of page by page under the first queries. */
void ann_warm(const struct ann *a);

/* ---- searching ---- */

struct ann_scratch *ann_scratch_new(void);
void ann_scratch_free(struct ann_scratch *s);

/* What is not worth finding: a walk ends when all that is left is worse than both of these. They save time, not results: some
 * hits may still be worse, the caller cuts them off. */
struct ann_floor {
    float score; /* a cosine; -1 (or less): none */
    float share; /* of the best hit's score; 0: none */
};
#define ANN_NO_FLOOR ((struct ann_floor){-1, 0})

/* The k nearest of unit vector q among documents whose bit is set in ok (NULL: all), best first, in hits (room for k); returns
 * how many. ok has ann_size bits at least. n_ok is the number of its set bits (UINT32_MAX: unknown, they are counted).
 * ef is how many candidates the walk keeps: more is slower and finds more; 0 is a good default for k (recall@10 .99, and .97 of
 * a thousand). Whatever is estimated to cost less, a walk or an exact scan of the allowed documents, is done; a walk that a
 * filter leads astray ends in the scan. So k allowed documents are always found if there are k. */
uint32_t ann_search(const struct ann *a, struct ann_scratch *s, const float *q, uint32_t k, uint32_t ef, const uint64_t *ok,
                    uint32_t n_ok, struct ann_floor floor, struct ann_hit *hits);

/* The same by a scan of all codes and rescoring: the truth that recall is measured against. */
uint32_t ann_search_exact(const struct ann *a, struct ann_scratch *s, const float *q, uint32_t k, const uint64_t *ok,
                          uint32_t n_ok, struct ann_hit *hits);

/* ---- the k best of several sources: graph and delta ---- */

/* A set that keeps the k best (id, score) of all that is added, in constant time each: up to 2k lie unsorted, then the worse
 * half is dropped. Equal scores: the smaller id is better. The caller brings the memory: ANN_TOP_ROOM(k) keys.
 *
 *     ann_top_init(&t, keys, k, min_score);
 *     n = ann_search(a, s, q, k, 0, ok, n_ok, floor, hits);
 *     for (uint32_t i = 0; i < n; i++) ann_top_add(&t, hits[i].id, hits[i].score);
 *     ann_scan_f16(q, dim, rows, n_rows, ann_size(a), ok, &t);
 *     n = ann_top_take(&t, hits); */
struct ann_top {
    uint64_t *keys; /* score in the upper half, as an unsigned number that sorts alike; ~id in the lower */
    uint32_t n, k;
    uint64_t floor; /* only greater keys are of use */
};
#define ANN_TOP_ROOM(k) (2 * (size_t)(k) + 64)

static inline uint64_t ann_top_key(uint32_t id, float score)
{
    uint32_t b;
    memcpy(&b, &score, 4);
    b = b & 0x80000000u ? ~b : b | 0x80000000u;
    return (uint64_t)b << 32 | (uint32_t)~id;
}
void ann_top_init(struct ann_top *t, uint64_t *keys, uint32_t k, float min_score); /* -INFINITY: no minimum */
void ann_top_trim(struct ann_top *t); /* private: drops what is not among the k best */
static inline void ann_top_add(struct ann_top *t, uint32_t id, float score)
{
    uint64_t key = ann_top_key(id, score);
    if (key <= t->floor) return;
    t->keys[t->n++] = key;
    if (t->n == ANN_TOP_ROOM(t->k)) ann_top_trim(t);
}
uint32_t ann_top_take(struct ann_top *t, struct ann_hit *hits); /* the k best, best first, to hits; the count; t is empty then */

/* The delta: offers rows 0..n_rows-1 (dim halfs each, one behind the other) as documents first_id, first_id + 1, ... to top;
 * those whose bit is not set in ok (NULL: all) are passed over. About 18 ns a row of 384. */
void ann_scan_f16(const float *q, uint32_t dim, const uint16_t *rows, uint32_t n_rows, uint32_t first_id, const uint64_t *ok,
                  struct ann_top *top);

/* ---- looking after it ---- */

/* Reads everything: checksums, links in range and to documents that are there, degrees, and that every document can be reached
 * from the entry point. 0, or ERR_FORMAT with what is wrong. */
int ann_check(const struct ann *a, struct errmsg *e);

/* Recall@k at default settings against the exact scan, over `sample` stored vectors, each looking for its neighbours but not
 * itself. 1 for an index without vectors. */
double ann_recall(const struct ann *a, uint32_t k, uint32_t sample, uint64_t seed);

#endif
