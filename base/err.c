#include "base/err.h"

#include "base/utf8.h"

#include <lmdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A precision ("%.40s") counts bytes and may have cut a character: leaves out what is not UTF-8, since the sentence goes into
 * JSON. */
static void keep_utf8(char *s)
{
    size_t n = strlen(s), to = 0;
    for (size_t from = 0, k; from < n; from += k ? k : 1) {
        uint32_t cp;
        k = utf8_decode(s + from, n - from, &cp);
        memmove(s + to, s + from, k);
        to += k;
    }
    s[to] = 0;
}

int errmsg_set(struct errmsg *e, int rc, const char *fmt, ...)
{
    if (e && !e->text[0]) {
        va_list ap;
        va_start(ap, fmt);
        vsnprintf(e->text, sizeof e->text, fmt, ap);
        va_end(ap);
        keep_utf8(e->text);
    }
    return rc;
}

const char *errmsg_text(const struct errmsg *e, int rc)
{
    return e && e->text[0] ? e->text : err_str(rc);
}

const char *err_str(int rc)
{
    switch (rc) {
    case 0: return "success";
    case ERR_INPUT: return "a value is wrong";
    case ERR_FORMAT: return "a file is damaged or not of the expected format";
    case ERR_TOO_BIG: return "over a size limit";
    case ERR_NOT_FOUND: return "not found";
    case ERR_BUSY: return "busy";
    case ERR_UNSUPPORTED: return "not supported";
    case ERR_MISMATCH: return "versions do not belong together";
    case ERR_STOPPED: return "stopped";
    default: return mdb_strerror(rc); /* LMDB's own codes, and errno through strerror */
    }
}
