/* Indexes on disk: names, generations, the lock, lists. */
#include "tests/index_make.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static int open_rc(const char *data, const char *name, unsigned flags, struct errmsg *e)
{
    struct index *ix;
    *e = (struct errmsg){0};
    int rc = index_open(&ix, data, name, flags, e);
    cr_assert_eq(rc != 0, ix == NULL);
    index_close(ix);
    return rc;
}

Test(index, names_are_plain)
{
    static const char *const bad[] = {
        "",     ".",   "..", ".hidden", "a/b",
        "../x", "a b", "ä",  "a\n",     "12345678901234567890123456789012345678901234567890123456789012345"};
    static const char *const good[] = {"a", "shop-2.de_AT", "1234567890123456789012345678901234567890123456789012345678901234"};
    char data[64];
    struct errmsg e;
    make_folder(data);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert_eq(open_rc(data, bad[i], INDEX_CREATE, &e), ERR_INPUT, "%s", bad[i]);
        cr_assert_not_null(strstr(e.text, "is no name for an index"));
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) OK(open_rc(data, good[i], INDEX_CREATE, &e), &e);
    remove_folder(data);
}

Test(index, what_is_not_there_is_said)
{
    struct errmsg e;
    cr_assert_eq(open_rc("/nowhere", "shop", INDEX_READ, &e), ERR_NOT_FOUND);
    cr_assert_str_eq(e.text, "there is no index \"shop\" in /nowhere; 'souk index' makes one");
    cr_assert_eq(open_rc("/dev/null", "shop", INDEX_READ, &e), ERR_NOT_FOUND);
    cr_assert_neq(open_rc("/dev/null", "shop", INDEX_CREATE, &e), 0);
    cr_assert_not_null(strstr(e.text, "/dev/null"));
}

static void write_text(const char *dir, const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    cr_assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
}
static void read_text(const char *dir, const char *name, char text[200])
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "r");
    cr_assert_not_null(f, "%s", path);
    text[fread(text, 1, 199, f)] = 0;
    fclose(f);
}

Test(index, a_damaged_current_file_is_said)
{
    struct made m;
    struct errmsg e;
    make_index(&m);
    write_text(m.ix->dir, "CURRENT", "what?\n");
    cr_assert_eq(open_rc(m.data, "shop", INDEX_READ, &e), ERR_FORMAT);
    cr_assert_not_null(strstr(e.text, "CURRENT is damaged"));
    write_text(m.ix->dir, "CURRENT", "");
    cr_assert_eq(open_rc(m.data, "shop", INDEX_CREATE, &e), ERR_FORMAT);
    unmake_index(&m);
}

Test(index, a_rebuild_is_beside_the_live_one_until_it_is_published)
{
    struct made m, next;
    struct errmsg e = {0};
    make_index(&m);
    put(&m, "{'id':'old'}");
    writer_free(m.w);
    m.w = NULL;
    next = m;
    OK(index_open(&next.ix, m.data, "shop", INDEX_REBUILD, &e), &e);
    OK(writer_new(&next.w, next.ix, m.model, &e), &e);
    put(&next, "{'id':'new'}");
    cr_assert_eq(next.ix->generation, m.ix->generation + 1);
    cr_assert_not(index_stale(m.ix));

    struct snapshot *s = look(m.ix), *t = look(next.ix);
    cr_assert(doc_of(s, "old") == 0 && doc_of(s, "new") == UINT32_MAX);
    cr_assert(doc_of(t, "new") == 0 && doc_of(t, "old") == UINT32_MAX);
    OK(index_publish(next.ix, &e), &e);
    cr_assert(index_stale(m.ix) && !index_stale(next.ix));
    cr_assert_eq(access(m.ix->gen_dir, F_OK), -1, "the old generation is removed");
    cr_assert_eq(doc_of(s, "old"), 0, "who has it open still reads it");
    snapshot_free(s);
    snapshot_free(t);
    char text[200];
    read_text(m.ix->dir, "CURRENT", text);
    cr_assert_str_eq(text, "gen-000002\n");
    writer_free(next.w);
    index_close(next.ix);
    unmake_index(&m);
}

Test(index, a_rebuild_that_is_not_published_leaves_nothing)
{
    struct made m, next;
    struct errmsg e = {0};
    make_index(&m);
    put(&m, "{'id':'old'}");
    writer_free(m.w);
    m.w = NULL;
    next = m;
    OK(index_open(&next.ix, m.data, "shop", INDEX_REBUILD, &e), &e);
    OK(writer_new(&next.w, next.ix, m.model, &e), &e);
    put(&next, "{'id':'new'}");
    merge(&next);
    char *dir = xstrdup(next.ix->gen_dir);
    close_writer(&next);
    cr_assert_eq(access(dir, F_OK), -1, "%s is left", dir);
    struct snapshot *s = look(m.ix);
    cr_assert_eq(doc_of(s, "old"), 0);
    snapshot_free(s);
    free(dir);
    unmake_index(&m);
}

Test(index, who_opened_a_generation_that_was_replaced_cannot_write_to_it)
{
    struct made m, next;
    struct errmsg e = {0};
    struct writer *w;
    make_index(&m);
    writer_free(m.w);
    m.w = NULL;
    next = m;
    OK(index_open(&next.ix, m.data, "shop", INDEX_REBUILD, &e), &e);
    OK(writer_new(&next.w, next.ix, m.model, &e), &e);
    OK(index_publish(next.ix, &e), &e);
    writer_free(next.w);
    cr_assert_eq(writer_new(&w, m.ix, m.model, &e), ERR_BUSY, "what it writes would be lost");
    cr_assert_not_null(strstr(e.text, "was rebuilt"), "%s", e.text);
    cr_assert_null(w);
    index_close(next.ix);
    unmake_index(&m);
}

Test(index, two_that_make_the_same_index_at_once_do_not_undo_each_other)
{
    char data[64];
    struct made a = {0}, b = {0};
    struct errmsg e = {0};
    make_folder(data);
    strcpy(a.data, data);
    a.model = make_model(&a.file, "tiny");
    OK(index_open(&a.ix, data, "shop", INDEX_CREATE, &e), &e);
    OK(index_open(&b.ix, data, "shop", INDEX_CREATE, &e), &e);
    OK(writer_new(&a.w, a.ix, a.model, &e), &e);
    put(&a, "{'id':'kept'}");
    writer_free(a.w);
    a.w = NULL;
    cr_assert_eq(writer_new(&b.w, b.ix, a.model, &e), ERR_BUSY);
    index_close(b.ix);
    index_close(a.ix);
    open_writer(&a);
    struct snapshot *s = look(a.ix);
    cr_assert_eq(doc_of(s, "kept"), 0);
    snapshot_free(s);
    unmake_index(&a);
}

static void *rebuild_often(void *arg)
{
    struct made *m = arg;
    for (int i = 0; i < 40; i++) {
        struct made next = *m;
        struct errmsg e = {0};
        OK(index_open(&next.ix, m->data, "shop", INDEX_REBUILD, &e), &e);
        OK(writer_new(&next.w, next.ix, m->model, &e), &e);
        OK(index_publish(next.ix, &e), &e);
        close_writer(&next);
    }
    return NULL;
}

Test(index, it_can_be_opened_at_any_moment_of_a_rebuild)
{
    struct made m;
    pthread_t t;
    make_index(&m);
    close_writer(&m);
    pthread_create(&t, NULL, rebuild_often, &m);
    do {
        struct index *ix;
        struct errmsg e = {0};
        OK(index_open(&ix, m.data, "shop", INDEX_READ, &e), &e);
        index_close(ix);
    } while (pthread_tryjoin_np(t, NULL) != 0);
    unmake_index(&m);
}

Test(index, a_first_run_that_was_killed_is_no_index)
{
    struct errmsg e = {0};
    struct made m = {0};
    struct index *ix;
    char text[200];
    make_folder(m.data);
    OK(index_open(&ix, m.data, "shop", INDEX_CREATE, &e), &e); /* no writer came to make the manifest */
    index_close(ix);
    cr_assert_eq(open_rc(m.data, "shop", INDEX_READ, &e), ERR_NOT_FOUND);
    m.model = make_model(&m.file, "tiny");
    open_writer(&m);
    put(&m, "{'id':'1'}");
    read_text(m.ix->dir, "CURRENT", text);
    cr_assert_str_eq(text, "gen-000002\n");
    cr_assert_eq(access(m.ix->gen_dir, F_OK), 0);
    unmake_index(&m);
}

Test(index, a_second_writer_hears_who_the_first_is)
{
    struct made m;
    struct errmsg e = {0};
    struct index *other;
    struct writer *w;
    char who[40];
    make_index(&m);
    OK(index_open(&other, m.data, "shop", 0, &e), &e);
    cr_assert_eq(writer_new(&w, other, m.model, &e), ERR_BUSY);
    snprintf(who, sizeof who, "(process %d)", (int)getpid());
    cr_assert(strstr(e.text, "index \"shop\" is being written by ") && strstr(e.text, who), "%s", e.text);
    writer_free(m.w);
    m.w = NULL;
    e.text[0] = 0;
    OK(writer_new(&w, other, m.model, &e), &e);
    writer_free(w);
    index_close(other);
    unmake_index(&m);
}

Test(index, a_lock_dies_with_its_process)
{
    struct made m = {0};
    struct errmsg e = {0};
    int ready[2], status;
    char c;
    make_folder(m.data);
    m.model = make_model(&m.file, "tiny");
    cr_assert_eq(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        open_writer(&m);
        c = write(ready[1], "x", 1) == 1;
        pause();
    }
    cr_assert_eq(read(ready[0], &c, 1), 1);
    struct index *ix;
    struct writer *w;
    char who[40];
    OK(index_open(&ix, m.data, "shop", 0, &e), &e);
    cr_assert_eq(writer_new(&w, ix, m.model, &e), ERR_BUSY);
    snprintf(who, sizeof who, "(process %d)", (int)child);
    cr_assert_not_null(strstr(e.text, who), "%s", e.text);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    OK(writer_new(&w, ix, m.model, &e), &e);
    writer_free(w);
    index_close(ix);
    m.ix = NULL;
    unmake_index(&m);
}

Test(index, lists_are_sorted_and_hold_indexes_only)
{
    struct made m;
    struct errmsg e = {0};
    char **names, path[100];
    size_t n;
    make_index(&m);
    for (int i = 0; i < 2; i++) {
        struct index *ix;
        struct writer *w;
        OK(index_open(&ix, m.data, i ? "books" : "zoo", INDEX_CREATE, &e), &e);
        OK(writer_new(&w, ix, m.model, &e), &e);
        writer_free(w);
        index_close(ix);
    }
    snprintf(path, sizeof path, "%s/folder", m.data);
    mkdir(path, 0755);
    write_text(m.data, "file", "x");
    OK(index_list(m.data, &names, &n, &e), &e);
    cr_assert_eq(n, 3);
    cr_assert_str_eq(names[0], "books");
    cr_assert_str_eq(names[1], "shop");
    cr_assert_str_eq(names[2], "zoo");
    while (n) free(names[--n]);
    free(names);
    cr_assert_eq(index_list("/nowhere", &names, &n, &e), ENOENT);
    cr_assert_not_null(strstr(e.text, "/nowhere"));
    unmake_index(&m);
}

Test(index, the_data_folder_has_a_default)
{
    unsetenv("SOUK_DATA");
    cr_assert_str_eq(index_default_data(), "souk-data");
    setenv("SOUK_DATA", "", 1);
    cr_assert_str_eq(index_default_data(), "souk-data");
    setenv("SOUK_DATA", "/srv/souk", 1);
    cr_assert_str_eq(index_default_data(), "/srv/souk");
}
