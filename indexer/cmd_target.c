#include "indexer/cmd_target.h"

#include "indexer/index.h"

#include <getopt.h>
#include <stdio.h>

int target_parse(struct target *t, int argc, char **argv, const char *usage)
{
    static const struct option longs[] = {{"data", 1, 0, 'D'}, {"index", 1, 0, 'i'}, {"help", 0, 0, 'h'}, {0}};
    *t = (struct target){index_default_data(), "products"};
    for (int c; (c = getopt_long(argc, argv, "D:i:", longs, NULL)) != -1;) switch (c) {
        case 'D': t->data = optarg; break;
        case 'i': t->index = optarg; break;
        case 'h': fputs(usage, stdout); return 0;
        default: fprintf(stderr, "Try 'souk %s --help'.\n", argv[0]); return 2;
        }
    return -1;
}
