/* The parts of LMDB's format (data version 1) that are looked at:
 *
 *     page      OFFSET SIZE DESCRIPTION
 *               0      8    its number
 *               10     2    flags: 1 branch, 2 leaf, 4 overflow, 8 meta
 *               12     2    lower: end of the table of node offsets    | overflow: 4 bytes, how many pages
 *               14     2    upper: where nodes begin                   |
 *               16     -    table of node offsets, 2 bytes each        | data
 *     node      0      4    leaf: bytes of data; branch: low part of the page number
 *               4      2    leaf: flags, 1 = data is the number of an overflow page; branch: high part
 *               6      2    bytes of the key
 *               8      -    key, then data
 *     meta      16     8    magic, version
 *     (pages    40     48   free list's database: 0: 4 page size, 4: 2 flags of the environment
 *     0 and 1)  88     48   main database: 4: 2 flags, 40: 8 root page
 *               136    8    last page used
 *               144    8    transaction: the greater one of the two pages counts
 */
#include "ann/pages.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MAGIC_OFFSET = 16,
    PAGE_SIZE_OFFSET = 40,
    MAIN_OFFSET = 88,
    LAST_OFFSET = 136,
    TXN_OFFSET = 144,
    META_END = 152,
    PAGE_HEAD = 16,
    BRANCH = 1,
    LEAF = 2,
    OVERFLOW = 4,
    META = 8,
    KINDS = BRANCH | LEAF | OVERFLOW | META | 0x20,
    BIG = 1,
    FIXED_MAP = 1,
    MAX_DEPTH = 6, /* records are few: a real file has 1 or 2 */
};
#define NO_PAGE UINT64_MAX

struct file {
    const uint8_t *map;
    uint64_t bytes, pages; /* pages: the last one used, plus 1 */
    uint64_t visits;       /* pages of the tree looked at so far: more than there are means one is named twice */
    uint32_t page_size;
};

static uint16_t u16(const uint8_t *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return v;
}
static uint32_t u32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}
static uint64_t u64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static const uint8_t *page_of(const struct file *f, uint64_t number, unsigned kind)
{
    if (number < 2 || number >= f->pages) return NULL;
    const uint8_t *p = f->map + number * f->page_size;
    return (u16(p + 10) & KINDS & kind) && u64(p) == number ? p : NULL;
}

/* ---- the tree ---- */

static bool leaf_node_ok(const struct file *f, const uint8_t *node, size_t room)
{
    size_t key = u16(node + 6), bytes = u32(node);
    unsigned flags = u16(node + 4);
    if (flags & ~(unsigned)BIG) return false;
    if (8 + key + (flags & BIG ? 8 : bytes) > room) return false;
    if (!(flags & BIG)) return true;
    uint64_t number = u64(node + 8 + key);
    const uint8_t *p = page_of(f, number, OVERFLOW);
    if (!p) return false;
    uint64_t n = u32(p + 12);
    return n <= f->pages - number && PAGE_HEAD + bytes <= n * f->page_size;
}

static bool tree_ok(struct file *f, uint64_t number, unsigned depth)
{
    const uint8_t *p = page_of(f, number, BRANCH | LEAF);
    if (!p || depth > MAX_DEPTH || ++f->visits > f->pages) return false;
    bool leaf = u16(p + 10) & LEAF;
    uint32_t lower = u16(p + 12), upper = u16(p + 14), n = (lower - PAGE_HEAD) / 2;
    if (lower < PAGE_HEAD + (leaf ? 2 : 4) || lower > upper || upper > f->page_size) return false;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = u16(p + PAGE_HEAD + 2 * i);
        if (at < upper || at + 8 > f->page_size || at & 1) return false;
        const uint8_t *node = p + at;
        if (leaf ? !leaf_node_ok(f, node, f->page_size - at) : at + 8 + u16(node + 6) > f->page_size) return false;
        if (!leaf && !tree_ok(f, u32(node) | (uint64_t)u16(node + 4) << 32, depth + 1)) return false;
    }
    return true;
}

/* ---- the two meta pages ---- */

static bool meta_ok(struct file *f, const uint8_t *m)
{
    if (!(u16(m + 10) & META) || u32(m + MAGIC_OFFSET) != 0xBEEFC0DE || u32(m + MAGIC_OFFSET + 4) != 1) return false;
    if (u32(m + PAGE_SIZE_OFFSET) != f->page_size || u16(m + PAGE_SIZE_OFFSET + 4) & FIXED_MAP) return false;
    return u16(m + MAIN_OFFSET + 4) == 0 && u64(m + LAST_OFFSET) < f->bytes / f->page_size;
}

static const char *fault_of(struct file *f)
{
    f->page_size = u32(f->map + PAGE_SIZE_OFFSET);
    if (u32(f->map + MAGIC_OFFSET) != 0xBEEFC0DE) return "it is not an LMDB file";
    if (f->page_size < 512 || f->page_size > 32768 || f->page_size & (f->page_size - 1)) return "its page size is impossible";
    if (f->bytes < 2 * (uint64_t)f->page_size) return "it is cut short";
    const uint8_t *m = f->map, *second = f->map + f->page_size;
    if (!meta_ok(f, m) || !meta_ok(f, second)) return "it is damaged or cut short";
    if (u64(m + TXN_OFFSET) < u64(second + TXN_OFFSET)) m = second;
    f->pages = u64(m + LAST_OFFSET) + 1;
    uint64_t root = u64(m + MAIN_OFFSET + 40);
    return root == NO_PAGE || tree_ok(f, root, 0) ? NULL : "its pages are damaged";
}

int pages_check(const char *path, struct errmsg *e)
{
    struct stat st;
    int rc = 0, fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        rc = errmsg_set(e, errno, "cannot open %s: %s", path, strerror(errno));
        goto out;
    }
    if (!S_ISREG(st.st_mode) || st.st_size < META_END) {
        rc = errmsg_set(e, ERR_FORMAT, "%s is not a vector graph: it is too short", path);
        goto out;
    }
    struct file f = {.bytes = (uint64_t)st.st_size};
    void *map = mmap(NULL, f.bytes, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        rc = errmsg_set(e, errno, "cannot map %s: %s", path, strerror(errno));
        goto out;
    }
    f.map = map;
    const char *fault = fault_of(&f);
    munmap(map, f.bytes);
    if (fault) rc = errmsg_set(e, ERR_FORMAT, "%s is not a usable vector graph: %s", path, fault);
out:
    if (fd >= 0) close(fd);
    return rc;
}
