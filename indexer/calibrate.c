#include "indexer/calibrate.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "lang/detect.h"

#include <stdlib.h>
#include <string.h>

enum { QUERIES = 256, WORDS_MAX = 3, LETTERS_MIN = 3, LETTERS_MAX = 9 };
#define NOISE_SHARE 0.95f /* of meaningless queries find nothing by meaning; see bench/NOTES.md for what that costs */
#define LEGIBLE     3.0f  /* letters a token from which a text counts as legible */

/* Ranges of letters; Latin more often, since it is typed most. */
static const struct {
    uint32_t from, n;
} alphabets[] = {{'a', 26},   {'a', 26},   {'a', 26},   {'a', 26},   {0x430, 32},
                 {0x430, 32}, {0x3B1, 24}, {0x627, 36}, {0x5D0, 27}, {0x915, 37}};
enum { N_ALPHABETS = sizeof alphabets / sizeof alphabets[0] };

static bool has_short_tokens(const char *script)
{
    static const char *const scripts[] = {"Hani", "Hans", "Hant", "Jpan", "Hang", "Thai", "Laoo", "Khmr", "Mymr"};
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++)
        if (!strcmp(script, scripts[i])) return true;
    return false;
}

static float legibility(const char *text, size_t n, uint32_t tokens)
{
    uint32_t letters = 0;
    if (has_short_tokens(detect(text, n).script)) return 1;
    for (size_t i = 0; i < n; i++) letters += (text[i] & 0xC0) != 0x80 && text[i] != ' ';
    float share = (float)letters / ((float)tokens * LEGIBLE);
    return share > 1 ? 1 : share < 1 / LEGIBLE ? 1 / LEGIBLE : share;
}

float calibrate_evidence(float cosine, float strength, uint32_t tokens, const char *text, size_t n)
{
    return tokens ? cosine * strength * legibility(text, n, tokens) : 0;
}

/* splitmix64: the same queries on every machine. */
static uint64_t next(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15ull;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ z >> 27) * 0x94D049BB133111EBull;
    return z ^ z >> 31;
}

static size_t nonsense(uint64_t *state, char *out)
{
    size_t n = 0, words = 1 + next(state) % WORDS_MAX, a = next(state) % N_ALPHABETS;
    for (size_t w = 0; w < words; w++) {
        if (w) out[n++] = ' ';
        for (size_t k = LETTERS_MIN + next(state) % (LETTERS_MAX - LETTERS_MIN + 1); k; k--)
            n += utf8_encode(alphabets[a].from + (uint32_t)(next(state) % alphabets[a].n), out + n);
    }
    return n;
}

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

float calibrate_noise(struct snapshot *s, const struct embedder *model)
{
    char text[WORDS_MAX * (LETTERS_MAX * 4 + 1)];
    float *v = xaligned(64, embed_dim(model) * sizeof *v), evidence[QUERIES];
    struct embed_scratch *scratch = embed_scratch_new(model);
    uint64_t state = 1;
    for (int i = 0; i < QUERIES; i++) {
        struct ann_hit best;
        size_t n = nonsense(&state, text);
        evidence[i] = 0;
        uint32_t tokens = embed_text(model, scratch, EMBED_QUERY, text, n, v);
        if (tokens && snapshot_nearest(s, v, 1, snapshot_live(s), snapshot_manifest(s)->n_live, ANN_NO_FLOOR, &best))
            evidence[i] = calibrate_evidence(best.score, embed_strength(scratch), tokens, text, n);
    }
    embed_scratch_free(scratch);
    free(v);
    qsort(evidence, QUERIES, sizeof *evidence, by_value);
    return evidence[(int)(NOISE_SHARE * QUERIES)];
}
