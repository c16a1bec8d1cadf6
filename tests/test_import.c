/* Many lines: order of results, refusals, duplicates, updates, pruning, dry runs, reuse of vectors. */
#include "indexer/import.h"
#include "tests/index_make.h"

#include <criterion/criterion.h>

struct log {
    struct buf text;
    uint64_t lines, committed;
    bool in_order;
};

static void on_result(void *arg, const struct import_result *r)
{
    static const char *const names[N_OUTCOMES] = {"added", "replaced", "updated", "unchanged", "deleted", "absent"};
    struct log *l = arg;
    l->in_order &= r->line == ++l->lines;
    if (r->rc)
        buf_printf(&l->text, "%s:%llu REFUSED %s\n", r->source, (unsigned long long)r->line, r->message);
    else
        buf_printf(&l->text, "%s:%llu %s %s%s\n", r->source, (unsigned long long)r->line, r->id, names[r->outcome],
                   r->repeated ? " AGAIN" : "");
}
static void on_committed(void *arg, uint64_t lines)
{
    struct log *l = arg;
    cr_assert_geq(lines, l->committed);
    l->committed = lines;
    cr_assert_eq(l->lines, lines, "what is committed was reported, and only that");
}

static struct import *begin(struct made *m, struct log *l, struct import_options o)
{
    struct import *im;
    struct errmsg e = {0};
    *l = (struct log){.text = BUF_INIT(64 << 20), .in_order = true};
    buf_str(&l->text, "");
    o.result = on_result;
    o.committed = on_committed;
    o.arg = l;
    o.threads = 2;
    OK(import_new(&im, m->ix, m->model, &o, &e), &e);
    return im;
}
static void feed(struct import *im, struct log *l, const char *const *lines, size_t n)
{
    struct errmsg e = {0};
    for (size_t i = 0; i < n; i++) {
        char *s = quotes(lines[i]);
        OK(import_line(im, "feed", i + 1, s, strlen(s), &e), &e);
        free(s); /* it took a copy */
    }
    OK(import_finish(im, &e), &e);
    cr_assert(l->lines == n && l->in_order);
}
static void finish(struct import *im, struct log *l)
{
    import_free(im);
    buf_release(&l->text);
}
#define FEED(im, l, lines) feed(im, l, lines, sizeof(lines) / sizeof *(lines))

/* An index whose lock is free: imports take it. */
static void make_free_index(struct made *m)
{
    make_index(m);
    writer_free(m->w);
    m->w = NULL;
}

Test(import, every_line_has_its_result_in_order)
{
    static const char *const lines[] = {
        "{'id':'1','title':'red'}",        "{'id':'2','price':'12,90 €'}", "not json",
        "{'id':'1','title':'blue'}",       "{'id':'3','title':'x'}",       "{'id':'3','title':'x'}",
        "{'id':'4','deleted':true}",       "{'id':'3','deleted':true}",    "{'title':'no id'}",
        "{'id':'1','title':'blue','n':1}",
    };
    struct made m;
    struct log l;
    make_free_index(&m);
    struct import *im = begin(&m, &l, (struct import_options){0});
    FEED(im, &l, lines);
    cr_assert_str_eq(l.text.data, "feed:1 1 added\n"
                                  "feed:2 REFUSED \"price\" must be a number, not the string \"12,90 €\"\n"
                                  "feed:3 REFUSED not JSON: invalid token near 'not' (byte 3)\n"
                                  "feed:4 1 replaced AGAIN\n"
                                  "feed:5 3 added\n"
                                  "feed:6 3 unchanged AGAIN\n"
                                  "feed:7 4 absent\n"
                                  "feed:8 3 deleted AGAIN\n"
                                  "feed:9 REFUSED \"id\" is missing\n"
                                  "feed:10 1 updated AGAIN\n");
    finish(im, &l);
    struct snapshot *s = look(m.ix);
    cr_assert_eq(snapshot_manifest(s)->n_live, 1);
    cr_assert(docs_with(s, "wred") == 0 && docs_with(s, "wblue") == 2);
    snapshot_free(s);
    unmake_index(&m);
}

Test(import, many_batches_keep_their_order)
{
    enum { LINES = 15000 };
    struct made m;
    struct log l;
    struct errmsg e = {0};
    char text[200];
    make_free_index(&m);
    struct import *im = begin(&m, &l, (struct import_options){0});
    for (int i = 0; i < LINES; i++) {
        int n = snprintf(text, sizeof text, "{\"id\":\"%d\",\"title\":\"red n%d\",\"price\":%d}", i % 9000, i % 9000, i);
        if (i % 1000 == 7) n = 5;
        OK(import_line(im, "feed", (uint64_t)i + 1, text, (size_t)n, &e), &e);
        if (i % 1000 == 8) OK(import_refuse(im, "feed", (uint64_t)++i + 1, ERR_TOO_BIG, "much too long", &e), &e);
    }
    OK(import_finish(im, &e), &e);
    cr_assert(l.lines == LINES && l.in_order && l.committed == LINES);
    cr_assert_not_null(strstr(l.text.data, "feed:10 REFUSED much too long\n"));
    cr_assert_not_null(strstr(l.text.data, "feed:14000 4999 updated AGAIN\n"));
    finish(im, &l);
    struct snapshot *s = look(m.ix);
    for (int i = 0; i < 9000; i++) {
        bool bad = i % 1000 == 7 || i % 1000 == 9;
        snprintf(text, sizeof text, "%d", i);
        uint32_t doc = doc_of(s, text);
        cr_assert_eq(doc == UINT32_MAX, bad, "%d", i);
        if (!bad) cr_assert_eq(column_number(snapshot_column(s, "price"), doc), i + 9000 < LINES ? i + 9000 : i);
    }
    snapshot_free(s);
    unmake_index(&m);
}

Test(import, updates_name_what_is_not_there_and_what_would_be_wrong)
{
    static const char *const first[] = {"{'id':'1','title':'red','price':1}", "{'id':'2','title':'x'}"};
    static const char *const lines[] = {"{'id':'1','price':2}", "{'id':'9','price':2}", "{'id':'2','price':'x'}",
                                        "{'id':'1','price':3}", "{'id':'1','price':3}", "{'id':'2','deleted':true}"};
    struct made m;
    struct log l;
    make_free_index(&m);
    struct import *im = begin(&m, &l, (struct import_options){0});
    FEED(im, &l, first);
    finish(im, &l);
    im = begin(&m, &l, (struct import_options){.update = true});
    FEED(im, &l, lines);
    cr_assert_str_eq(l.text.data, "feed:1 1 updated\nfeed:2 9 absent\n"
                                  "feed:3 REFUSED \"price\" must be a number, not the string \"x\"\n"
                                  "feed:4 1 updated\nfeed:5 1 unchanged\nfeed:6 2 deleted\n");
    finish(im, &l);
    unmake_index(&m);
}

Test(import, pruning_deletes_the_rest_and_only_when_all_is_known)
{
    static const char *const first[] = {"{'id':'1'}", "{'id':'2'}", "{'id':'3'}"};
    static const char *const bad[] = {"{'id':'1'}", "{'id':'2','price':'x'}"};
    static const char *const good[] = {"{'id':'1'}", "{'id':'4'}"};
    struct made m;
    struct log l;
    struct errmsg e = {0};
    uint32_t deleted;
    make_free_index(&m);
    struct import *im = begin(&m, &l, (struct import_options){0});
    FEED(im, &l, first);
    finish(im, &l);

    im = begin(&m, &l, (struct import_options){.prune = true});
    FEED(im, &l, bad);
    cr_assert_eq(import_prune(im, &deleted, &e), ERR_INPUT);
    cr_assert(strstr(e.text, "nothing was pruned: 1 line") && deleted == 0, "%s", e.text);
    finish(im, &l);

    e.text[0] = 0;
    im = begin(&m, &l, (struct import_options){.prune = true});
    OK(import_finish(im, &e), &e);
    cr_assert_eq(import_prune(im, &deleted, &e), ERR_INPUT, "an empty catalogue would delete everything");
    finish(im, &l);

    e.text[0] = 0;
    im = begin(&m, &l, (struct import_options){.prune = true});
    FEED(im, &l, good);
    OK(import_prune(im, &deleted, &e), &e);
    cr_assert_eq(deleted, 2);
    finish(im, &l);
    struct snapshot *s = look(m.ix);
    cr_assert(doc_of(s, "1") != UINT32_MAX && doc_of(s, "4") != UINT32_MAX && snapshot_manifest(s)->n_live == 2);
    snapshot_free(s);
    unmake_index(&m);
}

Test(import, a_dry_run_checks_and_needs_no_index)
{
    static const char *const lines[] = {"{'id':'1','title':'red'}", "{'id':'1'}", "{'id':2}", "{'id':'3','deleted':true}"};
    for (int kind = 0; kind < 3; kind++) {
        struct made m = {0};
        struct log l;
        m.model = make_model(&m.file, "tiny");
        struct import *im = begin(&m, &l, (struct import_options){.dry_run = true, .update = kind == 1, .prune = kind == 2});
        FEED(im, &l, lines);
        cr_assert_not_null(strstr(l.text.data, "feed:3 REFUSED \"id\" must be a string, not a number"));
        cr_assert_eq(strstr(l.text.data, "feed:2 1 unchanged AGAIN\n") != NULL, kind != 1);
        finish(im, &l);
        embed_close(m.model);
        buf_release(&m.file);
    }
}

Test(import, a_rebuild_takes_vectors_of_equal_texts_over)
{
    static const char *const lines[] = {"{'id':'1','title':'red shoes','price':1}", "{'id':'2','title':'aa'}", "{'id':'3'}"};
    static const char *const again[] = {"{'id':'3'}", "{'id':'1','title':'red shoes','price':9}", "{'id':'2','title':'aa a'}"};
    struct made m, next;
    struct log l;
    struct errmsg e = {0};
    make_free_index(&m);
    struct import *im = begin(&m, &l, (struct import_options){0});
    FEED(im, &l, lines);
    OK(writer_merge(import_writer(im), true, NULL, NULL, &e), &e);
    finish(im, &l);
    next = m;
    OK(index_open(&next.ix, m.data, "shop", INDEX_REBUILD, &e), &e);
    im = begin(&next, &l, (struct import_options){.reuse = m.ix});
    FEED(im, &l, again);
    finish(im, &l);
    struct snapshot *old = look(m.ix), *s = look(next.ix);
    cr_assert(!memcmp(snapshot_vector_f16(old, 0), snapshot_vector_f16(s, 1), WIDE * 2));
    cr_assert(memcmp(snapshot_vector_f16(old, 1), snapshot_vector_f16(s, 2), WIDE * 2));
    cr_assert_null(snapshot_vector_f16(s, 0));
    snapshot_free(old);
    snapshot_free(s);
    index_close(next.ix);
    unmake_index(&m);
}

Test(import, a_locked_index_is_refused_at_once)
{
    struct made m;
    struct errmsg e = {0};
    struct import *im;
    struct index *ix;
    make_index(&m);
    OK(index_open(&ix, m.data, "shop", 0, &e), &e);
    cr_assert_eq(import_new(&im, ix, m.model, &(struct import_options){.threads = 1}, &e), ERR_BUSY);
    cr_assert_null(im);
    import_free(NULL);
    index_close(ix);
    unmake_index(&m);
}

Test(import, an_import_left_in_the_middle_keeps_what_was_committed)
{
    struct made m;
    struct log l;
    struct errmsg e = {0};
    make_free_index(&m);
    struct import *im = begin(&m, &l, (struct import_options){0});
    OK(import_line(im, "feed", 1, "{\"id\":\"1\"}", 10, &e), &e);
    OK(import_finish(im, &e), &e);
    OK(import_line(im, "feed", 2, "{\"id\":\"2\"}", 10, &e), &e);
    finish(im, &l);
    struct snapshot *s = look(m.ix);
    cr_assert(doc_of(s, "1") == 0 && doc_of(s, "2") == UINT32_MAX);
    snapshot_free(s);
    unmake_index(&m);
}
