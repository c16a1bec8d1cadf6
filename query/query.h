/* query/ - a request in, an answer out.
 *
 * Read in this order:
 *   search.h     the public face of the engine: request -> result
 *   request.h    a request from JSON or from an address
 *   filter.h     filter expressions -> a bit set
 *   lexical.h    the words of a query -> documents with scores
 *   meaning.h    a second look by meaning, word by word
 *   facets.h     counts and statistics over the result set
 *   order.h      sorting and paging
 *   answer.h     result -> JSON, with highlighting
 *   engine.h     the indexes of a data folder and the model, shared by all threads
 *   eval.h       queries and judgments -> nDCG and friends
 *   http.h       an HTTP server on libevent; http_parse.h reads requests
 *   routes.h     addresses -> calls
 *   pages.h      the storefront's files, inside the binary; pictures.h a shop's pictures, from a folder
 *   judgments.h  what people say in the studio, in the files that souk eval reads
 *   cmd.h        souk search, eval, serve */
#ifndef SOUK_QUERY_H
#define SOUK_QUERY_H

#include "query/engine.h"
#include "query/search.h"

#endif
