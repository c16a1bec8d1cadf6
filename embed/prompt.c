#include "embed/prompt.h"

#include "embed/embed.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define INSTRUCT  "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:"
#define REPRESENT "Represent this sentence for searching relevant passages: "

/* The first that fits. `word` stands between hyphens in the model's name, see plain_name. */
static const struct {
    const char *arch, *word, *query, *document;
} known[] = {
    {"bert", "-multilingual-e5-large-instruct-", INSTRUCT " ", ""},
    {"bert", "-e5-", "query: ", "passage: "},
    {"bert", "-arctic-embed-l-v2", "query: ", ""},
    {"bert", "-bge-small-en-", REPRESENT, ""},
    {"bert", "-bge-base-en-", REPRESENT, ""},
    {"bert", "-bge-large-en-", REPRESENT, ""},
    {"nomic-bert-moe", "", "search_query: ", "search_document: "},
    {"qwen3", "", INSTRUCT, ""},
    {"gemma-embedding", "", "task: search result | query: ", "title: none | text: "},
};

/* "Multilingual E5_small" -> "-multilingual-e5-small-" */
static void plain_name(struct gguf_str s, char *out, size_t cap)
{
    size_t n = 0;
    out[n++] = '-';
    for (size_t i = 0; i < s.n && n + 2 < cap; i++) {
        unsigned char c = (unsigned char)s.s[i];
        out[n++] = c == ' ' || c == '_' || c == '/' ? '-' : c ? (char)tolower(c) : '?';
    }
    out[n++] = '-';
    out[n] = 0;
}

static struct gguf_str literal(const char *s)
{
    return (struct gguf_str){s, strlen(s)};
}

struct prompts prompts_of(const struct gguf *g)
{
    struct prompts p = {{{"", 0}, {"", 0}}};
    struct gguf_str arch = gguf_string(g, "general.architecture"), own;
    char name[256], base[256];
    plain_name(gguf_string(g, "general.name"), name, sizeof name);
    plain_name(gguf_string(g, "general.basename"), base, sizeof base);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (gguf_str_is(arch, known[i].arch) && (strstr(name, known[i].word) || strstr(base, known[i].word))) {
            p.text[EMBED_QUERY] = literal(known[i].query);
            p.text[EMBED_DOCUMENT] = literal(known[i].document);
            break;
        }
    if ((own = gguf_string(g, "souk.prompt.query")).s) p.text[EMBED_QUERY] = own;
    if ((own = gguf_string(g, "souk.prompt.document")).s) p.text[EMBED_DOCUMENT] = own;
    return p;
}
