/* A line of a catalogue, made ready for the writer. The first half is cheap and always needed: parse, check, hash. The second
 * is what costs: words and vector; it is left out when the store already holds the same. Both halves run on any thread. */
#ifndef SOUK_PREPARE_H
#define SOUK_PREPARE_H

#include "embed/embed.h"
#include "indexer/product.h"
#include "indexer/snapshot.h"

/* The tools of one thread. */
struct preparer;
struct preparer *preparer_new(const struct embedder *model);
void preparer_free(struct preparer *p);

struct prepared {
    struct product product;
    struct doc_head head;
    struct buf json;  /* the product, compact */
    struct buf terms; /* as terms_of writes them */
    uint16_t *vector; /* dim halfs, zeros when the text has no known token */
    uint32_t languages;
    bool has_body;
};

void prepared_init(struct prepared *p);
void prepared_clear(struct prepared *p); /* keeps the memory for the next line */
void prepared_release(struct prepared *p);

int prepare_line(struct prepared *p, const char *line, size_t n, struct errmsg *e);
int prepare_json(struct prepared *p, json_t *json, struct errmsg *e); /* takes json over */

/* reuse (may be NULL, between snapshot_begin and _end) is an index made with the same model: where it holds the product with
 * the same text, its vector is taken over. */
void prepare_body(struct preparer *t, struct prepared *p, struct snapshot *reuse);

#endif
