/* Any bytes as the file of a vector graph: opened, searched, checked. Nothing may be read outside of it. */
#include "ann/ann.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void use(const struct ann *a)
{
    enum { K = 20 };
    struct ann_hit hits[K];
    struct ann_scratch *s = ann_scratch_new();
    float q[ANN_MAX_DIM] = {1, -1};
    ann_search(a, s, q, K, 0, NULL, UINT32_MAX, ANN_NO_FLOOR, hits);
    ann_search_exact(a, s, q, K, NULL, UINT32_MAX, hits);
    ann_vector(a, ann_size(a) / 2, q);
    ann_check(a, NULL);
    ann_scratch_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char path[] = "/tmp/fuzz_ann.XXXXXX";
    int fd = mkstemp(path);
    if (fd < 0) abort();
    FILE *f = fdopen(fd, "wb");
    if (!f || fwrite(data, 1, n, f) != n || fclose(f) != 0) abort();
    struct ann *a;
    if (ann_open(&a, path, NULL) == 0) {
        use(a);
        ann_close(a);
    }
    unlink(path);
    return 0;
}
