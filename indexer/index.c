#include "indexer/index.h"

#include "base/mem.h"
#include "indexer/dict.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

const char *index_default_data(void)
{
    const char *d = getenv("SOUK_DATA");
    return d && *d ? d : "souk-data";
}

static int check_name(const char *name, struct errmsg *e)
{
    size_t n = strlen(name);
    bool good = n && n <= INDEX_NAME_MAX && name[0] != '.';
    for (size_t i = 0; good && i < n; i++) good = isalnum((unsigned char)name[i]) || strchr("._-", name[i]);
    return good ? 0
                : errmsg_set(e, ERR_INPUT, "\"%.80s\" is no name for an index: 1 to %d letters, digits, '.', '_' and '-' are",
                             name, INDEX_NAME_MAX);
}

static int make_dir(const char *path, struct errmsg *e)
{
    if (mkdir(path, 0755) == 0 || errno == EEXIST) return 0;
    return errmsg_set(e, errno, "cannot make the folder %s: %s", path, strerror(errno));
}

/* ---- generations ---- */

static int read_current(const char *dir, uint32_t *generation)
{
    char path[4096], text[64] = "";
    snprintf(path, sizeof path, "%s/CURRENT", dir);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    return n > 0 && sscanf(text, "gen-%u", generation) == 1 ? 0 : ERR_FORMAT;
}

/* Writes CURRENT beside itself, syncs, renames: a reader sees the old or the new name. */
static int write_current(const char *dir, uint32_t generation, struct errmsg *e)
{
    char *path = xasprintf("%s/CURRENT", dir), *tmp = xasprintf("%s/CURRENT.tmp", dir);
    int rc = 0, fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || dprintf(fd, "gen-%06u\n", generation) < 0 || fsync(fd) != 0) rc = errno;
    if (fd >= 0) close(fd);
    if (!rc && rename(tmp, path) != 0) rc = errno;
    if (rc) errmsg_set(e, rc, "cannot write %s: %s", path, strerror(rc));
    free(path);
    free(tmp);
    return rc;
}

static uint32_t newest_generation(const char *dir)
{
    uint32_t newest = 0, g;
    DIR *d = opendir(dir);
    for (struct dirent *f; d && (f = readdir(d));)
        if (sscanf(f->d_name, "gen-%u", &g) == 1 && g > newest) newest = g;
    if (d) closedir(d);
    return newest;
}

static void remove_generation(const char *dir, uint32_t generation)
{
    char *gen = xasprintf("%s/gen-%06u", dir, generation);
    DIR *d = opendir(gen);
    for (struct dirent *f; d && (f = readdir(d));) {
        char *path = xasprintf("%s/%s", gen, f->d_name);
        if (f->d_name[0] != '.') unlink(path);
        free(path);
    }
    if (d) closedir(d);
    rmdir(gen);
    free(gen);
}

int index_publish(struct index *ix, struct errmsg *e)
{
    int rc = write_current(ix->dir, ix->generation, e);
    ix->unnamed = false;
    if (!rc) ix->unfinished = false;
    for (uint32_t g = ix->generation; !rc && --g > 0 && ix->generation - g < 1000;) remove_generation(ix->dir, g);
    return rc;
}

bool index_stale(const struct index *ix)
{
    uint32_t g;
    return read_current(ix->dir, &g) == 0 && g != ix->generation;
}

/* ---- open and close ---- */

/* The folder of a rebuild is its own alone, so that it may be removed. */
static int make_generation(struct index *ix, struct errmsg *e)
{
    ix->unfinished = mkdir(ix->gen_dir, 0755) == 0;
    if (ix->unfinished) return 0;
    if (errno == EEXIST)
        return errmsg_set(e, ERR_BUSY, "index \"%s\" is being rebuilt by another process; try again when it is done", ix->name);
    return errmsg_set(e, errno, "cannot make the folder %s: %s", ix->gen_dir, strerror(errno));
}

static int find_generation(struct index *ix, const char *data, unsigned flags, struct errmsg *e)
{
    int rc = read_current(ix->dir, &ix->generation);
    if (rc == ERR_FORMAT) return errmsg_set(e, rc, "%s/CURRENT is damaged", ix->dir);
    if (rc && rc != ENOENT && rc != ENOTDIR) return errmsg_set(e, rc, "%s: %s", ix->dir, strerror(rc));
    if (rc && !(flags & INDEX_CREATE))
        return errmsg_set(e, ERR_NOT_FOUND, "there is no index \"%s\" in %s; 'souk index' makes one", ix->name, data);
    if (rc || flags & INDEX_REBUILD) {
        ix->unnamed = !(flags & INDEX_REBUILD);
        ix->generation = newest_generation(ix->dir) + 1;
        if ((rc = make_dir(data, e)) != 0 || (rc = make_dir(ix->dir, e)) != 0) return rc;
    }
    ix->gen_dir = xasprintf("%s/gen-%06u", ix->dir, ix->generation);
    if (flags & INDEX_REBUILD) return make_generation(ix, e);
    return flags & INDEX_CREATE ? make_dir(ix->gen_dir, e) : 0;
}

static int open_current(struct index **out, const char *data, const char *name, unsigned flags, struct errmsg *e)
{
    struct index *ix = xcalloc(1, sizeof *ix);
    pthread_mutex_init(&ix->lock, NULL);
    ix->lock_fd = -1;
    ix->name = xstrdup(name);
    ix->dir = xasprintf("%s/%s", data, name);
    if (flags & INDEX_REBUILD) flags |= INDEX_CREATE;
    int rc = find_generation(ix, data, flags, e);
    if (!rc && flags & INDEX_CREATE && access(ix->dir, W_OK) != 0)
        rc = errmsg_set(e, errno, "no permission to write in %s", ix->dir);
    if (!rc)
        rc = store_open(&ix->store, ix->gen_dir,
                        (flags & INDEX_READ ? STORE_READ : 0) | (flags & INDEX_CREATE ? STORE_CREATE : 0), e);
    if (rc) {
        index_close(ix);
        return rc;
    }
    *out = ix;
    return 0;
}

int index_open(struct index **out, const char *data, const char *name, unsigned flags, struct errmsg *e)
{
    enum { TRIES = 5 }; /* a rebuild may remove the generation that we were about to open: then CURRENT names another */
    struct errmsg why = {0};
    *out = NULL;
    int rc = check_name(name, e);
    if (rc) return rc;
    for (int i = 0; i < TRIES && (!i || rc == ENOENT); i++) {
        why.text[0] = 0;
        rc = open_current(out, data, name, flags, &why);
    }
    return rc ? errmsg_set(e, rc, "%s", why.text) : 0;
}

void index_close(struct index *ix)
{
    if (!ix) return;
    if (ix->graph) graph_put(ix, ix->graph);
    for (size_t i = 0; i < ix->n_dicts; i++) dict_free(ix->dicts[i]);
    free(ix->dicts);
    store_close(&ix->store);
    if (ix->unfinished) remove_generation(ix->dir, ix->generation);
    index_unlock(ix);
    pthread_mutex_destroy(&ix->lock);
    free(ix->name);
    free(ix->dir);
    free(ix->gen_dir);
    free(ix);
}

/* True when another writer made a newer generation live since ix was opened: what is written to ix would be lost. */
static bool is_superseded(const struct index *ix)
{
    uint32_t g;
    return read_current(ix->dir, &g) == 0 && (g > ix->generation || ix->unnamed);
}

int index_lock(struct index *ix, struct errmsg *e)
{
    char *path = xasprintf("%s/lock", ix->dir), holder[160] = "";
    int rc = 0, fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) {
        rc = errmsg_set(e, errno, "cannot open %s: %s", path, strerror(errno));
    } else if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        ssize_t n = pread(fd, holder, sizeof holder - 1, 0);
        if (n > 0 && holder[n - 1] == '\n') holder[n - 1] = 0;
        rc = errmsg_set(e, ERR_BUSY, "index \"%s\" is being written by %s; try again when it is done", ix->name,
                        holder[0] ? holder : "another process");
        close(fd);
    } else if (is_superseded(ix)) {
        rc = errmsg_set(e, ERR_BUSY, "index \"%s\" was rebuilt by another process meanwhile; open it again", ix->name);
        close(fd);
    } else {
        if (ftruncate(fd, 0) == 0) dprintf(fd, "%s (process %d)\n", program_invocation_short_name, (int)getpid());
        ix->lock_fd = fd;
    }
    free(path);
    return rc;
}

void index_unlock(struct index *ix)
{
    if (ix->lock_fd >= 0) close(ix->lock_fd);
    ix->lock_fd = -1;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int index_list(const char *data, char ***names, size_t *n, struct errmsg *e)
{
    size_t cap = 0;
    uint32_t g;
    *names = NULL;
    *n = 0;
    DIR *d = opendir(data);
    if (!d) return errmsg_set(e, errno, "cannot read the data folder %s: %s", data, strerror(errno));
    for (struct dirent *f; (f = readdir(d));) {
        char *dir = xasprintf("%s/%s", data, f->d_name);
        if (f->d_name[0] != '.' && read_current(dir, &g) == 0) {
            xgrow(names, &cap, *n + 1, sizeof **names);
            (*names)[(*n)++] = xstrdup(f->d_name);
        }
        free(dir);
    }
    closedir(d);
    if (*n) qsort(*names, *n, sizeof **names, by_name);
    return 0;
}

/* ---- graph epochs ---- */

char *graph_path(const struct index *ix, uint32_t epoch)
{
    return xasprintf("%s/graph-%03u.mdb", ix->gen_dir, epoch);
}

static void unref(struct graph *g)
{
    if (--g->refs) return;
    ann_close(g->ann);
    free(g);
}

int graph_get(struct index *ix, uint32_t epoch, struct graph **out, struct errmsg *e)
{
    int rc = 0;
    pthread_mutex_lock(&ix->lock);
    if (!ix->graph || ix->graph->epoch != epoch) {
        struct ann *ann;
        char *path = graph_path(ix, epoch);
        if ((rc = ann_open(&ann, path, e)) == 0) {
            if (ix->graph) unref(ix->graph);
            ix->graph = xcalloc(1, sizeof *ix->graph);
            *ix->graph = (struct graph){ann, epoch, 1};
        }
        free(path);
    }
    if (!rc) {
        ix->graph->refs++;
        *out = ix->graph;
    }
    pthread_mutex_unlock(&ix->lock);
    return rc;
}

void graph_put(struct index *ix, struct graph *g)
{
    pthread_mutex_lock(&ix->lock);
    unref(g);
    pthread_mutex_unlock(&ix->lock);
}
