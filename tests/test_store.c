/* The store's file: opened, read-only, foreign, cut short, newer, damaged. */
#include "indexer/store.h"
#include "tests/index_make.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static char dir[64], file[80];

static void enter(void)
{
    make_folder(dir);
    snprintf(file, sizeof file, "%s/store.mdb", dir);
}
static void leave(void)
{
    remove_folder(dir);
}
TestSuite(store, .init = enter, .fini = leave);

static void put_manifest(struct manifest *m)
{
    struct store s;
    struct errmsg e = {0};
    MDB_txn *txn;
    OK(store_open(&s, dir, STORE_CREATE, &e), &e);
    OK(mdb_txn_begin(s.env, NULL, 0, &txn), NULL);
    OK(manifest_put(&s, txn, m), NULL);
    OK(mdb_txn_commit(txn), NULL);
    store_close(&s);
}

/* Opens for reading and reads the manifest: the code of the first failure. */
static int read_manifest(struct manifest *m, struct errmsg *e)
{
    struct store s;
    MDB_txn *txn;
    *e = (struct errmsg){0};
    int rc = store_open(&s, dir, STORE_READ, e);
    if (rc) return rc;
    OK(mdb_txn_begin(s.env, NULL, MDB_RDONLY, &txn), NULL);
    rc = manifest_get(&s, txn, m, e);
    mdb_txn_abort(txn);
    store_close(&s);
    return rc;
}

static void expect_refused(const char *what, const char *says)
{
    struct manifest m;
    struct errmsg e;
    int rc = read_manifest(&m, &e);
    cr_assert_eq(rc, ERR_FORMAT, "%s: %d, %s", what, rc, errmsg_text(&e, rc));
    cr_assert(strstr(e.text, file) && strstr(e.text, says), "%s: \"%s\"", what, e.text);
}

static void write_bytes(const void *p, size_t n)
{
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    cr_assert(fd >= 0 && write(fd, p, n) == (ssize_t)n && close(fd) == 0);
}

Test(store, a_manifest_comes_back_as_it_was)
{
    struct manifest m = {.dim = 256, .next_doc = 7, .n_live = 5, .model_name = "tiny", .languages = 9}, back;
    struct errmsg e;
    put_manifest(&m);
    OK(read_manifest(&back, &e), &e);
    cr_assert(back.dim == 256 && back.next_doc == 7 && back.n_live == 5 && back.languages == 9 && back.commits == 1);
    cr_assert_str_eq(back.model_name, "tiny");
    cr_assert_eq(back.version, STORE_VERSION);
    cr_assert_gt(back.updated_s, 0);
}

Test(store, the_file_is_as_small_as_its_content)
{
    struct stat st;
    put_manifest(&(struct manifest){.dim = 1});
    cr_assert(stat(file, &st) == 0 && st.st_size < 1 << 20, "%lld bytes", (long long)st.st_size);
}

Test(store, what_is_not_there_is_named)
{
    struct manifest m;
    struct errmsg e;
    int rc = read_manifest(&m, &e);
    cr_assert_eq(rc, ENOENT);
    cr_assert(strstr(e.text, file), "%s", e.text);
}

Test(store, a_file_of_another_kind_is_refused)
{
    static char noise[3 << 14];
    for (size_t i = 0; i < sizeof noise; i++) noise[i] = (char)(i * 2654435761u >> 13);
    static const size_t lengths[] = {1, 100, 4096, 8192, sizeof noise};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        write_bytes(noise, lengths[i]);
        expect_refused("noise", "not a souk store");
    }
    write_bytes("{\"id\":\"1\"}\n", 11);
    expect_refused("a catalogue", "not a souk store");
}

Test(store, an_empty_file_is_refused_by_readers)
{
    struct manifest m;
    struct errmsg e;
    write_bytes("", 0);
    int rc = read_manifest(&m, &e);
    cr_assert_neq(rc, 0);
    cr_assert(strstr(e.text, file), "%s", e.text);
}

/* A store with some megabytes in it. */
static size_t large_store(void)
{
    struct store s;
    struct errmsg e = {0};
    struct stat st;
    MDB_txn *txn;
    static char value[20000];
    struct manifest m = {.dim = 4, .next_doc = 200, .n_live = 200};
    OK(store_open(&s, dir, STORE_CREATE, &e), &e);
    for (uint32_t i = 0; i < 200; i++) {
        MDB_val k = val(&i, 4), v = val(value, (i * 977) % sizeof value);
        OK(mdb_txn_begin(s.env, NULL, 0, &txn), NULL);
        OK(mdb_put(txn, s.docs, &k, &v, 0), NULL);
        OK(manifest_put(&s, txn, &m), NULL);
        OK(mdb_txn_commit(txn), NULL);
    }
    store_close(&s);
    cr_assert_eq(stat(file, &st), 0);
    return (size_t)st.st_size;
}

Test(store, a_cut_file_is_refused_wherever_it_is_cut)
{
    size_t size = large_store(), page = (size_t)sysconf(_SC_PAGESIZE);
    size_t at[] = {size - 1, size - page,  size - page - 1, size / 2,  size / 3 + 7, 16 * page, 3 * page, 2 * page + 1,
                   2 * page, 2 * page - 1, page + 200,      page + 10, page,         page - 1,  100,      1};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        char what[40];
        cr_assert_eq(truncate(file, (off_t)at[i]), 0);
        snprintf(what, sizeof what, "cut at %zu of %zu", at[i], size);
        expect_refused(what, at[i] > 2 * page ? "cut short" : "");
    }
}

Test(store, a_cut_file_is_refused_by_writers_too)
{
    size_t size = large_store();
    struct store s;
    struct errmsg e = {0};
    cr_assert_eq(truncate(file, (off_t)(size / 2)), 0);
    cr_assert_eq(store_open(&s, dir, STORE_CREATE, &e), ERR_FORMAT, "%s", e.text);
}

static void expect_full_length(const struct store *s)
{
    MDB_envinfo info;
    struct stat st;
    mdb_env_info(s->env, &info);
    cr_assert(stat(file, &st) == 0 && st.st_size / sysconf(_SC_PAGESIZE) > (off_t)info.me_last_pgno);
}

Test(store, pages_freed_before_they_were_written_are_no_cut)
{
    struct store s;
    struct errmsg e = {0};
    MDB_txn *txn;
    struct manifest m = {.dim = 4}, back;
    static char value[400000];
    OK(store_open(&s, dir, STORE_CREATE, &e), &e);
    srand(3);
    for (int round = 0; round < 60; round++) {
        OK(mdb_txn_begin(s.env, NULL, 0, &txn), NULL);
        for (int k = 0; k < 12; k++) { /* a catalogue that names the same large product again and again */
            uint32_t doc = (uint32_t)(rand() % 6);
            MDB_val key = val(&doc, 4), v = val(value, 1 + (size_t)rand() % sizeof value);
            if (rand() % 2)
                OK(mdb_put(txn, s.docs, &key, &v, 0), NULL);
            else
                mdb_del(txn, s.docs, &key, NULL);
        }
        OK(manifest_put(&s, txn, &m), NULL);
        OK(round % 2 ? store_commit(&s, txn) : mdb_txn_commit(txn), NULL); /* killed before it could lengthen the file */
        if (round % 2) expect_full_length(&s);
        store_close(&s);
        OK(read_manifest(&back, &e), &e);
        OK(store_open(&s, dir, 0, &e), &e);
    }
    store_close(&s);
}

Test(store, a_newer_version_says_so)
{
    struct store s;
    struct errmsg e = {0};
    MDB_txn *txn;
    struct manifest m = {.magic = "SOUKSTOR", .version = STORE_VERSION + 1, .dim = 4};
    OK(store_open(&s, dir, STORE_CREATE, &e), &e);
    OK(mdb_txn_begin(s.env, NULL, 0, &txn), NULL);
    MDB_val k = val("manifest", 8), v = val(&m, sizeof m);
    memcpy(m.magic, "SOUKSTOR", 8);
    OK(mdb_put(txn, s.meta, &k, &v, 0), NULL);
    OK(mdb_txn_commit(txn), NULL);
    store_close(&s);
    expect_refused("newer", "written by a newer souk");
}

Test(store, a_damaged_manifest_is_refused)
{
    static const struct manifest bad[] = {
        {.dim = 0},
        {.dim = 4, .n_live = 9, .next_doc = 8},
        {.dim = 4, .graph_docs = 9, .next_doc = 8},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct manifest m = bad[i];
        put_manifest(&m);
        expect_refused("damaged", "its manifest is damaged");
    }
}

/* ---- LMDB files of somebody else ---- */

static void foreign(const char *const *names, size_t n, const char *key)
{
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;
    OK(mdb_env_create(&env), NULL);
    OK(mdb_env_set_maxdbs(env, 20), NULL);
    OK(mdb_env_open(env, file, MDB_NOSUBDIR, 0644), NULL);
    OK(mdb_txn_begin(env, NULL, 0, &txn), NULL);
    for (size_t i = 0; i < n; i++) OK(mdb_dbi_open(txn, names[i], MDB_CREATE, &dbi), NULL);
    if (key) {
        MDB_val k = val(key, strlen(key)), v = val("x", 1);
        OK(mdb_dbi_open(txn, NULL, 0, &dbi), NULL);
        OK(mdb_put(txn, dbi, &k, &v, 0), NULL);
    }
    OK(mdb_txn_commit(txn), NULL);
    mdb_env_close(env);
}

Test(store, a_foreign_lmdb_is_refused)
{
    static const char *const names[] = {"meta", "ids", "docs", "keys", "fields", "cols", "dict", "rdict", "lex", "vecs"};
    foreign(NULL, 0, "some key");
    expect_refused("keys only", "not a souk store");
    unlink(file);
    foreign(NULL, 0, "meta");
    expect_refused("a key named meta", "not a souk store");
    unlink(file);
    foreign(names, 3, NULL);
    expect_refused("a few of the names", "not a souk store");
    unlink(file);
    foreign(names, 10, NULL);
    expect_refused("all of the names", "not a souk store");
}

Test(store, a_reader_works_in_a_read_only_folder)
{
    struct manifest m = {.dim = 4}, back;
    struct errmsg e;
    put_manifest(&m);
    char lock[100];
    snprintf(lock, sizeof lock, "%s-lock", file);
    unlink(lock);
    cr_assert(chmod(file, 0444) == 0 && chmod(dir, 0555) == 0);
    int rc = geteuid() == 0 ? seteuid(65534) : 0; /* root may write everywhere */
    if (geteuid() == 0) cr_skip("cannot drop privileges: %d", rc);
    cr_assert_eq(chmod("/", 0755), -1);
    int got = read_manifest(&back, &e);
    cr_assert_eq(seteuid(getuid()), 0);
    chmod(dir, 0755);
    OK(got, &e);
    cr_assert_eq(back.dim, 4);
}
