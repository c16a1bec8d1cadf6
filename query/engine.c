#include "query/engine.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { STALE_CHECK_US = 200000 }; /* how often CURRENT is looked at: a rebuild is live after a fifth of a second at most */

/* One open generation, with a searcher for each worker that ever asked. */
struct entry {
    struct index *ix;
    struct searcher **searchers; /* by worker; made at first use */
    unsigned refs;               /* requests at work, and one while it is the current generation */
    uint64_t checked_us;
    struct entry *next; /* of the list of current ones */
};

struct engine {
    char *data;
    struct embedder *model;
    unsigned threads;
    pthread_mutex_t lock;
    struct entry *current;
    struct entry **borrowed; /* by worker */
};

int engine_open(struct engine **out, const char *data, const char *model, unsigned threads, struct errmsg *e)
{
    struct engine *en = xcalloc(1, sizeof *en);
    en->data = xstrdup(data);
    en->threads = threads;
    en->borrowed = xcalloc(threads, sizeof *en->borrowed);
    pthread_mutex_init(&en->lock, NULL);
    int rc = embed_open(&en->model, model, e);
    if (rc) {
        engine_close(en);
        return rc;
    }
    *out = en;
    return 0;
}

static void entry_free(struct engine *en, struct entry *x)
{
    for (unsigned i = 0; i < en->threads; i++) searcher_free(x->searchers[i]);
    free(x->searchers);
    index_close(x->ix);
    free(x);
}

static void unref(struct engine *en, struct entry *x)
{
    if (--x->refs == 0) entry_free(en, x);
}

void engine_close(struct engine *en)
{
    if (!en) return;
    while (en->current) {
        struct entry *x = en->current;
        en->current = x->next;
        unref(en, x);
    }
    embed_close(en->model);
    pthread_mutex_destroy(&en->lock);
    free(en->borrowed);
    free(en->data);
    free(en);
}

const struct embedder *engine_model(const struct engine *en)
{
    return en->model;
}
const char *engine_data(const struct engine *en)
{
    return en->data;
}

/* Opens for writing too, so that imports can share the environment; a folder that cannot be written is served read-only. */
static int open_entry(struct engine *en, const char *name, struct entry **out, struct errmsg *e)
{
    struct errmsg first = {0};
    struct index *ix;
    int rc = index_open(&ix, en->data, name, 0, &first);
    if (rc) rc = index_open(&ix, en->data, name, INDEX_READ, e);
    if (rc) return rc;
    struct entry *x = xcalloc(1, sizeof *x);
    *x = (struct entry){.ix = ix, .searchers = xcalloc(en->threads, sizeof *x->searchers), .refs = 1, .checked_us = clock_us()};
    *out = x;
    return 0;
}

static struct entry **find(struct engine *en, const char *name)
{
    struct entry **at = &en->current;
    while (*at && strcmp((*at)->ix->name, name)) at = &(*at)->next;
    return at;
}

/* The current generation of an index, opened or opened anew. Under the lock. */
static int current(struct engine *en, const char *name, struct entry **out, struct errmsg *e)
{
    struct entry **at = find(en, name), *x = *at;
    if (x && clock_us() - x->checked_us > STALE_CHECK_US) {
        x->checked_us = clock_us();
        if (index_stale(x->ix)) {
            *at = x->next;
            unref(en, x);
            x = NULL;
        }
    }
    if (!x) {
        int rc = open_entry(en, name, &x, e);
        if (rc) return rc;
        x->next = en->current;
        en->current = x;
    }
    *out = x;
    return 0;
}

int engine_borrow(struct engine *en, const char *index, unsigned worker, struct searcher **s, struct errmsg *e)
{
    struct entry *x;
    pthread_mutex_lock(&en->lock);
    int rc = current(en, index, &x, e);
    if (!rc) x->refs++;
    pthread_mutex_unlock(&en->lock);
    if (rc) return rc;
    struct searcher **mine = &x->searchers[worker];
    if (!*mine) rc = searcher_new(mine, x->ix, en->model, e);
    en->borrowed[worker] = x;
    *s = *mine;
    if (rc) engine_return(en, worker);
    return rc;
}

void engine_look_anew(struct engine *en, const char *index)
{
    pthread_mutex_lock(&en->lock);
    struct entry *x = *find(en, index);
    if (x) x->checked_us = 0;
    pthread_mutex_unlock(&en->lock);
}

void engine_return(struct engine *en, unsigned worker)
{
    pthread_mutex_lock(&en->lock);
    unref(en, en->borrowed[worker]);
    pthread_mutex_unlock(&en->lock);
    en->borrowed[worker] = NULL;
}

struct index *engine_index(struct engine *en, unsigned worker)
{
    return en->borrowed[worker]->ix;
}
