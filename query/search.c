#include "query/search.h"

#include "base/bits.h"
#include "base/clock.h"
#include "base/mem.h"
#include "indexer/calibrate.h"
#include "query/filter.h"
#include "query/lexical.h"
#include "query/meaning.h"
#include "query/order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The weight of the weakest word, and that of lex^3, against the cosine: see fuse. */
#define WEAKEST_WEIGHT 0.5f
#define LEXICAL_WEIGHT 0.6f

/* A best hit below this cosine is none. Of the shipped model; others lie elsewhere, mostly above. Of 54 queries for what the
 * sample store does not have, 16 find nothing with it and 1 without; icecat's nDCG@10 over judged products is .705 and .716. */
#define LEAST_COSINE 0.30f

/* Hits by meaning have at least this share of the best one's cosine. */
#define FLOOR_SHARE 0.4f

enum {
    LEXICAL_COSINES = 1000, /* lexical matches whose cosine is computed */
    SECOND_LOOKS = 200,     /* candidates of each lane whose weakest word is looked at */
    IDENTIFIER_HITS = 64,
    SIMILAR_K = 100, /* products like another one */
};

struct searcher {
    struct index *ix;
    const struct embedder *model;
    struct snapshot *snap;
    struct embed_scratch *embed;
    struct lexical *lexical;
    struct arena arena;
    float *vector;
    struct ann_hit *nearest; /* SEARCH_K */
    struct meaning meaning;
    /* by document: valid where the stamp says so, so that nothing has to be cleared */
    struct sight {
        float cosine, weakest;
        uint32_t stamp;
    } * sights;
    size_t cap_sights;
    uint32_t now;
    struct query_words words;
    uint32_t identified[IDENTIFIER_HITS];
    size_t n_identified;
    /* of the request at work */
    const struct search_request *q;
    bool has_vector;
    float unseen_cosine, unseen_weakest; /* for candidates so far down that nobody computed theirs */
};

/* Vectors of two models do not compare, and need not even have the same length. */
static int check_model(struct snapshot *snap, const struct index *ix, const struct embedder *model, struct errmsg *e)
{
    int rc = snapshot_begin(snap, e);
    if (rc) return rc;
    const struct manifest *m = snapshot_manifest(snap);
    if (strcmp(m->model_id, embed_model_id(model)) || m->dim != embed_dim(model))
        rc = errmsg_set(e, ERR_MISMATCH,
                        "index \"%s\" was made with the model %s (%.8s), not %s (%.8s); give that one with --model", ix->name,
                        m->model_name, m->model_id, embed_name(model), embed_model_id(model));
    snapshot_end(snap);
    return rc;
}

int searcher_new(struct searcher **out, struct index *ix, const struct embedder *model, struct errmsg *e)
{
    struct searcher *s = xcalloc(1, sizeof *s);
    *out = NULL;
    int rc = snapshot_new(&s->snap, ix, e);
    if (!rc && (rc = check_model(s->snap, ix, model, e)) != 0) snapshot_free(s->snap);
    if (rc) {
        free(s);
        return rc;
    }
    s->ix = ix;
    s->model = model;
    s->embed = embed_scratch_new(model);
    s->lexical = lexical_new();
    s->vector = xaligned(64, embed_dim(model) * sizeof *s->vector);
    s->nearest = xmalloc(SEARCH_K * sizeof *s->nearest);
    meaning_init(&s->meaning, embed_dim(model));
    *out = s;
    return 0;
}

void searcher_free(struct searcher *s)
{
    if (!s) return;
    snapshot_free(s->snap);
    embed_scratch_free(s->embed);
    lexical_free(s->lexical);
    arena_release(&s->arena);
    free(s->vector);
    free(s->nearest);
    free(s->sights);
    meaning_release(&s->meaning);
    free(s);
}

struct snapshot *searcher_snapshot(struct searcher *s)
{
    return s->snap;
}
struct arena *searcher_arena(struct searcher *s)
{
    return &s->arena;
}
const struct query_words *searcher_words(const struct searcher *s)
{
    return &s->words;
}
struct lexical *searcher_lexical(struct searcher *s)
{
    return s->lexical;
}

/* ---- scores ---- */

static void new_scores(struct searcher *s)
{
    size_t had = s->cap_sights;
    xgrow(&s->sights, &s->cap_sights, snapshot_docs(s->snap), sizeof *s->sights);
    if (s->cap_sights > had) memset(s->sights + had, 0, (s->cap_sights - had) * sizeof *s->sights);
    if (++s->now == 0) {
        memset(s->sights, 0, s->cap_sights * sizeof *s->sights);
        s->now = 1;
    }
    s->unseen_cosine = 0;
    s->unseen_weakest = 1;
    s->has_vector = false;
    s->n_identified = 0;
    s->words.n = 0;
    s->meaning.n = 0;
}

static bool is_seen(const struct searcher *s, uint32_t doc)
{
    return s->sights[doc].stamp == s->now;
}

/* Takes note of a document's cosine, with a second look at its weakest word or without. */
static void see(struct searcher *s, uint32_t doc, float cosine, bool second_look)
{
    struct sight *x = &s->sights[doc];
    const uint16_t *row = second_look && s->meaning.n ? snapshot_vector_f16(s->snap, doc) : NULL;
    *x = (struct sight){cosine, cosine, s->now};
    if (row) {
        x->weakest = meaning_weakest(&s->meaning, row, cosine);
        if (x->weakest < s->unseen_weakest) s->unseen_weakest = x->weakest;
    } else if (x->weakest > s->unseen_weakest) {
        x->weakest = s->unseen_weakest; /* no better than the worst that was looked at */
    }
}

static bool is_identified(const struct searcher *s, uint32_t doc)
{
    for (size_t i = 0; i < s->n_identified; i++)
        if (s->identified[i] == doc) return true;
    return false;
}

/* The formula of search.h. The weakest word: a document that lacks one of the words is not what was asked for. The third power:
 * a document that has all of the query's words is what was asked for; one that has a common word of them, perhaps of another
 * language, is hardly more than one that has none. */
static float fuse(enum search_mode mode, float cosine, float weakest, float share)
{
    if (cosine < 0) cosine = 0;
    if (weakest < 0) weakest = 0;
    if (mode == MODE_LEXICAL) return share;
    float lexical = mode == MODE_HYBRID ? LEXICAL_WEIGHT : 0;
    float score = (cosine + WEAKEST_WEIGHT * weakest + lexical * share * share * share) / (1 + WEAKEST_WEIGHT + lexical);
    return score > 0.999f ? 0.999f : score; /* 1 is for identifiers */
}

static float score_of(void *arg, uint32_t doc)
{
    struct searcher *s = arg;
    if (s->n_identified && is_identified(s, doc)) return 1;
    float share = s->words.n ? lexical_find(s->lexical, doc).share : 0;
    if (is_seen(s, doc)) return fuse(s->q->mode, s->sights[doc].cosine, s->sights[doc].weakest, share);
    return fuse(s->q->mode, s->unseen_cosine, s->unseen_weakest < s->unseen_cosine ? s->unseen_weakest : s->unseen_cosine, share);
}

/* A number that only an exact hit can mean: a GTIN, or what a product has as its identifier. Meaning has no vote on it, since
 * the vector of a number is near those of other numbers. */
static bool is_code(const struct searcher *s, const struct search_result *r)
{
    return r->identifier || identifier_is_gtin(s->q->q, s->q->q_n);
}

/* ---- lanes: each adds documents to set, which only holds those that pass the filter (ok) ---- */

/* Adds the products with this identifier; true when there are any, whether or not they pass the filter. */
static bool add_identified(struct searcher *s, const char *key, size_t n, const uint64_t *ok, uint64_t *set)
{
    uint32_t docs[IDENTIFIER_HITS];
    size_t found = snapshot_identifier(s->snap, key, n, docs, IDENTIFIER_HITS);
    for (size_t i = 0; i < found && s->n_identified < IDENTIFIER_HITS; i++) {
        if (!bits_get(ok, docs[i])) continue;
        bits_set(set, docs[i]);
        s->identified[s->n_identified++] = docs[i];
    }
    return found > 0;
}

/* Among other words only what can hardly be one of them: six letters and digits, or eight digits. */
static bool is_telling(const char *key, size_t n)
{
    size_t digits = 0;
    for (size_t i = 0; i < n; i++) digits += key[i] >= '0' && key[i] <= '9';
    return n >= 6 && digits && (digits < n || n >= 8);
}

static void identifier_lane(struct searcher *s, const uint64_t *ok, uint64_t *set, struct search_result *r)
{
    static const char blanks[] = " \t\r\n,;";
    char key[IDENTIFIER_MAX];
    size_t n = identifier_normalize(s->q->q, s->q->q_n, key), len;
    if (n >= 3 && add_identified(s, key, n, ok, set)) r->identifier = arena_strn(&s->arena, key, n); /* "42" is a size */
    if (r->identifier) return;
    for (const char *p = s->q->q + strspn(s->q->q, blanks); *p; p += len, p += strspn(p, blanks)) {
        len = strcspn(p, blanks);
        n = identifier_normalize(p, len, key);
        if (is_telling(key, n)) add_identified(s, key, n, ok, set);
    }
}

static bool knows_a_word(const struct searcher *s)
{
    for (size_t i = 0; i < s->words.n; i++)
        if (s->words.units[i].known) return true;
    return false;
}

/* Is there anything by meaning at all? The best hit is near enough for this model, and either there is more evidence for it than
 * nonsense reaches (calibrate.h) or the catalogue has one of the query's words. */
static bool means_anything(struct searcher *s, float best, uint32_t tokens, struct search_result *r)
{
    r->evidence = calibrate_evidence(best, embed_strength(s->embed), tokens, s->q->q, s->q->q_n);
    return best >= LEAST_COSINE && (r->evidence >= snapshot_manifest(s->snap)->noise || knows_a_word(s));
}

/* The nearest documents that pass, down to a share of the best cosine: that of the whole catalogue, since what a filter leaves
 * must not change what counts as near. Returns how many. */
static uint32_t nearest(struct searcher *s, const uint64_t *ok, uint32_t n_ok, float *best)
{
    uint32_t live = snapshot_manifest(s->snap)->n_live, n;
    struct ann_floor floor = {-1, FLOOR_SHARE};
    if (n_ok != live) {
        n = snapshot_nearest(s->snap, s->vector, 1, snapshot_live(s->snap), live, ANN_NO_FLOOR, s->nearest);
        floor = (struct ann_floor){n ? s->nearest[0].score * FLOOR_SHARE : 1, 0};
    }
    n = snapshot_nearest(s->snap, s->vector, SEARCH_K, ok, n_ok, floor, s->nearest);
    *best = n_ok != live ? floor.score / FLOOR_SHARE : n ? s->nearest[0].score : 0;
    return n;
}

static void semantic_lane(struct searcher *s, const uint64_t *ok, uint32_t n_ok, uint64_t *set, struct search_result *r)
{
    uint32_t tokens = embed_text(s->model, s->embed, EMBED_QUERY, s->q->q, s->q->q_n, s->vector);
    float best;
    s->has_vector = tokens > 0;
    if (!tokens) return;
    uint32_t n = nearest(s, ok, n_ok, &best);
    r->floor = best * FLOOR_SHARE;
    if (!means_anything(s, best, tokens, r)) return;
    meaning_of(&s->meaning, s->model, s->embed, s->q->q, s->q->q_n);
    for (uint32_t i = 0; i < n; i++) {
        see(s, s->nearest[i].id, s->nearest[i].score, i < SECOND_LOOKS);
        bits_set(set, s->nearest[i].id);
    }
}

static int by_share(const void *a, const void *b)
{
    const struct lexical_hit *x = a, *y = b;
    if (x->share != y->share) return x->share < y->share ? 1 : -1;
    return x->doc > y->doc ? -1 : x->doc < y->doc;
}

/* Cosines for the best lexical matches that the graph did not bring; those further down get the least of these. */
static void cosines_of_matches(struct searcher *s, struct lexical_hit *matches, size_t n)
{
    float least = 1;
    if (n > LEXICAL_COSINES) qsort(matches, n, sizeof *matches, by_share);
    for (size_t i = 0; i < n && i < LEXICAL_COSINES; i++) {
        uint32_t doc = matches[i].doc;
        if (!is_seen(s, doc)) see(s, doc, snapshot_similarity(s->snap, s->vector, doc), i < SECOND_LOOKS);
        if (s->sights[doc].cosine < least) least = s->sights[doc].cosine;
    }
    s->unseen_cosine = n && least > 0 ? least : 0;
}

static void lexical_lane(struct searcher *s, const uint64_t *ok, uint64_t *set)
{
    size_t n, n_matches = 0;
    const struct lexical_hit *hits = lexical_search(s->lexical, s->snap, &s->words, ok, &n);
    struct lexical_hit *matches = ARENA_NEW(&s->arena, struct lexical_hit, n);
    for (size_t i = 0; i < n; i++) {
        if (hits[i].coverage < MATCH_COVERAGE) continue;
        bits_set(set, hits[i].doc);
        matches[n_matches++] = hits[i];
    }
    if (s->has_vector) cosines_of_matches(s, matches, n_matches);
}

/* ---- the parts of a result ---- */

static int filtered(struct searcher *s, uint64_t **ok, struct errmsg *e)
{
    struct filter *f = NULL;
    *ok = arena_dup(&s->arena, snapshot_live(s->snap), (bits_words(snapshot_docs(s->snap)) + 1) * 8);
    int rc = s->q->filter && s->q->filter[strspn(s->q->filter, " \t\r\n")] ? filter_parse(&f, s->q->filter, &s->arena, e) : 0;
    return rc || !f ? rc : filter_apply(f, s->snap, *ok, &s->arena, e);
}

static void fill_hit(struct searcher *s, uint32_t doc, struct search_hit *h)
{
    struct lexical_hit lex = s->words.n ? lexical_find(s->lexical, doc) : (struct lexical_hit){0};
    *h = (struct search_hit){.doc = doc,
                             .score = score_of(s, doc),
                             .cosine = is_seen(s, doc) ? s->sights[doc].cosine : NAN,
                             .weakest = is_seen(s, doc) ? s->sights[doc].weakest : NAN,
                             .lexical = lex.share,
                             .coverage = lex.coverage,
                             .identifier = is_identified(s, doc)};
}

/* Scores of named products, whether or not they are in the set. */
static void score_named(struct searcher *s, struct search_result *r)
{
    r->scores = ARENA_NEW(&s->arena, float, s->q->n_score_ids);
    for (size_t i = 0; i < s->q->n_score_ids; i++) {
        uint32_t doc = snapshot_find(s->snap, s->q->score_ids[i], strlen(s->q->score_ids[i]));
        r->scores[i] = -1;
        if (doc == UINT32_MAX) continue;
        if (s->has_vector && !is_seen(s, doc)) see(s, doc, snapshot_similarity(s->snap, s->vector, doc), true);
        r->scores[i] = score_of(s, doc);
    }
}

/* The page, facets and statistics of a set. */
static int present(struct searcher *s, uint64_t *set, const struct sort_key *sorts, size_t n_sorts, struct search_result *r,
                   struct errmsg *e)
{
    const struct search_request *q = s->q;
    uint32_t *docs = ARENA_NEW(&s->arena, uint32_t, q->limit);
    r->set = set;
    r->total = bits_count(set, snapshot_docs(s->snap));
    r->offset = q->offset;
    int rc = order_page(s->snap, set, sorts, n_sorts, score_of, s, q->offset, q->limit, &s->arena, docs, &r->n_hits, e);
    if (rc) return rc;
    r->hits = ARENA_NEW(&s->arena, struct search_hit, r->n_hits);
    for (uint32_t i = 0; i < r->n_hits; i++) fill_hit(s, docs[i], &r->hits[i]);
    return facets_compute(s->snap, &q->facets, set, &s->arena, &r->facets, &r->n_facets, &r->stats, &r->n_stats);
}

static int browse(struct searcher *s, uint64_t *ok, struct search_result *r, struct errmsg *e)
{
    static const struct sort_key popular[] = {{"popularity", true}};
    bool known = snapshot_column(s->snap, "popularity") != NULL;
    if (s->q->n_sorts) return present(s, ok, s->q->sorts, s->q->n_sorts, r, e);
    return present(s, ok, popular, known, r, e);
}

static int answer(struct searcher *s, struct search_result *r, struct errmsg *e)
{
    uint64_t *ok, begun = clock_us();
    uint32_t n_docs = snapshot_docs(s->snap);
    int rc = filtered(s, &ok, e);
    if (rc) return rc;
    r->language = detect(s->q->q, s->q->q_n);
    if (is_invisible(s->q->q, s->q->q_n)) return browse(s, ok, r, e);
    uint64_t *set = arena_zero(&s->arena, (bits_words(n_docs) + 1) * 8);
    identifier_lane(s, ok, set, r);
    if (s->q->mode != MODE_SEMANTIC) lexical_words(s->lexical, s->snap, s->q->q, s->q->q_n, &s->arena, &s->words);
    if (s->q->mode != MODE_LEXICAL && !is_code(s, r)) semantic_lane(s, ok, bits_count(ok, n_docs), set, r);
    uint64_t middle = clock_us();
    r->semantic_us = middle - begun;
    if (s->q->mode != MODE_SEMANTIC) lexical_lane(s, ok, set);
    r->lexical_us = clock_us() - middle;
    if (s->q->n_score_ids) score_named(s, r);
    return present(s, set, s->q->sorts, s->q->n_sorts, r, e);
}

/* Begins a request: a snapshot, empty scratch. */
static int begin(struct searcher *s, const struct search_request *q, struct search_result *r, struct errmsg *e)
{
    *r = (struct search_result){0};
    arena_clear(&s->arena);
    s->q = q;
    int rc = snapshot_begin(s->snap, e);
    if (rc) return rc;
    new_scores(s);
    return 0;
}

int search_begin(struct searcher *s, const struct search_request *q, struct search_result *r, struct errmsg *e)
{
    uint64_t begun = clock_us();
    int rc = begin(s, q, r, e);
    if (!rc) rc = answer(s, r, e);
    r->total_us = clock_us() - begun;
    return rc;
}

void search_end(struct searcher *s)
{
    snapshot_end(s->snap);
}

static int similar(struct searcher *s, uint32_t doc, struct search_result *r, struct errmsg *e)
{
    uint64_t *ok, *set;
    uint32_t n_docs = snapshot_docs(s->snap), n = 0;
    int rc = filtered(s, &ok, e);
    if (rc) return rc;
    set = arena_zero(&s->arena, (bits_words(n_docs) + 1) * 8);
    bits_del(ok, doc);
    s->has_vector = snapshot_vector(s->snap, doc, s->vector);
    if (s->has_vector)
        n = snapshot_nearest(s->snap, s->vector, SIMILAR_K, ok, bits_count(ok, n_docs),
                             (struct ann_floor){LEAST_COSINE, FLOOR_SHARE}, s->nearest);
    for (uint32_t i = 0; i < n; i++) {
        see(s, s->nearest[i].id, s->nearest[i].score, false);
        bits_set(set, s->nearest[i].id);
    }
    return present(s, set, NULL, 0, r, e);
}

int search_similar_begin(struct searcher *s, const char *id, size_t n, const struct search_request *q, struct search_result *r,
                         struct errmsg *e)
{
    uint64_t begun = clock_us();
    int rc = begin(s, q, r, e);
    if (rc) return rc;
    uint32_t doc = snapshot_find(s->snap, id, n);
    rc = doc == UINT32_MAX ? errmsg_set(e, ERR_NOT_FOUND, "there is no product \"%.*s\"", (int)n, id) : similar(s, doc, r, e);
    r->total_us = clock_us() - begun;
    return rc;
}
