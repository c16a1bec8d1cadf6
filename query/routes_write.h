/* Private to routes.c and routes_write.c: the addresses that change an index. */
#ifndef SOUK_ROUTES_WRITE_H
#define SOUK_ROUTES_WRITE_H

#include "query/routes.h"

void respond_error(struct http_response *r, int rc, const char *field, const struct errmsg *e);

void import_documents(struct service *sv, unsigned worker, const char *index, const struct http_request *q,
                      struct http_response *r);
void delete_document(struct service *sv, unsigned worker, const char *index, const char *id, const struct http_request *q,
                     struct http_response *r);

#endif
