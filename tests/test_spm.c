/* SentencePiece BPE: a hand-made vocabulary, and random ones against merging done the slow way. */
#include "base/clock.h"
#include "base/mem.h"
#include "tests/vocab_make.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>

enum { BOTH = VOCAB_ADD_SPECIAL | VOCAB_PARSE_SPECIAL };

struct sample {
    char name[48], text[48];
    unsigned flags;
    char ids[48];
};

/* Tokens: see make_spm_vocab. */
ParameterizedTestParameters(spm, small_vocabulary_gives_these_ids)
{
    static struct sample samples[] = {
        {"the highest score goes first", "ab", 0, "7 5"},
        {"then the next", "bab", 0, "3 5 6"},
        {"merges go on", "babb", 0, "3 5 8"},
        {"the text is begun", "b", VOCAB_ADD_SPECIAL, "1 3 5"},
        {"nothing", "", VOCAB_ADD_SPECIAL, "1"},
        {"all spaces are kept", "  a", 0, "3 3 7"},
        {"characters that are no token are bytes", "é", 0, "3 10 11"},
        {"bytes that are no token are unknown", "ö", 0, "3 10 0"},
        {"text cannot spell a control token", "<s>", 0, "3 12 13"},
        {"one more space behind a special token", "a<s>a", BOTH, "1 7 1 7"},
        {"and behind a user token", "a[u]a", 0, "7 9 7"},
        {"ill-formed bytes are one character", "\xFF", 0, "3 0 0 0"},
    };
    return cr_make_param_array(struct sample, samples, sizeof samples / sizeof *samples);
}

ParameterizedTest(struct sample *c, spm, small_vocabulary_gives_these_ids)
{
    struct gguf_make m = GGUF_MAKE_INIT;
    struct vocab_fixture f;
    make_spm_vocab(&m);
    cr_assert_eq(fixture_open(&f, &m, NULL), 0);
    const char *ids = fixture_ids(&f, c->text, strlen(c->text), c->flags);
    cr_assert_str_eq(ids, c->ids, "%s: %s", c->name, ids);
    fixture_close(&f);
}

Test(spm, no_space_is_added_when_the_file_says_so)
{
    struct gguf_make m = GGUF_MAKE_INIT;
    struct vocab_fixture f;
    make_spm_vocab(&m);
    make_bool(&m, "tokenizer.ggml.add_space_prefix", false);
    cr_assert_eq(fixture_open(&f, &m, NULL), 0);
    cr_assert_str_eq(fixture_ids(&f, "ab a", 4, 0), "6 7");
    fixture_close(&f);
}

Test(spm, white_space_behind_tokens_of_phi_3_goes_with_them)
{
    static const char *const texts[] = {"<unk>", "<s>", "<|user|>", "▁", "a"};
    static const int32_t types[] = {2, 3, 3, 1, 1};
    static const float scores[5];
    struct gguf_make m = GGUF_MAKE_INIT;
    struct vocab_fixture f;
    make_str(&m, "general.name", "My Phi-3 mini");
    make_vocab(&m, "llama", texts, types, scores, 5);
    cr_assert_eq(fixture_open(&f, &m, NULL), 0);
    cr_assert_str_eq(fixture_ids(&f, "<|user|> \n a<s> a", 17, VOCAB_PARSE_SPECIAL), "2 3 4 1 3 3 4");
    cr_assert_str_eq(fixture_ids(&f, "<|user|> \n ", 11, VOCAB_PARSE_SPECIAL), "2");
    fixture_close(&f);
}

Test(spm, white_space_before_the_mask_of_modern_bert_goes_with_it)
{
    static const char *const texts[] = {"<unk>", "[MASK]", "▁", "a"};
    static const int32_t types[] = {2, 3, 1, 1};
    static const float scores[4];
    struct gguf_make m = GGUF_MAKE_INIT;
    struct vocab_fixture f;
    make_str(&m, "general.name", "modern-bert base");
    make_vocab(&m, "llama", texts, types, scores, 4);
    cr_assert_eq(fixture_open(&f, &m, NULL), 0);
    cr_assert_str_eq(fixture_ids(&f, "a [MASK] a", 10, VOCAB_PARSE_SPECIAL), "2 3 1 2 2 3");
    fixture_close(&f);
}

/* ---- against the slow way ---- */

enum { RANDOM_TOKENS = 30 };

static uint32_t noise = 2463534242u;

static uint32_t below(uint32_t n)
{
    noise ^= noise << 13, noise ^= noise >> 17, noise ^= noise << 5;
    return noise % n;
}

/* Tokens that grow from a, b and ▁; few scores, so that many are equal. */
struct grown {
    char texts[RANDOM_TOKENS][128];
    float scores[RANDOM_TOKENS];
    uint32_t n;
};

static uint32_t find(const struct grown *g, const char *text)
{
    for (uint32_t i = 0; i < g->n; i++)
        if (!strcmp(g->texts[i], text)) return i;
    return VOCAB_NONE;
}

static void grow(struct grown *g)
{
    *g = (struct grown){.texts = {"a", "b", "▁"}, .n = 3};
    for (int i = 0; i < 500 && g->n < RANDOM_TOKENS; i++) {
        char sum[256];
        snprintf(sum, sizeof sum, "%s%s", g->texts[below(g->n)], g->texts[below(g->n)]);
        if (strlen(sum) > 60 || find(g, sum) != VOCAB_NONE) continue;
        strcpy(g->texts[g->n], sum);
        g->scores[g->n++] = (float)below(8) - 4;
    }
}

/* The token that symbols i and i + 1 make, or VOCAB_NONE. */
static uint32_t joined(const struct grown *g, const uint32_t *ids, size_t i)
{
    char sum[256];
    snprintf(sum, sizeof sum, "%s%s", g->texts[ids[i]], g->texts[ids[i + 1]]);
    return find(g, sum);
}

static size_t merge_slowly(const struct grown *g, uint32_t *ids, size_t n)
{
    for (;;) {
        size_t best = n;
        for (size_t i = 0; i + 1 < n; i++) {
            uint32_t id = joined(g, ids, i);
            if (id != VOCAB_NONE && (best == n || g->scores[id] > g->scores[joined(g, ids, best)])) best = i;
        }
        if (best == n) return n;
        ids[best] = joined(g, ids, best);
        memmove(ids + best + 1, ids + best + 2, (n - best - 2) * sizeof *ids);
        n--;
    }
}

static void compare(struct vocab_fixture *f, const struct grown *g)
{
    char text[64];
    uint32_t want[64] = {2}; /* the added space */
    const uint32_t *ids;
    size_t n = 1 + below(40);
    for (size_t i = 0; i < n; i++) {
        want[i + 1] = below(3);
        text[i] = "ab "[want[i + 1]];
    }
    size_t k = merge_slowly(g, want, n + 1);
    cr_assert_eq(vocab_encode(f->v, f->s, text, n, 0, &ids), k, "%.*s", (int)n, text);
    cr_assert_arr_eq(ids, want, k * sizeof *ids, "%.*s", (int)n, text);
}

Test(spm, random_vocabularies_merge_as_the_definition_says)
{
    static struct grown g;
    const char *texts[RANDOM_TOKENS];
    for (int round = 0; round < 100; round++) {
        struct gguf_make m = GGUF_MAKE_INIT;
        struct vocab_fixture f;
        grow(&g);
        for (uint32_t i = 0; i < g.n; i++) texts[i] = g.texts[i];
        make_vocab(&m, "llama", texts, NULL, g.scores, g.n);
        cr_assert_eq(fixture_open(&f, &m, NULL), 0);
        for (int i = 0; i < 30; i++) compare(&f, &g);
        fixture_close(&f);
    }
}

/* ---- files that are wrong, and time ---- */

Test(spm, scores_must_be_there_and_be_numbers)
{
    static const char *const texts[] = {"a", "b"};
    struct gguf_make none = GGUF_MAKE_INIT, infinite = GGUF_MAKE_INIT;
    struct vocab_fixture f;
    struct errmsg e = {0};
    make_vocab(&none, "llama", texts, NULL, NULL, 2);
    cr_assert_eq(fixture_open(&f, &none, &e), ERR_FORMAT);
    cr_assert(strstr(e.text, "tokenizer.ggml.scores"), "%s", e.text);
    fixture_close(&f);
    e = (struct errmsg){0};
    make_vocab(&infinite, "llama", texts, NULL, (float[]){0, INFINITY}, 2);
    cr_assert_eq(fixture_open(&f, &infinite, &e), ERR_FORMAT);
    cr_assert(strstr(e.text, "token 1 is not a number"), "%s", e.text);
    fixture_close(&f);
}

Test(spm, time_does_not_grow_with_the_square_of_a_word)
{
    enum { LONG = 1 << 20 };
    struct gguf_make m = GGUF_MAKE_INIT;
    struct vocab_fixture f;
    const uint32_t *ids;
    char *text = xmalloc(LONG);
    make_spm_vocab(&m);
    cr_assert_eq(fixture_open(&f, &m, NULL), 0);
    uint64_t start = clock_us();
    for (size_t i = 0; i < LONG; i++) text[i] = "ab"[i % 2];
    cr_assert_eq(vocab_encode(f.v, f.s, text, LONG, 0, &ids), 1 + LONG / 2);
    memset(text, ' ', LONG);
    cr_assert_eq(vocab_encode(f.v, f.s, text, LONG, 0, &ids), 1 + LONG);
    cr_assert_lt(clock_us() - start, 5000000);
    free(text);
    fixture_close(&f);
}
