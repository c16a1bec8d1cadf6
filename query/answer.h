/* A result as JSON: the body of an answer, the output of `souk search --json`. README.md, "The answer", has the form. */
#ifndef SOUK_ANSWER_H
#define SOUK_ANSWER_H

#include "base/json.h"
#include "query/search.h"

/* Writes the whole answer. Between search_begin and search_end; r came from q and s. */
void answer_write(struct json_writer *w, struct searcher *s, const struct search_request *q, const struct search_result *r);

/* A text field of a stored product as shown to a shopper: the one in lang where it is an object by language, else the one in
 * the query's language, else the first. In the arena; NULL when the product has none. */
const char *answer_text(const json_t *product, const char *field, const char *lang, const char *query_lang);

/* Appends text, escaped for HTML, with the query's words between <mark> and </mark>. */
void answer_highlight(struct searcher *s, const char *text, struct buf *out);

#endif
