#include "query/pictures.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *type_of(const char *name)
{
    static const char *const types[][2] = {{".svg", "image/svg+xml"}, {".png", "image/png"},   {".jpg", "image/jpeg"},
                                           {".jpeg", "image/jpeg"},   {".webp", "image/webp"}, {".avif", "image/avif"}};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof types / sizeof types[0]; i++)
        if (!strcasecmp(dot, types[i][0])) return types[i][1];
    return NULL;
}

/* One step below the folder, never out of it and nothing hidden. */
static bool is_plain(const char *name)
{
    for (const char *p = name; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("._-", *p)) return false;
    return *name && *name != '.' && strlen(name) < 200;
}

static bool read_file(const char *path, struct buf *out)
{
    char block[65536];
    FILE *f = fopen(path, "re");
    if (!f) return false;
    for (size_t n; (n = fread(block, 1, sizeof block, f)) > 0 && out->n <= PICTURE_MAX;) buf_add(out, block, n);
    bool good = !ferror(f) && out->n && out->n <= PICTURE_MAX;
    fclose(f);
    return good;
}

void picture_serve(const char *dir, const char *name, struct http_response *r)
{
    char path[4096];
    const char *type = is_plain(name) ? type_of(name) : NULL;
    if (!dir || !type || snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path || !read_file(path, &r->body)) {
        http_set_error(r, 404, "not_found", "there is no such picture");
        return;
    }
    r->content_type = type;
    http_add_header(r, "Cache-Control", "max-age=86400");
    http_add_header(r, "X-Content-Type-Options", "nosniff");
    http_add_header(r, "Content-Security-Policy",
                    "default-src 'none'; style-src 'unsafe-inline'; sandbox"); /* an SVG opened alone */
}
