/* Bytes as text: folded, split and its language guessed; what comes out is well-formed and within its limits. */
#include "base/utf8.h"
#include "lang/lang.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct words *w;
    const char *s = (const char *)data;
    struct buf once = BUF_INIT(64 << 20), twice = BUF_INIT(64 << 20);
    if (!utf8_valid(s, size, NULL)) return 0; /* all of lang/ is asked with well-formed text only */
    if (!w) w = words_new();
    words_split(w, s, size);
    for (size_t i = 0; i < w->n; i++) {
        const struct word *x = &w->list[i];
        if (!x->n || x->n > WORD_MAX || x->from >= x->to || x->to > size || !utf8_valid(x->text, x->n, NULL)) abort();
    }
    fold(s, size, &once);
    if (once.n) fold(once.data, once.n, &twice);
    if (once.n != twice.n || (once.n && memcmp(once.data, twice.data, once.n))) abort();
    detect(s, size);
    buf_release(&once);
    buf_release(&twice);
    return 0;
}
