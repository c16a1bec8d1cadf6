/* Private to gguf*.c: reads the head of g->base[0..g->size) into g. On failure g holds what was read so far. */
#ifndef SOUK_GGUF_PARSE_H
#define SOUK_GGUF_PARSE_H

#include "embed/gguf.h"

int gguf_parse(struct gguf *g, struct errmsg *e);

#endif
