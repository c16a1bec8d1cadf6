/* Filter expressions: text -> tree -> a set of documents.
 *
 *   expr    = and { OR and }          and  = not { AND not }          not = [ NOT ] ( test | "(" expr ")" )
 *   test    = field ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) value
 *           | field [ NOT ] IN "[" value { "," value } "]"
 *           | field number TO number              both ends included
 *           | field [ NOT ] EXISTS
 *   field   = letters, digits, "_", "." and "-" of any script, or `any text` in backquotes
 *   value   = "text" with JSON escapes, number, true, false, or a bare word
 *
 * AND, OR, NOT, IN, TO and EXISTS are recognised in any case. A field with several values passes when one of them does; a
 * category passes for each step of its path: category = "A > B" holds for products in "A > B > C". Text compares exactly, as
 * facets show it. A product without the field passes no test but NOT ... and != ... . `id` is a field too. */
#ifndef SOUK_FILTER_H
#define SOUK_FILTER_H

#include "base/arena.h"
#include "indexer/snapshot.h"

struct filter; /* a parsed expression, in the arena */

/* Parses the whole of text; a mistake is named with its place. */
int filter_parse(struct filter **out, const char *text, struct arena *a, struct errmsg *e);

/* Clears from set every document that does not pass. set has bits for snapshot_docs; a field that no product ever had is
 * ERR_INPUT. */
int filter_apply(const struct filter *f, struct snapshot *s, uint64_t *set, struct arena *a, struct errmsg *e);

#endif
