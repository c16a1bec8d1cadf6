/* Private to routes.c: the relevance page's own addresses.
 *
 *   GET  /studio/judgments    queries and judgments as JSON (judgments.h)
 *   POST /studio/judgments    {"qid" | "q" and "lang", "id", "grade": 0..9 or null}: sets or takes away a judgment
 *   POST /studio/eval         {"index", "mode", ...}: what souk eval --json prints, over these queries and judgments
 *
 * Both POSTs are for those who may write: an evaluation keeps a thread busy for as long as it takes.
 * The files lie in the folder given to souk serve --judgments; without it these addresses answer 404. */
#ifndef SOUK_ROUTES_STUDIO_H
#define SOUK_ROUTES_STUDIO_H

#include "query/routes.h"

void studio_judgments(struct service *sv, const struct http_request *q, struct http_response *r);
void studio_eval(struct service *sv, unsigned worker, const struct http_request *q, struct http_response *r);

#endif
