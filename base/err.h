/* Return codes and error sentences.
 *
 * A function that can fail returns int: 0, a positive errno, one of LMDB's -307xx, or one of the codes below.
 * Where a person must act on the failure, the last argument is a `struct errmsg *`: the function that knows most
 * writes one complete sentence into it, without a trailing newline, and callers pass it on untouched. NULL is allowed.
 *
 *     struct errmsg e = {0};
 *     if ((rc = thing_open(&t, path, &e)) != 0) fprintf(stderr, "souk: %s\n", errmsg_text(&e, rc));
 *
 * The first sentence wins: errmsg_set on a filled message does nothing, so a caller may add a vaguer one safely. */
#ifndef SOUK_ERR_H
#define SOUK_ERR_H

enum err {
    ERR_INPUT = -1,       /* a value given by the user is wrong (HTTP 400) */
    ERR_FORMAT = -2,      /* a file is not what it should be: foreign, cut short, newer, damaged */
    ERR_TOO_BIG = -3,     /* over a stated limit */
    ERR_NOT_FOUND = -4,   /* no such index, document, field */
    ERR_BUSY = -5,        /* somebody else holds the lock, or a queue is full */
    ERR_UNSUPPORTED = -6, /* well-formed, but nothing souk can do */
    ERR_MISMATCH = -7,    /* index and model, or index and library versions, do not belong together */
    ERR_STOPPED = -8,     /* asked to stop (signal, shutdown) */
};

struct errmsg {
    char text[640];
};

/* Fills *e if it is still empty; returns rc, so that `return errmsg_set(e, ERR_INPUT, "...")` reads as one step. */
int errmsg_set(struct errmsg *e, int rc, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The sentence in *e, or, when it is empty, err_str(rc). */
const char *errmsg_text(const struct errmsg *e, int rc);

/* A short English description of any code above, an errno, or an LMDB code. Thread-safe for all but unknown errno values. */
const char *err_str(int rc);

#endif
