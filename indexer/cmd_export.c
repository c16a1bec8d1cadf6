/* souk export: the products of an index, as they came in. Reads in chunks, so that it never holds an old state of the store. */
#include "base/bits.h"
#include "indexer/cmd.h"
#include "indexer/cmd_target.h"
#include "indexer/snapshot.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char usage[] = "Usage: souk export [-D DIR] [-i NAME]\n"
                            "Write every product of an index to standard output, one JSON object a line, oldest first.\n"
                            "\n"
                            "  -D, --data DIR     the data folder (default $SOUK_DATA, else ./souk-data)\n"
                            "  -i, --index NAME   the index (default products)\n"
                            "      --help         this text\n"
                            "\n"
                            "  souk export -i shop | zstd > shop.jsonl.zst\n";

enum { CHUNK = 4096 };

/* Documents from .. until CHUNK were written or there are no more; *next is where to go on. Counts those it could not read. */
static int export_chunk(struct snapshot *s, uint32_t from, uint32_t *next, uint32_t *lost, struct errmsg *e)
{
    int rc = snapshot_begin(s, e), written = 0;
    if (rc) return rc;
    uint32_t doc = from;
    for (; doc < snapshot_docs(s) && written < CHUNK; doc++) {
        const char *json;
        size_t n;
        if (!bits_get(snapshot_live(s), doc)) continue;
        if (!snapshot_product(s, doc, &json, &n)) {
            ++*lost;
            continue;
        }
        fwrite(json, 1, n, stdout);
        putchar('\n');
        written++;
    }
    *next = doc < snapshot_docs(s) ? doc : UINT32_MAX;
    snapshot_end(s);
    return ferror(stdout) ? errmsg_set(e, errno, "cannot write: %s", strerror(errno)) : 0;
}

int cmd_export(int argc, char **argv)
{
    struct target t;
    int code = target_parse(&t, argc, argv, usage);
    if (code >= 0) return code;
    if (optind != argc) return fputs("souk export: takes no arguments but options\n", stderr), 2;
    struct errmsg e = {0};
    struct index *ix = NULL;
    struct snapshot *s = NULL;
    uint32_t lost = 0;
    int rc = index_open(&ix, t.data, t.index, INDEX_READ, &e);
    if (!rc) rc = snapshot_new(&s, ix, &e);
    for (uint32_t doc = 0; !rc && doc != UINT32_MAX;) rc = export_chunk(s, doc, &doc, &lost, &e);
    if (!rc && fflush(stdout) != 0) rc = errmsg_set(&e, errno, "cannot write: %s", strerror(errno));
    if (!rc && lost)
        rc = errmsg_set(&e, ERR_FORMAT, "the store of index \"%s\" is damaged: %u products cannot be read", t.index, lost);
    if (rc) fprintf(stderr, "souk: %s\n", errmsg_text(&e, rc));
    snapshot_free(s);
    index_close(ix);
    return rc ? 1 : 0;
}
