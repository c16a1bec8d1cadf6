/* Lines of files: ends, marks, compression, cuts, limits, pipes. */
#include "base/buf.h"
#include "base/mem.h"
#include "indexer/input.h"
#include "tests/index_make.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <zlib.h>
#include <zstd.h>

static char path[64];

static void write_file(const char *s, size_t n)
{
    snprintf(path, sizeof path, "/tmp/souk-input-XXXXXX");
    int fd = mkstemp(path);
    cr_assert(fd >= 0);
    for (size_t done = 0; done < n;) {
        ssize_t k = write(fd, s + done, n - done);
        cr_assert_gt(k, 0);
        done += (size_t)k;
    }
    close(fd);
}

/* All lines as "number:line|"; the last code in *rc. */
static void read_all(struct buf *out, int *rc, struct errmsg *e)
{
    struct input *in;
    const char *line;
    size_t n;
    buf_clear(out);
    buf_str(out, "");
    *e = (struct errmsg){0};
    if ((*rc = input_open(&in, path, e)) != 0) {
        cr_assert_null(in);
        return;
    }
    while ((*rc = input_line(in, &line, &n, e)) == 0 || *rc == ERR_TOO_BIG) {
        buf_printf(out, "%llu:", (unsigned long long)input_line_number(in));
        buf_add(out, *rc ? "TOO BIG" : line, *rc ? 7 : n);
        buf_byte(out, '|');
    }
    input_close(in);
}

static void compress_gzip(const char *s, size_t n, struct buf *out)
{
    z_stream z = {0};
    size_t room = n + 1000;
    cr_assert_eq(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)s;
    z.avail_in = (uInt)n;
    char *to = xmalloc(room);
    z.next_out = (Bytef *)to;
    z.avail_out = (uInt)room;
    cr_assert_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    buf_add(out, to, room - z.avail_out);
    deflateEnd(&z);
    free(to);
}
static void compress_zstd(const char *s, size_t n, struct buf *out)
{
    size_t room = ZSTD_compressBound(n);
    char *to = xmalloc(room);
    size_t k = ZSTD_compress(to, room, s, n, 3);
    cr_assert_not(ZSTD_isError(k));
    buf_add(out, to, k);
    free(to);
}
static void compress_none(const char *s, size_t n, struct buf *out)
{
    buf_add(out, s, n);
}
static void (*const codecs[])(const char *, size_t, struct buf *) = {compress_none, compress_gzip, compress_zstd};

static const char *const texts[][2] = {
    {"", ""},
    {"a", "1:a|"},
    {"a\n", "1:a|"},
    {"a\nb", "1:a|2:b|"},
    {"a\r\nb\r\n", "1:a|2:b|"},
    {"\n\na\n\n", "1:|2:|3:a|4:|"},
    {"a\rb\n", "1:a\rb|"},
    {"\xEF\xBB\xBF{\"id\":1}\n", "1:{\"id\":1}|"},
    {"\xEF\xBB\xBF", ""},
    {"\xEF\xBB", "1:\xEF\xBB|"},
    {"x\xEF\xBB\xBF\n", "1:x\xEF\xBB\xBF|"},
    {"\r\n", "1:|"},
};

Test(input, lines_end_as_they_may_in_plain_and_compressed_files)
{
    struct buf file = BUF_INIT(1 << 20), got = BUF_INIT(1 << 20);
    struct errmsg e;
    int rc;
    for (int c = 0; c < 3; c++)
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
            buf_clear(&file);
            codecs[c](texts[i][0], strlen(texts[i][0]), &file);
            write_file(file.data ? file.data : "", file.n);
            read_all(&got, &rc, &e);
            cr_expect_str_eq(got.data, texts[i][1], "codec %d, text %zu: %s", c, i, got.data);
            cr_expect_eq(rc, ERR_NOT_FOUND);
            cr_expect_str_empty(e.text, "nothing is said where nothing failed");
            unlink(path);
        }
    buf_release(&file);
    buf_release(&got);
}

static void numbered_lines(struct buf *text, int n)
{
    for (int i = 0; i < n; i++) buf_printf(text, "{\"id\":\"%d\",\"title\":\"携帯電話ケース %d\"}\n", i, i * 7919 % 1000);
}

Test(input, frames_and_members_follow_each_other)
{
    struct buf text = BUF_INIT(64 << 20), file = BUF_INIT(64 << 20), want = BUF_INIT(64 << 20), got = BUF_INIT(64 << 20);
    struct errmsg e;
    int rc;
    numbered_lines(&text, 60000);
    write_file(text.data, text.n);
    read_all(&want, &rc, &e);
    unlink(path);
    for (int c = 1; c < 3; c++) {
        size_t third = text.n / 3;
        buf_clear(&file);
        codecs[c](text.data, third, &file);
        codecs[c](text.data + third, text.n - third, &file);
        write_file(file.data, file.n);
        read_all(&got, &rc, &e);
        cr_assert(rc == ERR_NOT_FOUND && got.n == want.n && !memcmp(got.data, want.data, got.n), "codec %d: %s", c, e.text);
        unlink(path);
    }
    buf_release(&text);
    buf_release(&file);
    buf_release(&want);
    buf_release(&got);
}

Test(input, a_cut_compressed_file_is_an_error_wherever_it_is_cut)
{
    struct buf text = BUF_INIT(1 << 20), file = BUF_INIT(1 << 20), got = BUF_INIT(1 << 20);
    struct errmsg e;
    int rc;
    numbered_lines(&text, 200);
    for (int c = 1; c < 3; c++) {
        buf_clear(&file);
        codecs[c](text.data, text.n, &file);
        for (size_t cut = 5; cut < file.n; cut += cut < 40 ? 1 : 97) {
            write_file(file.data, cut);
            read_all(&got, &rc, &e);
            cr_assert_eq(rc, ERR_FORMAT, "codec %d cut at %zu of %zu: %d", c, cut, file.n, rc);
            cr_assert(strstr(e.text, path) && strstr(e.text, "compressed file is damaged"), "%s", e.text);
            unlink(path);
        }
    }
    buf_release(&text);
    buf_release(&file);
    buf_release(&got);
}

Test(input, changed_bytes_of_a_compressed_file_never_go_unnoticed_with_a_checksum)
{
    struct buf text = BUF_INIT(1 << 20), file = BUF_INIT(1 << 20), got = BUF_INIT(4 << 20);
    struct errmsg e;
    int rc;
    numbered_lines(&text, 200);
    compress_gzip(text.data, text.n, &file);
    for (size_t at = 20; at < file.n; at += 53) {
        file.data[at] ^= 0x10;
        write_file(file.data, file.n);
        read_all(&got, &rc, &e);
        cr_assert_eq(rc, ERR_FORMAT, "byte %zu", at);
        unlink(path);
        file.data[at] ^= 0x10;
    }
    buf_release(&text);
    buf_release(&file);
    buf_release(&got);
}

Test(input, a_line_over_the_limit_is_skipped_whole)
{
    struct buf text = BUF_INIT(100 << 20), got = BUF_INIT(1 << 20);
    struct errmsg e;
    int rc;
    buf_str(&text, "a\n");
    memset(buf_room(&text, LINE_LIMIT + 1), 'x', LINE_LIMIT + 1);
    buf_str(&text, "\nb\n");
    memset(buf_room(&text, LINE_LIMIT + (5 << 20)), 'x', LINE_LIMIT + (5 << 20));
    write_file(text.data, text.n);
    read_all(&got, &rc, &e);
    cr_assert_str_eq(got.data, "1:a|2:TOO BIG|3:b|4:TOO BIG|");
    cr_assert_eq(rc, ERR_NOT_FOUND);
    unlink(path);
    buf_clear(&text);
    memset(buf_room(&text, LINE_LIMIT), 'x', LINE_LIMIT);
    write_file(text.data, text.n);
    struct input *in;
    const char *line;
    size_t n;
    OK(input_open(&in, path, &e), &e);
    cr_assert(input_line(in, &line, &n, &e) == 0 && n == LINE_LIMIT, "the limit itself is allowed");
    input_close(in);
    unlink(path);
    buf_release(&text);
    buf_release(&got);
}

Test(input, what_cannot_be_read_is_named)
{
    struct input *in;
    struct errmsg e = {0};
    cr_assert_eq(input_open(&in, "/nowhere/at-all.jsonl", &e), ENOENT);
    cr_assert_str_eq(e.text, "/nowhere/at-all.jsonl: No such file or directory");
    e.text[0] = 0;
    cr_assert_eq(input_open(&in, "/tmp", &e), EISDIR);
    cr_assert_str_eq(e.text, "/tmp: is a folder; name the files in it");
    input_close(NULL);
}

Test(input, progress_has_its_figures)
{
    struct input *in;
    struct errmsg e = {0};
    const char *line;
    size_t n;
    write_file("abc\ndef\n", 8);
    OK(input_open(&in, path, &e), &e);
    cr_assert_str_eq(input_name(in), path);
    cr_assert_eq(input_bytes_total(in), 8);
    while (input_line(in, &line, &n, &e) == 0) {
    }
    cr_assert_eq(input_bytes_read(in), 8);
    cr_assert_eq(input_line_number(in), 2);
    input_close(in);
    unlink(path);
}

/* ---- a pipe that brings one byte at a time ---- */

struct drip {
    const struct buf *bytes;
    int fd;
};
static void *drip(void *arg)
{
    struct drip *d = arg;
    for (size_t i = 0; i < d->bytes->n; i++) {
        if (i < 8) usleep(20000);
        if (write(d->fd, d->bytes->data + i, 1) != 1) break;
    }
    close(d->fd);
    return NULL;
}

Test(input, a_slow_pipe_is_recognised_like_a_file)
{
    for (int c = 0; c < 3; c++) {
        struct buf file = BUF_INIT(1 << 20);
        struct errmsg e = {0};
        struct input *in;
        const char *line;
        size_t n;
        int ends[2];
        pthread_t thread;
        codecs[c]("\xEF\xBB\xBFone\ntwo\n", 11, &file);
        cr_assert_eq(pipe(ends), 0);
        cr_assert_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
        close(ends[0]);
        struct drip d = {&file, ends[1]};
        pthread_create(&thread, NULL, drip, &d);
        OK(input_open(&in, "-", &e), &e);
        cr_assert_str_eq(input_name(in), "stdin");
        cr_assert_eq(input_bytes_total(in), 0);
        OK(input_line(in, &line, &n, &e), &e);
        cr_assert(n == 3 && !memcmp(line, "one", 3), "codec %d: %.*s", c, (int)n, line);
        OK(input_line(in, &line, &n, &e), &e);
        cr_assert(n == 3 && !memcmp(line, "two", 3));
        cr_assert_eq(input_line(in, &line, &n, &e), ERR_NOT_FOUND);
        input_close(in);
        pthread_join(thread, NULL);
        buf_release(&file);
    }
}
