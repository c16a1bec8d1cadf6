/* Private to routes.c and routes_write.c: the addresses that change something. */
#ifndef SOUK_ROUTES_WRITE_H
#define SOUK_ROUTES_WRITE_H

#include "query/routes.h"

void respond_error(struct http_response *r, int rc, const char *field, const struct errmsg *e);

/* Answers 401 or 403 and returns false when this client may not change anything. */
bool may_write(const struct service *sv, const struct http_request *q, struct http_response *r);

void import_documents(struct service *sv, unsigned worker, const char *index, const struct http_request *q,
                      struct http_response *r);
void delete_document(struct service *sv, unsigned worker, const char *index, const char *id, const struct http_request *q,
                     struct http_response *r);

#endif
