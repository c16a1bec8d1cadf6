/* souk model: looks at model files, runs them, tokenises with them. */
#include "embed/cmd_model.h"
#include "base/pool.h"
#include "embed/cmd.h"
#include "embed/filter.h"

#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "Usage: souk model FILE.gguf\n"
    "       souk model run FILE.gguf [--threads N] < REQUESTS\n"
    "       souk model tokenize FILE.gguf [--threads N] < REQUESTS\n"
    "Shows what a model file is, its licence, its memory and its measured speed here; or runs it on JSON lines.\n"
    "\n"
    "  run        {\"ids\":[...]} or {\"text\":\"...\",\"parse_special\":true}  ->  {\"ids\":[...],\"embedding\":[...]}\n"
    "  tokenize   {\"text\":\"...\",\"special\":true,\"parse_special\":false}   ->  {\"ids\":[...]}\n"
    "             special: add the model's begin and end tokens (true); parse_special: \"</s>\" in the text is a token (false)\n"
    "\n"
    "  --threads N   default: one for each CPU\n"
    "  --help\n"
    "\n"
    "Examples:\n"
    "  souk model embed/models/souk-static.gguf\n"
    "  echo '{\"text\":\"rote Turnschuhe\"}' | souk model tokenize embed/models/souk-static.gguf\n"
    "\n"
    "Exit status: 0 all well, 1 failed, 2 usage, 3 some lines were refused: they read {\"error\":\"...\"}.\n";

static int bad_usage(const char *what)
{
    if (what) fprintf(stderr, "souk model: %s\n", what);
    fprintf(stderr, "Try 'souk model --help'.\n");
    return 2;
}

/* argv[optind..] is what the options left: [run|tokenize] FILE. */
static int dispatch(int argc, char **argv, unsigned threads)
{
    const char *word = optind < argc ? argv[optind] : "";
    bool run = !strcmp(word, "run"), tokenize = !strcmp(word, "tokenize");
    int n = argc - optind - (run || tokenize);
    if (n < 1) return bad_usage("names no file");
    if (n > 1) return bad_usage("takes one file");
    const char *path = argv[argc - 1];
    if (run) return model_run(path, threads);
    return tokenize ? model_tokenize(path, threads) : model_card(path);
}

int cmd_model(int argc, char **argv)
{
    static const struct option options[] = {
        {"threads", required_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    unsigned threads = cpu_count();
    argv[0] = (char *)(uintptr_t) "souk model"; /* how getopt names us */
    optind = 0;
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (c) {
        case 't':
            if (!filter_threads(optarg, &threads)) return bad_usage("--threads is a number from 1 to 1024");
            break;
        case 'h': fputs(usage, stdout); return 0;
        default: return bad_usage(NULL);
        }
    }
    return dispatch(argc, argv, threads);
}
