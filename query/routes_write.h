/* Private to routes*.c: errors, and the addresses that change something. */
#ifndef SOUK_ROUTES_WRITE_H
#define SOUK_ROUTES_WRITE_H

#include "query/routes.h"

enum { REQUEST_BODY_MAX = 256 << 10 }; /* of searches, judgments, evaluations; documents may have all that http.h lets in */

void respond_error(struct http_response *r, int rc, const char *field, const struct errmsg *e);

/* Answers 413 and returns false when the body is larger than REQUEST_BODY_MAX. */
bool body_fits(const struct http_request *q, struct http_response *r);

/* Answers 401 or 403 and returns false when this client may not change anything. */
bool may_write(const struct service *sv, const struct http_request *q, struct http_response *r);

void import_documents(struct service *sv, unsigned worker, const char *index, const struct http_request *q,
                      struct http_response *r);
void delete_document(struct service *sv, unsigned worker, const char *index, const char *id, const struct http_request *q,
                     struct http_response *r);

#endif
