#include "embed/charsmap.h"

#include <string.h>

static uint32_t unit(const struct charsmap *m, uint32_t i)
{
    uint32_t u;
    memcpy(&u, m->units + (size_t)i * 4, sizeof u);
    return u;
}

static uint32_t base(uint32_t u)
{
    return u >> 10 << ((u & 0x200) >> 6);
}

/* One step by byte c (not 0) from *at, the place that children of the node are counted from. On success *at is that place
 * of the child, and *value its replacement or -1. False: no such child. */
static bool step(const struct charsmap *m, uint32_t *at, unsigned char c, int64_t *value)
{
    uint32_t i = *at ^ c;
    if (i >= m->n_units) return false;
    uint32_t u = unit(m, i);
    if ((u & 0x800000FF) != c) return false;
    *at = i ^ base(u);
    *value = u >> 8 & 1 && *at < m->n_units ? (int64_t)(unit(m, *at) & 0x7FFFFFFF) : -1;
    return true;
}

static size_t walk(const struct charsmap *m, const char *s, size_t n, const char **to)
{
    size_t found = 0;
    if (!m->n_units) return 0;
    uint32_t at = base(unit(m, 0));
    for (size_t i = 0; i < n && s[i]; i++) {
        int64_t value;
        if (!step(m, &at, (unsigned char)s[i], &value)) break;
        if (value < 0 || (size_t)value >= m->n_texts) continue;
        found = i + 1;
        *to = m->texts + value;
    }
    return found;
}

static bool goes_on_with_ascii(const struct charsmap *m, char c)
{
    int64_t value;
    uint32_t at = base(unit(m, 0));
    if (!step(m, &at, (unsigned char)c, &value)) return false;
    for (unsigned char d = 1; d < 128; d++) {
        uint32_t child = at;
        if (step(m, &child, d, &value)) return true;
    }
    return false;
}

static void learn_ascii(struct charsmap *m)
{
    for (int c = 0; c < 128; c++) {
        char s = (char)c;
        m->plain[c] = !m->n_units || !c || !goes_on_with_ascii(m, s);
        m->lone[c] = NULL;
        walk(m, &s, 1, &m->lone[c]);
    }
}

bool charsmap_init(struct charsmap *m, const uint8_t *bytes, size_t n)
{
    *m = (struct charsmap){0};
    if (n) {
        uint32_t trie;
        if (n < sizeof trie) return false;
        memcpy(&trie, bytes, sizeof trie);
        if (trie % 4 || trie > n - 4 || bytes[n - 1]) return false; /* the last replacement must end */
        m->units = bytes + 4;
        m->n_units = trie / 4;
        m->texts = (const char *)bytes + 4 + trie;
        m->n_texts = n - 4 - trie;
        if (!m->n_units || !m->n_texts) return false;
    }
    learn_ascii(m);
    return true;
}

size_t charsmap_match(const struct charsmap *m, const char *s, size_t n, const char **to)
{
    unsigned char c = (unsigned char)*s;
    if (c < 128 && m->plain[c] && (n == 1 || (unsigned char)s[1] < 128)) {
        *to = m->lone[c];
        return *to != NULL;
    }
    return walk(m, s, n, to);
}
