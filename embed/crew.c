#include "embed/crew.h"

#include "base/mem.h"

#include <stdlib.h>

void crew_init(struct crew *c, const struct embedder *m, unsigned threads)
{
    *c = (struct crew){threads, xcalloc(threads, sizeof *c->scratch), xcalloc(threads, sizeof *c->vector)};
    for (unsigned i = 0; i < threads; i++) {
        c->scratch[i] = embed_scratch_new(m);
        c->vector[i] = xaligned(64, embed_dim(m) * sizeof(float));
    }
}

void crew_release(struct crew *c)
{
    for (unsigned i = 0; i < c->n; i++) {
        embed_scratch_free(c->scratch[i]);
        free(c->vector[i]);
    }
    free(c->scratch);
    free(c->vector);
}
