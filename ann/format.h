/* Private to ann/: what the file of one epoch holds. It is an LMDB environment whose only database has these records; a key is
 * 8 bytes, a tag of four letters and a number (big-endian, so that segments lie in order):
 *
 *     KEY       RECORD: ROWS                                          BYTES OF A ROW
 *     META 0    one struct meta                                       64
 *     CODE s    int8 codes of documents s * 65536 ...                 dim rounded up to 64; zeros behind
 *     LINK s    ground links of documents s * 65536 ...               2M * 4: document numbers, then FFFFFFFF to the end
 *     VECT s    half-float vectors of documents s * 16384 ...         dim * 2
 *     HAVE 0    bit set of the documents with a vector                8
 *     UPID 0    nodes of upper levels, by document, and one behind    8: struct upper (graph.h)
 *     UPLK 0    their lists, level 1 first                            M * 4: upper numbers, then FFFFFFFF to the end
 *
 * Every record begins with a header of 48 bytes. LMDB puts a large value 16 bytes behind the start of a page, so that rows
 * begin on a cache line:
 *
 *     OFFSET SIZE DESCRIPTION
 *     0      4    tag, as in the key
 *     4      4    number, as in the key (little-endian, like everything that is not a key)
 *     8      4    rows
 *     12     4    bytes of a row
 *     16     8    XXH3 of the rows
 *     24     24   zero
 *     48     -    rows; then zeros up to RECORD_MIN, below which LMDB would put a value, unaligned, between others
 *
 * and META's row is
 *
 *     OFFSET SIZE DESCRIPTION
 *     0      8    "soukann" and a zero
 *     8      4    version of the format, 1
 *     12     4    dim
 *     16     4    M
 *     20     4    n: documents 0..n-1, holes included
 *     24     4    documents with a vector
 *     28     4    nodes of upper levels
 *     32     4    their lists
 *     36     4    entry point, an upper number; FFFFFFFF: no graph, and no LINK, UPID, UPLK
 *     40     4    clip: float; a component x is coded as round(127 * x / clip), limited to -127..127
 *     44     4    ef_construction, for people
 *     48     8    seed of the level draw
 *     56     8    zero
 *
 * A vector is written once and stays where it is; merging rewrites links only. VECT has smaller segments because LMDB holds
 * a value in RAM until it is committed: 16,384 rows of 384 halfs are 12 MB. */
#ifndef SOUK_ANN_FORMAT_H
#define SOUK_ANN_FORMAT_H

#include <stddef.h>
#include <stdint.h>

enum {
    FORMAT_VERSION = 1,
    VECTOR_SHIFT = 14,
    VECTOR_ROWS = 1 << VECTOR_SHIFT,
    RECORD_HEADER = 48,
    RECORD_MIN = 16384, /* LMDB keeps values up to half a page inline; its pages have at most 32 KiB */
};
#define FORMAT_MAGIC "soukann"

struct record {
    char tag[4];
    uint32_t number;
    uint32_t rows, row_bytes;
    uint64_t xxh3;
    uint8_t zero[24];
};
_Static_assert(sizeof(struct record) == RECORD_HEADER, "drawn above");

struct meta {
    char magic[8];
    uint32_t version;
    uint32_t dim, M;
    uint32_t n, n_have;
    uint32_t n_upper, n_upper_rows;
    uint32_t entry;
    float clip;
    uint32_t ef_construction;
    uint64_t seed;
    uint64_t zero;
};
_Static_assert(sizeof(struct meta) == 64, "drawn above");

static inline void record_key(uint8_t key[8], const char *tag, uint32_t number)
{
    for (int i = 0; i < 4; i++) {
        key[i] = (uint8_t)tag[i];
        key[4 + i] = (uint8_t)(number >> (24 - 8 * i));
    }
}
static inline size_t record_bytes(uint32_t rows, size_t row_bytes)
{
    size_t n = RECORD_HEADER + rows * row_bytes;
    return n < RECORD_MIN ? RECORD_MIN : n;
}

#endif
