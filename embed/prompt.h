/* Private to embed.c: the words that some models want in front of a text, told apart by what the text is.
 *
 * The file may say (keys souk.prompt.query and souk.prompt.document); else a small table knows the models that were trained with
 * some. A query and the documents it is compared with must use the same pair. */
#ifndef SOUK_PROMPT_H
#define SOUK_PROMPT_H

#include "embed/gguf.h"

struct prompts {
    struct gguf_str text[2]; /* by enum embed_kind; n 0: none */
};

/* Strings of the file's map, or of the table. */
struct prompts prompts_of(const struct gguf *g);

#endif
