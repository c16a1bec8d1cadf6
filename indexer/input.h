/* Lines of a catalogue: from a file, a pipe or standard input ("-"); gzip and zstd are recognised by their first bytes.
 *
 *     struct input *in;
 *     if ((rc = input_open(&in, path, &e))) ...
 *     while ((rc = input_line(in, &line, &n, &e)) == 0) ...      ERR_NOT_FOUND ends it
 *     input_close(in);
 *
 * A line longer than LINE_LIMIT is skipped whole and reported as ERR_TOO_BIG; reading goes on behind it. */
#ifndef SOUK_INPUT_H
#define SOUK_INPUT_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum { LINE_LIMIT = 32 << 20 };

struct input;
int input_open(struct input **out, const char *path, struct errmsg *e);
void input_close(struct input *in);

/* The next line without its end ("\n" or "\r\n"), valid until the next call. 0, ERR_NOT_FOUND at the end, ERR_TOO_BIG for a
 * line over the limit, or a failure of the file itself (ERR_FORMAT, errno), after which reading is over. */
int input_line(struct input *in, const char **line, size_t *n, struct errmsg *e);

const char *input_name(const struct input *in);     /* the path, or "stdin" */
uint64_t input_line_number(const struct input *in); /* of the line last returned, from 1 */
uint64_t input_bytes_read(const struct input *in);  /* of the file as stored: for progress */
uint64_t input_bytes_total(const struct input *in); /* 0 when unknown (a pipe) */

#endif
