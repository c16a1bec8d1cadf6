/* Private to the commands: a scratch and a vector for each thread that embeds.
 *
 *     struct crew c;
 *     crew_init(&c, m, threads);
 *     embed_text(m, c.scratch[worker], kind, s, n, c.vector[worker]);
 *     crew_release(&c); */
#ifndef SOUK_CREW_H
#define SOUK_CREW_H

#include "embed/embed.h"

struct crew {
    unsigned n;
    struct embed_scratch **scratch;
    float **vector; /* embed_dim floats each */
};

void crew_init(struct crew *c, const struct embedder *m, unsigned threads);
void crew_release(struct crew *c);

#endif
