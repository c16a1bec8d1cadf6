/* base/ - what every other room borrows: errors, memory, bytes, bit sets, threads, CPU features, vector kernels.
 *
 * Read in this order:
 *   err.h     return codes and the one printable sentence that goes with a failure
 *   mem.h     xmalloc and friends; why running out of memory ends the process
 *   arena.h   memory that lives as long as one request or one batch
 *   buf.h     growable bytes with a ceiling and a sticky error
 *   utf8.h    decode, validate, count
 *   json.h    JSON writer over a buf; what we ask of the JSON reader (jansson)
 *   json_scan.h  one member of JSON text, where it stands
 *   bits.h    dense bit sets over document numbers
 *   varint.h  numbers in few bytes, read with a limit
 *   clock.h   monotonic microseconds
 *   pool.h    worker threads: a bounded queue and a parallel for
 *   cpu.h     what this CPU can do, maskable by SOUK_CPU
 *   kernel.h  int8 and float dot products, plain C first, then the best this CPU has
 *
 * base/ knows nothing of languages, models, products or LMDB. */
#ifndef SOUK_BASE_H
#define SOUK_BASE_H

#include "base/arena.h"
#include "base/bits.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"

#endif
