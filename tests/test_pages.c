/* The storefront's files, inside the binary. */
#include "query/pages.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Test(pages, every_file_of_the_folder_is_inside_unchanged)
{
    DIR *d = opendir("query/web");
    cr_assert(d, "tests run in the root of the repository");
    unsigned n = 0;
    for (struct dirent *f; (f = readdir(d)) != NULL;) {
        char path[300], disk[310], *text;
        size_t size;
        if (f->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "/web/%s", f->d_name);
        snprintf(disk, sizeof disk, "query%s", path);
        const struct page *p = page_find(path);
        cr_assert(p, "%s", path);
        FILE *in = fopen(disk, "rb");
        FILE *copy = open_memstream(&text, &size);
        for (int c; (c = getc(in)) != EOF;) putc(c, copy);
        fclose(in);
        fclose(copy);
        cr_expect(size == p->n && !memcmp(text, p->data, size), "%s", path);
        free(text);
        n++;
    }
    closedir(d);
    cr_expect_gt(n, 3);
}

static const char *const types[][2] = {{"/", "text/html; charset=utf-8"},
                                       {"/web/index.html", "text/html; charset=utf-8"},
                                       {"/web/app.css", "text/css; charset=utf-8"},
                                       {"/web/app.js", "text/javascript; charset=utf-8"}};

Test(pages, types_and_etags)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        const struct page *p = page_find(types[i][0]);
        cr_assert(p, "%s", types[i][0]);
        cr_expect_str_eq(p->content_type, types[i][1]);
        cr_expect(strlen(p->etag) == 18 && p->etag[0] == '"' && p->etag[17] == '"', "%s", p->etag);
    }
    cr_expect_str_neq(page_find("/web/app.css")->etag, page_find("/web/app.js")->etag);
    cr_expect_eq(page_find("/"), page_find("/web/index.html"));
}

static const char *const nowhere[] = {"",           "/web",     "/web/",      "/web/nothing.js", "/index.html",
                                      "web/app.js", "/web/../", "/web/app.j", "/web/app.jss",    "//",
                                      "/WEB/APP.JS"};

Test(pages, other_paths_have_none)
{
    for (size_t i = 0; i < sizeof nowhere / sizeof nowhere[0]; i++) cr_expect(!page_find(nowhere[i]), "%s", nowhere[i]);
}
