/* Runs: a ranking made into lines that every scorer orders the same way. */
#include "query/trec.h"

#include <stdlib.h>
#include <string.h>

/* By score, best first; in a tie by rank, which run_arrange sets so that hits come before the rest. */
static int run_order(const void *a, const void *b)
{
    const struct run_entry *x = a, *y = b;
    if (x->score != y->score) return x->score < y->score ? 1 : -1;
    return (x->rank > y->rank) - (x->rank < y->rank);
}

void run_arrange(struct run_entry *list, size_t n_hits, size_t n)
{
    for (size_t i = 1; i < n_hits; i++)
        if (list[i].score > list[i - 1].score) list[i].score = list[i - 1].score;
    for (size_t i = 0; i < n; i++) list[i].rank = (uint32_t)i;
    if (n) qsort(list, n, sizeof *list, run_order);
    for (size_t i = 0; i < n; i++) list[i].rank = (uint32_t)i + 1;
}

static void write_id(FILE *f, const char *id)
{
    for (; *id; id++)
        if ((unsigned char)*id <= ' ' || *id == 0x7F)
            fprintf(f, "%%%02X", (unsigned char)*id);
        else
            putc(*id, f);
}

void run_write(FILE *f, const char *qid, const struct run_entry *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        fprintf(f, "%s Q0 ", qid);
        write_id(f, list[i].doc);
        fprintf(f, " %u %.9g souk\n", list[i].rank, (double)list[i].score); /* 9 digits tell any two floats apart */
    }
}
