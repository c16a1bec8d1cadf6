#include "indexer/input.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { RAW = 256 << 10, BLOCK = 1 << 20 };
enum codec { PLAIN, GZIP, ZSTD };

struct input {
    char *name;
    int fd;
    enum codec codec;
    z_stream gz;
    ZSTD_DStream *zs;
    bool in_frame; /* the compressed stream is in the middle of a frame: an end here is a cut */
    unsigned char raw[RAW];
    size_t raw_at, raw_n;
    bool raw_end;
    char *text; /* decoded bytes: [at, n) not yet returned */
    size_t at, n, cap;
    bool end;
    int rc; /* of the first failure: reading is over */
    struct errmsg why;
    uint64_t line, read, total;
};

/* Reads until there are at least `want` raw bytes, or all there are. A signal ends it (EINTR): whoever catches one wants to
 * stop, and a pipe may stay silent for hours. */
static int read_raw(struct input *in, size_t want)
{
    if (in->raw_at == in->raw_n) in->raw_at = in->raw_n = 0;
    while (in->raw_n - in->raw_at < want && !in->raw_end) {
        ssize_t k = read(in->fd, in->raw + in->raw_n, RAW - in->raw_n);
        if (k < 0) return errmsg_set(&in->why, errno, "%s: %s", in->name, strerror(errno));
        in->raw_n += (size_t)k;
        in->raw_end = k == 0;
        in->read += (uint64_t)k;
    }
    return 0;
}

static int broken(struct input *in, const char *why)
{
    return errmsg_set(&in->why, ERR_FORMAT, "%s: line %llu: the compressed file is damaged: %s", in->name,
                      (unsigned long long)in->line + 1, why);
}

/* Each decoder turns raw bytes into at most `room` bytes at `to` and returns how many, or a code below zero in *rc. */
static size_t decode_plain(struct input *in, char *to, size_t room)
{
    size_t k = in->raw_n - in->raw_at;
    if (k > room) k = room;
    memcpy(to, in->raw + in->raw_at, k);
    in->raw_at += k;
    return k;
}

static size_t decode_gzip(struct input *in, char *to, size_t room, int *rc)
{
    if (in->raw_at < in->raw_n) in->in_frame = true;
    in->gz.next_in = in->raw + in->raw_at;
    in->gz.avail_in = (uInt)(in->raw_n - in->raw_at);
    in->gz.next_out = (Bytef *)to;
    in->gz.avail_out = (uInt)room;
    int z = inflate(&in->gz, Z_NO_FLUSH);
    in->raw_at = in->raw_n - in->gz.avail_in;
    if (z == Z_STREAM_END) { /* another member may follow */
        in->in_frame = false;
        inflateReset(&in->gz);
    } else if (z != Z_OK && z != Z_BUF_ERROR)
        *rc = broken(in, in->gz.msg ? in->gz.msg : "gzip");
    return room - in->gz.avail_out;
}

static size_t decode_zstd(struct input *in, char *to, size_t room, int *rc)
{
    ZSTD_inBuffer src = {in->raw, in->raw_n, in->raw_at};
    ZSTD_outBuffer dst = {to, room, 0};
    size_t hint = ZSTD_decompressStream(in->zs, &dst, &src);
    if (ZSTD_isError(hint)) *rc = broken(in, ZSTD_getErrorName(hint));
    if (src.pos > in->raw_at || dst.pos) in->in_frame = hint != 0;
    in->raw_at = src.pos;
    return dst.pos;
}

/* Reads more decoded bytes behind [at, n), moving them to the front first. */
static int fill(struct input *in, struct errmsg *e)
{
    if (in->at) memmove(in->text, in->text + in->at, in->n - in->at);
    in->n -= in->at;
    in->at = 0;
    xgrow(&in->text, &in->cap, in->n + BLOCK, 1);
    if (!in->rc) in->rc = read_raw(in, 1);
    if (in->rc) return errmsg_set(e, in->rc, "%s", in->why.text);
    char *to = in->text + in->n;
    size_t room = in->cap - in->n, got = 0;
    if (in->codec == GZIP)
        got = decode_gzip(in, to, room, &in->rc);
    else if (in->codec == ZSTD)
        got = decode_zstd(in, to, room, &in->rc);
    else
        got = decode_plain(in, to, room);
    bool dry = !got && in->raw_end && in->raw_at == in->raw_n;
    if (!in->rc && dry && in->in_frame) in->rc = broken(in, "it ends in the middle");
    in->n += got;
    in->end = dry && !in->rc;
    return in->rc ? errmsg_set(e, in->rc, "%s", in->why.text) : 0;
}

int input_line(struct input *in, const char **line, size_t *n, struct errmsg *e)
{
    size_t seen = 0;
    bool too_long = false;
    for (;;) {
        char *nl = memchr(in->text + in->at + seen, '\n', in->n - in->at - seen);
        if (nl || (in->end && in->n > in->at)) {
            *line = in->text + in->at;
            *n = nl ? (size_t)(nl - *line) : in->n - in->at;
            in->at += *n + (nl != NULL);
            if (*n && (*line)[*n - 1] == '\r') --*n;
            in->line++;
            return too_long || *n > LINE_LIMIT ? ERR_TOO_BIG : 0;
        }
        if (in->end) return too_long ? (in->line++, ERR_TOO_BIG) : ERR_NOT_FOUND;
        if (in->n - in->at > LINE_LIMIT) {
            too_long = true;
            in->at = in->n; /* forget what we have of it */
        }
        seen = in->n - in->at;
        int rc = fill(in, e);
        if (rc) return rc;
    }
}

static void detect_codec(struct input *in)
{
    static const unsigned char gz[] = {0x1F, 0x8B}, zs[] = {0x28, 0xB5, 0x2F, 0xFD};
    if (in->raw_n >= 4 && !memcmp(in->raw, zs, 4)) {
        in->codec = ZSTD;
        in->zs = ZSTD_createDStream();
    } else if (in->raw_n >= 2 && !memcmp(in->raw, gz, 2)) {
        in->codec = GZIP;
        inflateInit2(&in->gz, 15 + 16);
    }
}

/* A failure on the way is told by the first input_line. */
static void skip_bom(struct input *in)
{
    static const char bom[] = "\xEF\xBB\xBF";
    while (in->n < 3 && !in->end && !memcmp(in->text ? in->text : bom, bom, in->n))
        if (fill(in, NULL)) return;
    if (in->n >= 3 && !memcmp(in->text, bom, 3)) in->at = 3;
}

int input_open(struct input **out, const char *path, struct errmsg *e)
{
    bool standard = !strcmp(path, "-");
    struct input *in = xcalloc(1, sizeof *in);
    struct stat st;
    int rc = 0;
    *out = NULL;
    in->name = xstrdup(standard ? "stdin" : path);
    in->fd = standard ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (in->fd < 0 || fstat(in->fd, &st) != 0) {
        rc = errmsg_set(e, errno, "%s: %s", in->name, strerror(errno));
    } else if (S_ISDIR(st.st_mode)) {
        rc = errmsg_set(e, EISDIR, "%s: is a folder; name the files in it", in->name);
    } else {
        in->total = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
        rc = read_raw(in, sizeof(uint32_t)); /* what detect_codec looks at */
        errmsg_set(e, rc, "%s", in->why.text);
    }
    if (rc) {
        input_close(in);
        return rc;
    }
    detect_codec(in);
    skip_bom(in);
    *out = in;
    return 0;
}

void input_close(struct input *in)
{
    if (!in) return;
    if (in->fd >= 0) close(in->fd);
    if (in->codec == GZIP) inflateEnd(&in->gz);
    if (in->codec == ZSTD) ZSTD_freeDStream(in->zs);
    free(in->text);
    free(in->name);
    free(in);
}

const char *input_name(const struct input *in)
{
    return in->name;
}
uint64_t input_line_number(const struct input *in)
{
    return in->line;
}
uint64_t input_bytes_read(const struct input *in)
{
    return in->read;
}
uint64_t input_bytes_total(const struct input *in)
{
    return in->total;
}
