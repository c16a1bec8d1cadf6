/* Private to ann/: is this file one that LMDB can read without harm? */
#ifndef SOUK_ANN_PAGES_H
#define SOUK_ANN_PAGES_H

#include "base/err.h"

/* LMDB trusts the pages it maps: a file cut short raises SIGBUS, a damaged page sends it anywhere. This walks every page that
 * leads to a record (a handful: records themselves are not read) and proves that all of it lies inside the file. 0, ERR_FORMAT,
 * or an errno. Only for files with one plain database, read by LMDB 0.9's format on a 64-bit machine of the same byte order. */
int pages_check(const char *path, struct errmsg *e);

#endif
