#include "indexer/prepare.h"

#include "base/kernel.h"
#include "base/mem.h"
#include "indexer/terms.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { JSON_MAX = 64 << 20 };

struct preparer {
    const struct embedder *model;
    struct embed_scratch *scratch;
    struct term_tools *terms;
    struct buf text;
    float *vector;
};

struct preparer *preparer_new(const struct embedder *model)
{
    struct preparer *t = xcalloc(1, sizeof *t);
    t->model = model;
    t->scratch = embed_scratch_new(model);
    t->terms = term_tools_new();
    t->text = (struct buf)BUF_INIT(JSON_MAX);
    t->vector = xmalloc(embed_dim(model) * sizeof *t->vector);
    return t;
}

void preparer_free(struct preparer *t)
{
    if (!t) return;
    embed_scratch_free(t->scratch);
    term_tools_free(t->terms);
    buf_release(&t->text);
    free(t->vector);
    free(t);
}

void prepared_init(struct prepared *p)
{
    *p = (struct prepared){.json = BUF_INIT(JSON_MAX), .terms = BUF_INIT(JSON_MAX)};
}

void prepared_clear(struct prepared *p)
{
    product_release(&p->product);
    buf_clear(&p->json);
    buf_clear(&p->terms);
    p->has_body = false;
}

void prepared_release(struct prepared *p)
{
    prepared_clear(p);
    buf_release(&p->json);
    buf_release(&p->terms);
    free(p->vector);
    p->vector = NULL;
}

static void hash(const struct buf *b, uint64_t out[2])
{
    XXH128_hash_t h = XXH3_128bits(b->data, b->n);
    out[0] = h.low64;
    out[1] = h.high64;
}

static int make_head(struct prepared *p, int rc, struct errmsg *e)
{
    struct json_writer w = {.out = &p->json};
    if (rc) return rc;
    product_text_key(p->product.json, &p->json);
    hash(&p->json, p->head.text);
    buf_clear(&p->json);
    json_value(&w, p->product.json);
    hash(&p->json, p->head.all);
    return p->json.failed ? errmsg_set(e, ERR_TOO_BIG, "the product is larger than %d MB", JSON_MAX >> 20) : 0;
}

int prepare_line(struct prepared *p, const char *line, size_t n, struct errmsg *e)
{
    prepared_clear(p);
    return make_head(p, product_parse(&p->product, line, n, e), e);
}

int prepare_json(struct prepared *p, json_t *json, struct errmsg *e)
{
    prepared_clear(p);
    return make_head(p, product_check(&p->product, json, e), e);
}

static bool reuse_vector(const struct prepared *p, struct snapshot *reuse, uint32_t dim)
{
    if (!snapshot_has(reuse, p->product.id, p->product.id_n, &p->head)) return false;
    const uint16_t *row = snapshot_vector_f16(reuse, snapshot_find(reuse, p->product.id, p->product.id_n));
    if (row) memcpy(p->vector, row, dim * sizeof *row);
    return row != NULL;
}

void prepare_body(struct preparer *t, struct prepared *p, struct snapshot *reuse)
{
    uint32_t dim = embed_dim(t->model);
    if (!p->vector) p->vector = xmalloc(dim * sizeof *p->vector);
    if (!reuse || !reuse_vector(p, reuse, dim)) {
        buf_clear(&t->text);
        product_embed_text(p->product.json, &t->text);
        embed_text(t->model, t->scratch, EMBED_DOCUMENT, t->text.data ? t->text.data : "", t->text.n, t->vector);
        kernels()->to_f16(t->vector, p->vector, dim);
    }
    p->languages = terms_of(t->terms, p->product.json, &p->terms);
    p->has_body = true;
}
