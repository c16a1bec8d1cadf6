/* The files of query/web, inside the binary. */
#ifndef SOUK_PAGES_H
#define SOUK_PAGES_H

#include <stddef.h>

struct page {
    const char *path; /* "/", "/web/app.js" */
    const char *content_type;
    const char *data;
    size_t n;
    char etag[20]; /* of the content, quoted */
};

/* The page at this path, or NULL. */
const struct page *page_find(const char *path);

#endif
