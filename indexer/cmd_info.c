/* souk info: what an index is and what it holds. */
#include "base/buf.h"
#include "base/json.h"
#include "indexer/cmd.h"
#include "indexer/snapshot.h"

#include <dirent.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static const char usage[] = "Usage: souk info [-D DIR] [-i NAME] [--json]\n"
                            "Say what an index holds; without -i, of every index in the data folder.\n"
                            "\n"
                            "  -D, --data DIR     the data folder (default $SOUK_DATA, else ./souk-data)\n"
                            "  -i, --index NAME   the index\n"
                            "      --json         one JSON object an index\n"
                            "      --help         this text\n"
                            "\n"
                            "  souk info\n"
                            "  souk info -i shop --json | jq .products\n";

enum { FIELDS_SHOWN = 40 };

static uint64_t folder_bytes(const char *dir)
{
    char path[4096];
    struct stat st;
    uint64_t sum = 0;
    DIR *d = opendir(dir);
    for (struct dirent *f; d && (f = readdir(d));) {
        snprintf(path, sizeof path, "%s/%s", dir, f->d_name);
        if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) sum += (uint64_t)st.st_blocks * 512;
    }
    if (d) closedir(d);
    return sum;
}

struct facts {
    uint64_t terms, bytes;
    size_t segments;
};

static struct facts gather(const struct index *ix, const struct snapshot *s)
{
    struct facts f = {.bytes = folder_bytes(ix->gen_dir)};
    const struct segment *seg = snapshot_segments(s, &f.segments);
    for (size_t i = 0; i < f.segments; i++) f.terms += seg[i].n_terms;
    return f;
}

static void print_json(const struct index *ix, const struct snapshot *s)
{
    const struct manifest *m = snapshot_manifest(s);
    struct facts f = gather(ix, s);
    struct buf b = BUF_INIT(1 << 20);
    struct json_writer w = {.out = &b};
    json_begin(&w, '{');
    json_key(&w, "index"), json_str(&w, ix->name);
    json_key(&w, "products"), json_uint(&w, m->n_live);
    json_key(&w, "generation"), json_uint(&w, ix->generation);
    json_key(&w, "commits"), json_uint(&w, m->commits);
    json_key(&w, "created"), json_uint(&w, m->created_s);
    json_key(&w, "updated"), json_uint(&w, m->updated_s);
    json_key(&w, "model"), json_str(&w, m->model_name);
    json_key(&w, "model_id"), json_str(&w, m->model_id);
    json_key(&w, "dimension"), json_uint(&w, m->dim);
    json_key(&w, "graph_epoch"), json_uint(&w, m->graph_epoch);
    json_key(&w, "graph_documents"), json_uint(&w, m->graph_docs);
    json_key(&w, "delta_vectors"), json_uint(&w, snapshot_delta_rows(s));
    json_key(&w, "segments"), json_uint(&w, f.segments);
    json_key(&w, "terms"), json_uint(&w, f.terms);
    json_key(&w, "noise"), json_float(&w, m->noise);
    json_key(&w, "bytes"), json_uint(&w, f.bytes);
    json_key(&w, "language_data"), json_str(&w, m->lang_version);
    json_key(&w, "fields");
    json_begin(&w, '[');
    for (size_t i = 0; i < snapshot_fields(s); i++) json_str(&w, snapshot_field_name(s, i));
    json_end(&w, ']');
    json_end(&w, '}');
    puts(b.data);
    buf_release(&b);
}

static void print_time(const char *what, uint64_t t)
{
    char text[40];
    time_t when = (time_t)t;
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %z", localtime(&when));
    printf("  %-14s %s\n", what, text);
}

static void print_text(const struct index *ix, const struct snapshot *s)
{
    const struct manifest *m = snapshot_manifest(s);
    struct facts f = gather(ix, s);
    printf("%s\n", ix->name);
    printf("  %-14s %u\n", "products", m->n_live);
    printf("  %-14s %.1f MB, %.0f bytes a product\n", "on disk", (double)f.bytes / 1e6,
           m->n_live ? (double)f.bytes / m->n_live : 0);
    printf("  %-14s %s (%.8s), %u numbers a vector\n", "model", m->model_name, m->model_id, m->dim);
    printf("  %-14s %u documents in epoch %u, %u outside\n", "graph", m->graph_docs, m->graph_epoch, snapshot_delta_rows(s));
    printf("  %-14s %llu terms in %zu segments\n", "words", (unsigned long long)f.terms, f.segments);
    printf("  %-14s %.3f (evidence that meaningless queries find)\n", "noise", (double)m->noise);
    printf("  %-14s %u, %llu commits\n", "generation", ix->generation, (unsigned long long)m->commits);
    print_time("created", m->created_s);
    print_time("updated", m->updated_s);
    printf("  %-14s", "fields");
    for (size_t i = 0; i < snapshot_fields(s) && i < FIELDS_SHOWN; i++) printf(" %s", snapshot_field_name(s, i));
    if (snapshot_fields(s) > FIELDS_SHOWN) printf(" and %zu more (see --json)", snapshot_fields(s) - FIELDS_SHOWN);
    putchar('\n');
    if (strcmp(m->lang_version, lang_version()))
        printf("  note: made with %s, this souk has %s: word boundaries may differ; souk index --rebuild is due\n",
               m->lang_version, lang_version());
}

static int show(const char *data, const char *name, bool json, struct errmsg *e)
{
    struct index *ix = NULL;
    struct snapshot *s = NULL;
    int rc = index_open(&ix, data, name, INDEX_READ, e);
    if (!rc) rc = snapshot_new(&s, ix, e);
    if (!rc) rc = snapshot_begin(s, e);
    if (!rc) (json ? print_json : print_text)(ix, s);
    snapshot_free(s);
    index_close(ix);
    return rc;
}

static int show_all(const char *data, bool json, struct errmsg *e)
{
    char **names;
    size_t n;
    int rc = index_list(data, &names, &n, e);
    if (!rc && !n) rc = errmsg_set(e, ERR_NOT_FOUND, "there is no index in %s", data);
    for (size_t i = 0; i < n; i++) {
        if (!rc) rc = show(data, names[i], json, e);
        free(names[i]);
    }
    free(names);
    return rc;
}

int cmd_info(int argc, char **argv)
{
    static const struct option longs[] = {
        {"data", 1, 0, 'D'}, {"index", 1, 0, 'i'}, {"json", 0, 0, 'j'}, {"help", 0, 0, 'h'}, {0}};
    const char *data = index_default_data(), *name = NULL;
    bool json = false;
    for (int c; (c = getopt_long(argc, argv, "D:i:", longs, NULL)) != -1;) switch (c) {
        case 'D': data = optarg; break;
        case 'i': name = optarg; break;
        case 'j': json = true; break;
        case 'h': return fputs(usage, stdout), 0;
        default: return fputs("Try 'souk info --help'.\n", stderr), 2;
        }
    struct errmsg e = {0};
    int rc = name ? show(data, name, json, &e) : show_all(data, json, &e);
    if (rc) fprintf(stderr, "souk: %s\n", errmsg_text(&e, rc));
    return rc ? 1 : 0;
}
