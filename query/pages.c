/* Each file of query/web is placed into .rodata by the assembler; the Makefile writes the list of them (pages_list.h), one
 * PAGE(symbol, "name") a line. */
#include "query/pages.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#define PAGE(symbol, name)                                                                                                       \
    __asm__(".section .rodata\n.balign 8\npage_" #symbol ":\n.incbin \"query/web/" name "\"\npage_" #symbol                      \
            "_end:\n.byte 0\n.text\n");                                                                                          \
    extern const char page_##symbol[], page_##symbol##_end[];
#include "pages_list.h"
#undef PAGE

#define PAGE(symbol, name) {"/web/" name, NULL, page_##symbol, 0, ""},
static struct page pages[] = {
#include "pages_list.h"
};
#undef PAGE

enum { N = sizeof pages / sizeof pages[0] };

#define PAGE(symbol, name) page_##symbol##_end,
static const char *const ends[] = {
#include "pages_list.h"
};
#undef PAGE

static const char *type_of(const char *path)
{
    static const char *const types[][2] = {{".html", "text/html; charset=utf-8"},
                                           {".css", "text/css; charset=utf-8"},
                                           {".js", "text/javascript; charset=utf-8"},
                                           {".svg", "image/svg+xml"},
                                           {".json", "application/json"},
                                           {".png", "image/png"}};
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < sizeof types / sizeof types[0]; i++)
        if (!strcmp(dot, types[i][0])) return types[i][1];
    return "application/octet-stream";
}

static void complete(void)
{
    for (int i = 0; i < N; i++) {
        struct page *p = &pages[i];
        p->n = (size_t)(ends[i] - p->data);
        p->content_type = type_of(p->path);
        snprintf(p->etag, sizeof p->etag, "\"%016llx\"", (unsigned long long)XXH3_64bits(p->data, p->n));
    }
}

const struct page *page_find(const char *path)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, complete);
    if (!strcmp(path, "/")) path = "/web/index.html";
    if (!strcmp(path, "/studio")) path = "/web/studio.html";
    for (int i = 0; i < N; i++)
        if (!strcmp(path, pages[i].path)) return &pages[i];
    return NULL;
}
