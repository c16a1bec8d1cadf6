/* The indexes of a data folder, opened at first use and shared by all threads, and the model that they need.
 *
 * A searcher is borrowed for one request:
 *
 *     struct searcher *s;
 *     if ((rc = engine_borrow(en, "products", worker, &s, &e))) ...   ERR_NOT_FOUND: no such index
 *     ... search_begin, search_end ...
 *     engine_return(en, worker);
 *
 * A rebuilt index (CURRENT names another generation) is opened anew at the next borrow, without a pause: requests that run
 * keep the old one until they end. */
#ifndef SOUK_ENGINE_H
#define SOUK_ENGINE_H

#include "query/search.h"

struct engine;

/* model: path of a GGUF file, or NULL for the one that is shipped. threads: how many workers will borrow, numbered from 0. */
int engine_open(struct engine **out, const char *data, const char *model, unsigned threads, struct errmsg *e);
void engine_close(struct engine *en);

int engine_borrow(struct engine *en, const char *index, unsigned worker, struct searcher **s, struct errmsg *e);
void engine_return(struct engine *en, unsigned worker);

/* The next borrow looks at CURRENT, however short the last look is ago: before a write, which must not go to a generation that
 * a rebuild has just replaced. */
void engine_look_anew(struct engine *en, const char *index);

const struct embedder *engine_model(const struct engine *en);
const char *engine_data(const struct engine *en);

/* The open index itself, while borrowed: for imports. */
struct index *engine_index(struct engine *en, unsigned worker);

#endif
