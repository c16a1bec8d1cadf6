/* souk delete: products by id. */
#include "indexer/cmd.h"
#include "indexer/cmd_target.h"
#include "indexer/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] = "Usage: souk delete [-D DIR] [-i NAME] ID...\n"
                            "Delete products from an index; - reads ids from standard input, one a line.\n"
                            "\n"
                            "  -D, --data DIR     the data folder (default $SOUK_DATA, else ./souk-data)\n"
                            "  -i, --index NAME   the index (default products)\n"
                            "      --help         this text\n"
                            "\n"
                            "Exit: 0 all deleted; 1 failed; 2 usage; 3 done, but some ids were not there (each named).\n"
                            "\n"
                            "  souk delete -i shop 4711 4712\n";

struct run {
    struct writer *w;
    unsigned deleted, absent;
};

static int delete_one(struct run *r, const char *id, size_t n, struct errmsg *e)
{
    enum outcome outcome = ABSENT;
    int rc = n ? writer_delete(r->w, id, n, &outcome, e) : 0;
    if (rc || !n) return rc;
    if (outcome == DELETED)
        r->deleted++;
    else
        r->absent++, fprintf(stderr, "souk: there is no product \"%.*s\"\n", (int)n, id);
    return 0;
}

static int delete_lines(struct run *r, struct errmsg *e)
{
    char *line = NULL;
    size_t cap = 0;
    int rc = 0;
    for (ssize_t n; !rc && (n = getline(&line, &cap, stdin)) >= 0;) {
        n -= n && line[n - 1] == '\n';
        n -= n && line[n - 1] == '\r';
        rc = delete_one(r, line, (size_t)n, e);
    }
    free(line);
    return rc;
}

static int delete_all(struct run *r, char **ids, struct errmsg *e)
{
    int rc = writer_begin(r->w, e);
    if (rc) return rc;
    for (; !rc && *ids; ids++) rc = strcmp(*ids, "-") ? delete_one(r, *ids, strlen(*ids), e) : delete_lines(r, e);
    if (!rc) return writer_commit(r->w, e);
    writer_abort(r->w);
    return rc;
}

int cmd_delete(int argc, char **argv)
{
    struct target t;
    int code = target_parse(&t, argc, argv, usage);
    if (code >= 0) return code;
    if (optind == argc) return fputs("souk delete: no id given\n", stderr), 2;
    struct errmsg e = {0};
    struct index *ix = NULL;
    struct run r = {0};
    int rc = index_open(&ix, t.data, t.index, 0, &e);
    if (!rc) rc = writer_new(&r.w, ix, NULL, &e);
    if (!rc) rc = delete_all(&r, argv + optind, &e);
    if (rc)
        fprintf(stderr, "souk: %s\n", errmsg_text(&e, rc));
    else
        fprintf(stderr, "souk: %u deleted\n", r.deleted);
    writer_free(r.w);
    index_close(ix);
    return rc ? 1 : r.absent ? 3 : 0;
}
