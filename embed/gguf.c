/* GGUF: open, close, look up, identify. The checks of what is inside are in gguf_parse.c. */
#include "embed/gguf.h"

#include "base/mem.h"
#include "embed/gguf_parse.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "GGUF files are read in place, which needs a little-endian machine");

/* ---- life ---- */

static int check(struct gguf *g, struct gguf **out, struct errmsg *e)
{
    int rc = gguf_parse(g, e);
    if (rc) {
        gguf_close(g);
        return rc;
    }
    *out = g;
    return 0;
}

/* A file up to this size is read from disk in one go when it is mapped, larger ones as they are used. */
enum { READ_AHEAD = 256 << 20 };

/* Maps the file of fd; an empty one stays unmapped, for the parser to refuse. */
static int map(struct gguf *g, int fd, struct errmsg *e)
{
    struct stat st;
    if (fstat(fd, &st) != 0) return errmsg_set(e, errno, "%s: %s", g->path, strerror(errno));
    if (!S_ISREG(st.st_mode)) return errmsg_set(e, ERR_FORMAT, "%s: not a file", g->path);
    g->size = (size_t)st.st_size;
    if (!g->size) return 0;
    void *p = mmap(NULL, g->size, PROT_READ, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED) return errmsg_set(e, errno, "%s: cannot be mapped into memory: %s", g->path, strerror(errno));
    g->base = p;
    g->mapped = true;
    if (g->size <= READ_AHEAD) madvise(p, g->size, MADV_WILLNEED);
    return 0;
}

int gguf_open(struct gguf **out, const char *path, struct errmsg *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errmsg_set(e, errno, "%s: %s", path, strerror(errno));
    struct gguf *g = xcalloc(1, sizeof *g);
    g->path = xstrdup(path);
    int rc = map(g, fd, e);
    close(fd);
    if (rc) {
        gguf_close(g);
        return rc;
    }
    return check(g, out, e);
}

int gguf_open_memory(struct gguf **out, const void *bytes, size_t n, const char *name, struct errmsg *e)
{
    struct gguf *g = xcalloc(1, sizeof *g);
    g->path = xstrdup(name);
    g->base = bytes;
    g->size = n;
    return check(g, out, e);
}

void gguf_close(struct gguf *g)
{
    if (!g) return;
    if (g->mapped) munmap((void *)(uintptr_t)g->base, g->size);
    free(g->values);
    free(g->tensors);
    free(g->path);
    free(g);
}

/* ---- content id ---- */

enum { ID_WHOLE = 1 << 20, ID_PIECES = 256, ID_PIECE = 4096 };

static void hash_data(XXH3_state_t *x, const uint8_t *p, size_t n)
{
    if (n <= ID_WHOLE) {
        XXH3_128bits_update(x, p, n);
        return;
    }
    for (size_t i = 0; i < ID_PIECES; i++) XXH3_128bits_update(x, p + (n - ID_PIECE) / (ID_PIECES - 1) * i, ID_PIECE);
}

void gguf_content_id(const struct gguf *g, char id[33])
{
    XXH3_state_t *x = XXH3_createState();
    uint64_t size = g->size;
    XXH3_128bits_reset(x);
    XXH3_128bits_update(x, &size, sizeof size);
    XXH3_128bits_update(x, g->base, g->head_bytes);
    if (g->data_at < g->size) hash_data(x, g->base + g->data_at, g->size - g->data_at);
    XXH128_hash_t h = XXH3_128bits_digest(x);
    XXH3_freeState(x);
    snprintf(id, 33, "%016llx%016llx", (unsigned long long)h.high64, (unsigned long long)h.low64);
}

/* ---- metadata ---- */

bool gguf_str_is(struct gguf_str s, const char *text)
{
    return s.n == strlen(text) && !memcmp(s.s, text, s.n);
}

const char *gguf_shown(struct gguf_str s, char out[64])
{
    size_t n = s.n < 60 ? s.n : 60;
    for (size_t i = 0; i < n; i++) out[i] = s.s[i] >= 0x20 && s.s[i] < 0x7F ? s.s[i] : '?';
    memcpy(out + n, s.n > n ? "..." : "", s.n > n ? 4 : 1);
    return out;
}

const struct gguf_value *gguf_find(const struct gguf *g, const char *key)
{
    for (size_t i = 0; i < g->n_values; i++)
        if (gguf_str_is(g->values[i].key, key)) return &g->values[i];
    return NULL;
}

struct gguf_str gguf_next_string(const uint8_t **p)
{
    uint64_t n;
    memcpy(&n, *p, sizeof n);
    struct gguf_str s = {(const char *)*p + sizeof n, (size_t)n};
    *p += sizeof n + n;
    return s;
}

struct gguf_str gguf_string(const struct gguf *g, const char *key)
{
    const struct gguf_value *v = gguf_find(g, key);
    if (!v || v->type != GGUF_STRING) return (struct gguf_str){NULL, 0};
    const uint8_t *p = v->data;
    return gguf_next_string(&p);
}

#define LOAD(type)                                                                                                               \
    {                                                                                                                            \
        type x;                                                                                                                  \
        memcpy(&x, v->data + i * sizeof x, sizeof x);                                                                            \
        return (int64_t)x;                                                                                                       \
    }

int64_t gguf_int_at(const struct gguf_value *v, uint64_t i)
{
    switch (v->item) {
    case GGUF_U8: LOAD(uint8_t)
    case GGUF_I8: LOAD(int8_t)
    case GGUF_U16: LOAD(uint16_t)
    case GGUF_I16: LOAD(int16_t)
    case GGUF_U32: LOAD(uint32_t)
    case GGUF_I32: LOAD(int32_t)
    case GGUF_U64: LOAD(uint64_t)
    case GGUF_I64: LOAD(int64_t)
    case GGUF_BOOL: return v->data[i] != 0;
    default: return 0;
    }
}

float gguf_f32_at(const struct gguf_value *v, uint64_t i)
{
    float f;
    memcpy(&f, v->data + i * sizeof f, sizeof f);
    return f;
}

static bool is_integer(const struct gguf_value *v)
{
    return v->type < GGUF_TYPES && v->type != GGUF_F32 && v->type != GGUF_F64 && v->type != GGUF_STRING && v->type != GGUF_ARRAY;
}

bool gguf_int(const struct gguf *g, const char *key, int64_t *v)
{
    const struct gguf_value *x = gguf_find(g, key);
    if (!x || !is_integer(x)) return false;
    int64_t i = gguf_int_at(x, 0);
    if (x->type == GGUF_U64 && i < 0) return false;
    *v = i;
    return true;
}

bool gguf_u32(const struct gguf *g, const char *key, uint32_t *v)
{
    int64_t i;
    if (!gguf_int(g, key, &i) || i < 0 || i > UINT32_MAX) return false;
    *v = (uint32_t)i;
    return true;
}

bool gguf_bool(const struct gguf *g, const char *key, bool missing)
{
    int64_t i;
    return gguf_int(g, key, &i) ? i != 0 : missing;
}

const struct gguf_value *gguf_array(const struct gguf *g, const char *key, enum gguf_type item)
{
    const struct gguf_value *v = gguf_find(g, key);
    return v && v->type == GGUF_ARRAY && v->item == (uint32_t)item ? v : NULL;
}

/* ---- tensors ---- */

const struct gguf_tensor *gguf_tensor(const struct gguf *g, const char *name)
{
    for (size_t i = 0; i < g->n_tensors; i++)
        if (gguf_str_is(g->tensors[i].name, name)) return &g->tensors[i];
    return NULL;
}

uint64_t gguf_tensor_rows(const struct gguf_tensor *t)
{
    return t->ne[1] * t->ne[2] * t->ne[3];
}

uint64_t gguf_tensor_count(const struct gguf_tensor *t)
{
    return t->ne[0] * gguf_tensor_rows(t);
}
