/* BPE over bytes and over characters: hand-made vocabularies, and random ones against merging done the slow way. */
#include "base/clock.h"
#include "base/mem.h"
#include "tests/vocab_make.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

struct sample {
    char name[64], text[48];
    unsigned flags;
    char ids[48];
};

static const char *ids_of(struct vocab_fixture *f, const char *text)
{
    return fixture_ids(f, text, strlen(text), 0);
}

/* ---- gpt2 ---- */

/* Tokens: see make_gpt2_vocab. */
ParameterizedTestParameters(bpe, bytes_of_a_small_vocabulary)
{
    static struct sample samples[] = {
        {"the first merge of the file goes first", "abc", 0, "1 6"},
        {"then the next", "ab", 0, "5"},
        {"the leftmost of equals", "abab", 0, "5 5"},
        {"a word that is a token is merged all the same", "abcabc", 0, "1 6 1 6"},
        {"a space belongs to the word", "ab ab", 0, "5 7"},
        {"what merges to no token is pushed byte by byte", "é", 0, "8 9"},
        {"bytes that are no token vanish", "aéxb", 0, "1 8 9 2"},
        {"nothing", "", VOCAB_ADD_SPECIAL, ""},
        {"a control token in text is text", "a<|end|>", 0, "1"},
        {"a control token when parsed", "a<|end|>b", VOCAB_PARSE_SPECIAL, "1 0 2"},
    };
    return cr_make_param_array(struct sample, samples, sizeof samples / sizeof *samples);
}

ParameterizedTest(struct sample *c, bpe, bytes_of_a_small_vocabulary)
{
    struct gguf_make m = GGUF_MAKE_INIT;
    struct vocab_fixture f;
    make_gpt2_vocab(&m, "qwen2");
    cr_assert_eq(fixture_open(&f, &m, NULL), 0);
    const char *ids = fixture_ids(&f, c->text, strlen(c->text), c->flags);
    cr_assert_str_eq(ids, c->ids, "%s: %s", c->name, ids);
    fixture_close(&f);
}

Test(bpe, models_that_take_whole_words_and_begin_texts)
{
    struct gguf_make m = GGUF_MAKE_INIT;
    struct vocab_fixture f;
    make_gpt2_vocab(&m, "llama-bpe");
    cr_assert_eq(fixture_open(&f, &m, NULL), 0);
    cr_assert_str_eq(fixture_ids(&f, "abcabc ab", 9, VOCAB_ADD_SPECIAL), "0 10 7");
    fixture_close(&f);
}

Test(bpe, all_bytes_have_a_visible_character)
{
    static char texts[256][4];
    static const char *list[256];
    static const char *const merges[] = {"a b"};
    struct gguf_make m = GGUF_MAKE_INIT;
    struct vocab_fixture f;
    const uint32_t *ids;
    unsigned next = 256;
    for (unsigned i = 0; i < 256; i++) {
        bool visible = (i > 32 && i < 127) || (i > 160 && i != 173);
        unsigned c = visible ? i : next++;
        snprintf(texts[i], 4, c < 128 ? "%c" : "%c%c", c < 128 ? (int)c : (int)(0xC0 | c >> 6), (int)(0x80 | (c & 63)));
        list[i] = texts[i];
    }
    make_vocab(&m, "gpt2", list, NULL, NULL, 256);
    make_strings(&m, "tokenizer.ggml.merges", merges, 1);
    cr_assert_eq(fixture_open(&f, &m, NULL), 0);
    for (unsigned c = 0; c < 0x800; c++) {
        char s[2] = {(char)(c < 128 ? c : 0xC0 | c >> 6), (char)(0x80 | (c & 63))};
        size_t n = c < 128 ? 1 : 2;
        cr_assert_eq(vocab_encode(f.v, f.s, s, n, 0, &ids), n, "U+%04X", c);
        for (size_t i = 0; i < n; i++) cr_assert_eq(ids[i], (unsigned char)s[i], "U+%04X", c);
    }
    fixture_close(&f);
}

/* ---- gemma4 ---- */

/* Tokens: see make_gemma_vocab. */
ParameterizedTestParameters(bpe, characters_of_a_small_vocabulary)
{
    static struct sample samples[] = {
        {"spaces are marks, and none is added", "a a", 0, "1 3"},
        {"the text is begun", "a", VOCAB_ADD_SPECIAL, "0 1"},
        {"two spaces", "a  a", 0, "1 2 3"},
        {"only spaces", "    ", 0, "10 10"},
        {"line ends that are a token, though no merge makes it", "a\n\n\na", 0, "1 6 1"},
        {"line ends that are none", "\n\n\n\n\n", 0, "5 5 4"},
        {"characters that are no token are bytes", "é", 0, "8 9"},
        {"bytes that are no token are unknown", "aö", 0, "1 8 11"},
        {"the end mark of other models is a user token here", "a</s>", 0, "1 7"},
        {"ill-formed bytes are one character", "\xFF", 0, "11 11 11"},
    };
    return cr_make_param_array(struct sample, samples, sizeof samples / sizeof *samples);
}

ParameterizedTest(struct sample *c, bpe, characters_of_a_small_vocabulary)
{
    struct gguf_make m = GGUF_MAKE_INIT;
    struct vocab_fixture f;
    make_gemma_vocab(&m);
    cr_assert_eq(fixture_open(&f, &m, NULL), 0);
    const char *ids = fixture_ids(&f, c->text, strlen(c->text), c->flags);
    cr_assert_str_eq(ids, c->ids, "%s: %s", c->name, ids);
    fixture_close(&f);
}

Test(bpe, space_between_two_texts_is_the_first_that_is_not_at_the_start)
{
    static const char *const texts[] = {"a", "b", "ab"};
    static const char *const merges[] = {"  b", "a b"};
    struct gguf_make m = GGUF_MAKE_INIT;
    struct vocab_fixture f;
    make_vocab(&m, "gemma4", texts, NULL, NULL, 3);
    make_strings(&m, "tokenizer.ggml.merges", merges, 2);
    cr_assert_eq(fixture_open(&f, &m, NULL), 0);
    cr_assert_str_eq(ids_of(&f, "ab"), "2");
    fixture_close(&f);
}

/* ---- against the slow way ---- */

enum { RANDOM_TOKENS = 40, RANDOM_MERGES = 60 };

static uint32_t noise = 2463534242u;

static uint32_t below(uint32_t n)
{
    noise ^= noise << 13, noise ^= noise >> 17, noise ^= noise << 5;
    return noise % n;
}

/* A gemma4 vocabulary that grows from a, b and ▁ by random merges. */
struct grown {
    char texts[RANDOM_TOKENS][256], merges[RANDOM_MERGES][512];
    uint32_t n, n_merges, left[RANDOM_MERGES], right[RANDOM_MERGES], sum[RANDOM_MERGES];
};

static uint32_t find_or_add(struct grown *g, const char *text)
{
    for (uint32_t i = 0; i < g->n; i++)
        if (!strcmp(g->texts[i], text)) return i;
    strcpy(g->texts[g->n], text);
    return g->n++;
}

static void grow(struct grown *g)
{
    *g = (struct grown){.texts = {"a", "b", "▁"}, .n = 3};
    while (g->n < RANDOM_TOKENS && g->n_merges < RANDOM_MERGES) {
        uint32_t l = below(g->n), r = below(g->n);
        char sum[512];
        snprintf(sum, sizeof sum, "%s%s", g->texts[l], g->texts[r]);
        if (strlen(sum) > 60) continue;
        memcpy(stpcpy(stpcpy(g->merges[g->n_merges], g->texts[l]), " "), g->texts[r], strlen(g->texts[r]) + 1);
        g->left[g->n_merges] = l, g->right[g->n_merges] = r;
        g->sum[g->n_merges++] = find_or_add(g, sum);
    }
}

/* Merges n symbols in place as the definition says; returns how many are left. */
static size_t merge_slowly(const struct grown *g, uint32_t *ids, size_t n)
{
    for (uint32_t m = 0; m < g->n_merges;) {
        size_t i = 0;
        while (i + 1 < n && (ids[i] != g->left[m] || ids[i + 1] != g->right[m])) i++;
        if (i + 1 >= n) {
            m++;
            continue;
        }
        ids[i] = g->sum[m];
        memmove(ids + i + 1, ids + i + 2, (n - i - 2) * sizeof *ids);
        n--;
        m = 0; /* what was made may be the left or right of an earlier merge */
    }
    return n;
}

static void compare(struct vocab_fixture *f, const struct grown *g)
{
    char text[64];
    uint32_t want[64];
    const uint32_t *ids;
    size_t n = 1 + below(60);
    for (size_t i = 0; i < n; i++) {
        want[i] = below(3);
        text[i] = "ab "[want[i]];
    }
    size_t k = merge_slowly(g, want, n);
    cr_assert_eq(vocab_encode(f->v, f->s, text, n, 0, &ids), k, "%.*s", (int)n, text);
    cr_assert_arr_eq(ids, want, k * sizeof *ids, "%.*s", (int)n, text);
}

Test(bpe, random_vocabularies_merge_as_the_definition_says)
{
    static struct grown g;
    const char *texts[RANDOM_TOKENS], *merges[RANDOM_MERGES];
    for (int round = 0; round < 200; round++) {
        struct gguf_make m = GGUF_MAKE_INIT;
        struct vocab_fixture f;
        grow(&g);
        for (uint32_t i = 0; i < g.n; i++) texts[i] = g.texts[i];
        for (uint32_t i = 0; i < g.n_merges; i++) merges[i] = g.merges[i];
        make_vocab(&m, "gemma4", texts, NULL, NULL, g.n);
        make_strings(&m, "tokenizer.ggml.merges", merges, g.n_merges);
        cr_assert_eq(fixture_open(&f, &m, NULL), 0);
        for (int i = 0; i < 50; i++) compare(&f, &g);
        fixture_close(&f);
    }
}

/* ---- files that are wrong, and time ---- */

static void expect(struct gguf_make *m, int rc, const char *says)
{
    struct vocab_fixture f;
    struct errmsg e = {0};
    cr_assert_eq(fixture_open(&f, m, &e), rc, "%s", e.text);
    cr_assert(strstr(e.text, says), "%s", e.text);
    fixture_close(&f);
}

Test(bpe, missing_and_wrong_keys_are_named)
{
    static const char *const texts[] = {"a"}, *const merges[] = {"a b", "ab"}, *const open_merge[] = {"a "};
    struct gguf_make none = GGUF_MAKE_INIT, whole = GGUF_MAKE_INIT, open = GGUF_MAKE_INIT, pre = GGUF_MAKE_INIT;
    make_vocab(&none, "gpt2", texts, NULL, NULL, 1);
    expect(&none, ERR_FORMAT, "without tokenizer.ggml.merges");
    make_vocab(&whole, "gpt2", texts, NULL, NULL, 1);
    make_strings(&whole, "tokenizer.ggml.merges", merges, 2);
    expect(&whole, ERR_FORMAT, "merge 1 is not two texts");
    make_vocab(&open, "gemma4", texts, NULL, NULL, 1);
    make_strings(&open, "tokenizer.ggml.merges", open_merge, 1);
    expect(&open, ERR_FORMAT, "merge 0 is not two texts");
    make_gpt2_vocab(&pre, "qwen99");
    expect(&pre, ERR_UNSUPPORTED, "\"qwen99\"");
}

static void encode_megabyte(const char *unit)
{
    enum { LONG = 1 << 20 };
    struct gguf_make m = GGUF_MAKE_INIT;
    struct vocab_fixture f;
    const uint32_t *ids;
    char *text = xmalloc(LONG);
    size_t n = strlen(unit), at = 0;
    for (; at + n <= LONG; at += n) memcpy(text + at, unit, n);
    make_gpt2_vocab(&m, "gpt-4o");
    cr_assert_eq(fixture_open(&f, &m, NULL), 0);
    uint64_t start = clock_us();
    vocab_encode(f.v, f.s, text, at, 0, &ids);
    uint64_t took = clock_us() - start;
    cr_assert_lt(took, 5000000, "1 MiB of \"%s\" took %llu us", unit, (unsigned long long)took);
    free(text);
    fixture_close(&f);
}

Test(bpe, time_does_not_grow_with_the_square_of_a_word)
{
    static const char *const units[] = {"a", "ab", "🙂", "\xCC\x81", " ", "\n", "ªA", "'", "1", "</s>"};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) encode_megabyte(units[i]);
}
