/* souk: multilingual product search. main() hands a subcommand to its room. */
#include "embed/cmd.h"
#include "indexer/cmd.h"
#include "query/cmd.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *what;
} commands[] = {
    {"index", cmd_index, "create or update an index from a catalogue"},
    {"delete", cmd_delete, "delete products by id"},
    {"export", cmd_export, "write out every product"},
    {"info", cmd_info, "what an index holds"},
    {"serve", cmd_serve, "HTTP service and storefront page"},
    {"search", cmd_search, "one query from the shell"},
    {"eval", cmd_eval, "how good the answers are, by language"},
    {"model", cmd_model, "what a model file is; run it, tokenise with it"},
    {"embed", cmd_embed, "texts in, vectors out"},
};
enum { N = sizeof commands / sizeof commands[0] };

static void help(FILE *f)
{
    fputs("Usage: souk COMMAND [OPTION]...\nProduct search in any language, on this machine alone.\n\n", f);
    for (int i = 0; i < N; i++) fprintf(f, "  %-8s %s\n", commands[i].name, commands[i].what);
    fputs("\n'souk COMMAND --help' explains a command.\n", f);
}

int main(int argc, char **argv)
{
    if (argc < 2) return help(stderr), 2;
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help")) return help(stdout), 0;
    if (!strcmp(argv[1], "--version")) return puts("souk 0.1.0"), 0;
    for (int i = 0; i < N; i++)
        if (!strcmp(argv[1], commands[i].name)) return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "souk: there is no command '%s'; 'souk --help' lists them\n", argv[1]);
    return 2;
}
