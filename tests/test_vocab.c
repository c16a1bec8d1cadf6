/* Tokenizers: ids of small hand-made vocabularies, and of real ones where the fixture folder is there. */
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "embed/pieces.h"
#include "tests/vocab_make.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static struct vocab_fixture tiny(void)
{
    struct gguf_make m = GGUF_MAKE_INIT;
    struct vocab_fixture f;
    make_tiny_vocab(&m);
    cr_assert_eq(fixture_open(&f, &m, NULL), 0);
    return f;
}

/* ---- Unigram by hand ---- */

enum { BOTH = VOCAB_ADD_SPECIAL | VOCAB_PARSE_SPECIAL };

/* Tokens of tests/gguf_make.h: 1 <unk> 2 <s> 3 </s> 4 ▁ 5 ▁red 6 ▁re 7 d 8 ▁shoes 9 a 10 aa 11 [user] */
struct sample {
    char name[48], text[48];
    unsigned flags;
    char ids[48];
};

ParameterizedTestParameters(vocab, small_unigram_gives_these_ids)
{
    static struct sample samples[] = {
        {"a word", "red", 0, "5"},
        {"begin and end", "red", VOCAB_ADD_SPECIAL, "2 5 3"},
        {"nothing", "", VOCAB_ADD_SPECIAL, "2 3"},
        {"only spaces", "   ", 0, ""},
        {"spaces around and between", "  red   shoes ", 0, "5 8"},
        {"one dear piece beats two cheap ones", "aa", 0, "4 10"},
        {"of equal sums the first found stays", "aaa", 0, "4 9 10"},
        {"a character that is no piece", "redé", 0, "5 1"},
        {"unknown characters in a row are one", "red携帯電話d", 0, "5 1 7"},
        {"unknown ones in two words are two", "éé éé", 0, "4 1 4 1"},
        {"a special token in text is text", "d</s>", 0, "4 7 1"},
        {"a special token when parsed", "d</s>d", VOCAB_PARSE_SPECIAL, "4 7 3 4 7"},
        {"special tokens only", "<s></s>", BOTH, "2 2 3 3"},
        {"a user token always matches", "red[user]red", 0, "5 11 5"},
        {"the unknown token can be written", "<unk>", VOCAB_PARSE_SPECIAL, "1"},
        {"the mark itself in the text", "▁red", 0, "4 5"},
    };
    return cr_make_param_array(struct sample, samples, sizeof samples / sizeof *samples);
}

ParameterizedTest(struct sample *c, vocab, small_unigram_gives_these_ids)
{
    struct vocab_fixture f = tiny();
    const char *ids = fixture_ids(&f, c->text, strlen(c->text), c->flags);
    cr_assert_str_eq(ids, c->ids, "%s: %s", c->name, ids);
    fixture_close(&f);
}

Test(vocab, bytes_that_are_no_text_are_replaced)
{
    struct vocab_fixture f = tiny();
    cr_assert_str_eq(fixture_ids(&f, "red\xFF\xC3", 5, 0), "5 1");
    cr_assert_str_eq(fixture_ids(&f, "red\0d", 5, 0), "5 1 7");
    fixture_close(&f);
}

Test(vocab, spaces_are_kept_when_the_model_wants_them)
{
    struct gguf_make m = GGUF_MAKE_INIT;
    struct vocab_fixture f;
    make_tiny_vocab(&m);
    make_bool(&m, "tokenizer.ggml.remove_extra_whitespaces", false);
    make_bool(&m, "tokenizer.ggml.add_space_prefix", false);
    cr_assert_eq(fixture_open(&f, &m, NULL), 0);
    cr_assert_str_eq(fixture_ids(&f, "d  red ", 7, 0), "7 4 5 4");
    fixture_close(&f);
}

Test(vocab, white_space_before_a_mask_goes_with_it)
{
    static const char *const texts[] = {"<unk>", "▁", "a", "<mask>"};
    struct gguf_make m = GGUF_MAKE_INIT;
    struct vocab_fixture f;
    make_str(&m, "general.architecture", "nomic-bert-moe");
    make_str(&m, "tokenizer.ggml.model", "t5");
    make_strings(&m, "tokenizer.ggml.tokens", texts, 4);
    make_array(&m, "tokenizer.ggml.scores", GGUF_F32, 4, (float[]){0, -1, -1, 0}, 16);
    make_array(&m, "tokenizer.ggml.token_type", GGUF_I32, 4, (int32_t[]){2, 1, 1, 3}, 16);
    make_bool(&m, "tokenizer.ggml.remove_extra_whitespaces", false);
    cr_assert_eq(fixture_open(&f, &m, NULL), 0);
    cr_assert_str_eq(fixture_ids(&f, "a <mask> a", 10, VOCAB_PARSE_SPECIAL), "1 2 3 1 1 2");
    fixture_close(&f);
}

Test(vocab, longest_special_token_goes_first_and_texts_are_forced_to_control)
{
    static const char *const texts[] = {"<unk>", "ab", "abc", "bcd", "</s>"};
    struct gguf_make m = GGUF_MAKE_INIT;
    struct vocab_fixture f;
    make_str(&m, "tokenizer.ggml.model", "t5");
    make_strings(&m, "tokenizer.ggml.tokens", texts, 5);
    make_array(&m, "tokenizer.ggml.scores", GGUF_F32, 5, (float[5]){0}, 20);
    make_array(&m, "tokenizer.ggml.token_type", GGUF_I32, 5, (int32_t[]){2, 4, 4, 4, 4}, 20);
    cr_assert_eq(fixture_open(&f, &m, NULL), 0);
    cr_assert_str_eq(fixture_ids(&f, "ababcdab", 8, 0), "1 2 0 1");
    cr_assert_eq(vocab_type(f.v, 4), VOCAB_CONTROL);
    fixture_close(&f);
}

/* ---- character maps ---- */

/* A map of one rule, A -> a: root with base 256, child at 256 ^ 'A', its leaf next to it. */
static size_t one_rule(uint32_t words[514])
{
    memset(words, 0, 514 * sizeof *words);
    words[0] = 512 * 4;
    words[1] = 256u << 10;
    words[1 + (256 ^ 'A')] = 'A' | 1u << 8 | 1u << 10;
    words[1 + (256 ^ 'A' ^ 1)] = 0x80000000u;
    words[513] = 'a'; /* the replacement and its NUL */
    return 513 * 4 + 2;
}

static struct vocab_fixture mapped(const void *map, size_t n)
{
    struct gguf_make m = GGUF_MAKE_INIT;
    struct vocab_fixture f;
    make_tiny_vocab(&m);
    make_array(&m, "tokenizer.ggml.precompiled_charsmap", GGUF_I8, n, map, n);
    fixture_open(&f, &m, NULL);
    return f;
}

Test(vocab, character_map_replaces_before_tokenising)
{
    uint32_t words[514];
    struct vocab_fixture f = mapped(words, one_rule(words));
    cr_assert_str_eq(fixture_ids(&f, "AA aA", 5, 0), "4 10 4 10");
    fixture_close(&f);
}

Test(vocab, damaged_character_map_is_refused)
{
    uint32_t words[514];
    size_t n = one_rule(words);
    for (size_t cut = 1; cut < 8; cut++) {
        struct vocab_fixture f = mapped(words, n - cut);
        cr_assert_null(f.v, "without its last %zu bytes", cut);
        fixture_close(&f);
    }
    words[0] = UINT32_MAX - 3;
    struct vocab_fixture f = mapped(words, n);
    cr_assert_null(f.v);
    fixture_close(&f);
}

Test(vocab, character_map_of_noise_does_no_harm)
{
    uint32_t words[514], noise = 2463534242u;
    char text[256];
    for (int round = 0; round < 300; round++) {
        size_t n = one_rule(words);
        for (int i = 1; i < 513; i++) {
            noise ^= noise << 13, noise ^= noise >> 17, noise ^= noise << 5;
            if (round % 3 == 0 || i % 7 == round % 7) words[i] = round % 2 ? noise & 0x800FFFFF : noise;
        }
        for (int i = 0; i < 256; i++) text[i] = (char)i;
        struct vocab_fixture f = mapped(words, n);
        const uint32_t *ids;
        cr_assert_not_null(f.v);
        vocab_encode(f.v, f.s, text, sizeof text, 0, &ids);
        fixture_close(&f);
    }
}

/* ---- files that are wrong ---- */

static void expect(struct gguf_make *m, int rc, const char *says)
{
    struct vocab_fixture f;
    struct errmsg e = {0};
    cr_assert_eq(fixture_open(&f, m, &e), rc, "%s", e.text);
    cr_assert(strstr(e.text, says), "%s", e.text);
    fixture_close(&f);
}

Test(vocab, other_tokenizers_are_named_as_not_supported_yet)
{
    struct gguf_make m = GGUF_MAKE_INIT;
    make_str(&m, "tokenizer.ggml.model", "rwkv");
    expect(&m, ERR_UNSUPPORTED, "\"rwkv\" is not supported yet");
}

Test(vocab, missing_and_wrong_keys_are_named)
{
    static const char *const texts[] = {"<unk>", "a"};
    struct gguf_make none = GGUF_MAKE_INIT, tokens = GGUF_MAKE_INIT, scores = GGUF_MAKE_INIT, nan_score = GGUF_MAKE_INIT,
                     id = GGUF_MAKE_INIT;
    expect(&none, ERR_FORMAT, "no tokenizer");
    make_str(&tokens, "tokenizer.ggml.model", "t5");
    expect(&tokens, ERR_FORMAT, "tokenizer.ggml.tokens");
    make_str(&scores, "tokenizer.ggml.model", "t5");
    make_strings(&scores, "tokenizer.ggml.tokens", texts, 2);
    make_array(&scores, "tokenizer.ggml.scores", GGUF_F32, 1, (float[1]){0}, 4);
    expect(&scores, ERR_FORMAT, "2 scores");
    make_str(&nan_score, "tokenizer.ggml.model", "t5");
    make_strings(&nan_score, "tokenizer.ggml.tokens", texts, 2);
    make_array(&nan_score, "tokenizer.ggml.scores", GGUF_F32, 2, (float[2]){0, NAN}, 8);
    expect(&nan_score, ERR_FORMAT, "token 1 is not a number");
    make_u32(&id, "tokenizer.ggml.eos_token_id", 99);
    make_tiny_vocab(&id);
    expect(&id, ERR_FORMAT, "eos_token_id is 99");
}

/* ---- time ---- */

/* Four-letter pieces whose hashes all begin in the same slot of a table for n pieces. */
static void make_collisions(char (*texts)[5], size_t n)
{
    size_t slots = 64, found = 0;
    while (slots < 2 * n) slots *= 2;
    for (uint32_t i = 0; found < n; i++) {
        char s[5] = {(char)('!' + i % 90), (char)('!' + i / 90 % 90), (char)('!' + i / 8100 % 90), (char)('!' + i / 729000 % 90),
                     0};
        piece_hash h = 0;
        for (int k = 0; k < 4; k++) h = piece_next(h, s + k, 1);
        if (!(h & (slots - 1))) memcpy(texts[found++], s, 5);
    }
}

Test(vocab, pieces_made_to_collide_are_refused)
{
    enum { N = 2 * PIECE_MAX_PROBES };
    static char texts[N][5];
    static const char *list[N];
    static float scores[N];
    struct gguf_make m = GGUF_MAKE_INIT;
    make_collisions(texts, N);
    for (size_t i = 0; i < N; i++) list[i] = texts[i];
    make_str(&m, "tokenizer.ggml.model", "t5");
    make_strings(&m, "tokenizer.ggml.tokens", list, N);
    make_array(&m, "tokenizer.ggml.scores", GGUF_F32, N, scores, sizeof scores);
    make_u32(&m, "tokenizer.ggml.unknown_token_id", 0);
    expect(&m, ERR_FORMAT, "collides with too many others");
}

Test(vocab, time_is_linear_in_one_long_word)
{
    struct vocab_fixture f = tiny();
    enum { LONG = 1 << 20 };
    char *text = xmalloc(LONG);
    const uint32_t *ids;
    memset(text, 'a', LONG);
    uint64_t start = clock_us();
    cr_assert_eq(vocab_encode(f.v, f.s, text, LONG, 0, &ids), 1 + LONG / 2);
    uint64_t whole = clock_us() - start;
    cr_assert_lt(whole, 5000000, "1 MiB of one letter took %llu us", (unsigned long long)whole);
    for (size_t i = 0; i < LONG; i += 4) memcpy(text + i, "</s>", 4);
    cr_assert_eq(vocab_encode(f.v, f.s, text, LONG, VOCAB_PARSE_SPECIAL, &ids), LONG / 4);
    free(text);
    fixture_close(&f);
}

/* ---- real vocabularies: SOUK_FIXTURES=folder of reference models ---- */

static size_t unhex(const char *s, char *out)
{
    size_t n = strlen(s) / 2;
    for (size_t i = 0; i < n; i++) sscanf(s + 2 * i, "%2hhx", (unsigned char *)out + i);
    return n;
}

static bool same_ids(const json_t *list, const uint32_t *ids, size_t n)
{
    if (json_array_size(list) != n) return false;
    for (size_t i = 0; i < n; i++)
        if (json_integer_value(json_array_get(list, i)) != ids[i]) return false;
    return true;
}

/* "hf_ids" are there where two reference implementations disagree: either will do. */
static bool check_case(const struct vocab_fixture *f, const json_t *c)
{
    const json_t *text = json_object_get(c, "text"), *hex = json_object_get(c, "hex");
    char raw[4096];
    size_t n = hex ? unhex(json_string_value(hex), raw) : json_string_length(text);
    unsigned flags = (json_is_true(json_object_get(c, "special")) ? VOCAB_ADD_SPECIAL : 0) |
                     (json_is_true(json_object_get(c, "parse")) ? VOCAB_PARSE_SPECIAL : 0);
    const uint32_t *ids;
    size_t k = vocab_encode(f->v, f->s, hex ? raw : json_string_value(text), n, flags, &ids);
    return same_ids(json_object_get(c, "ids"), ids, k) || same_ids(json_object_get(c, "hf_ids"), ids, k);
}

/* Lets the open file name another pre-tokenizer. */
static void replace_pre(struct gguf *g, const char *name)
{
    static uint8_t bytes[64];
    uint64_t n = strlen(name);
    struct gguf_value *pre = (struct gguf_value *)(uintptr_t)gguf_find(g, "tokenizer.ggml.pre");
    cr_assert(pre && n < 56);
    memcpy(bytes, &n, sizeof n);
    memcpy(bytes + sizeof n, name, n);
    pre->data = bytes;
}

/* All cases of a JSON file on the GGUF file that it names, perhaps with another pre-tokenizer: "NAME with KEY=pre". */
static size_t check_file(const char *folder, const char *gguf_name, const json_t *cases)
{
    struct vocab_fixture f = {.s = vocab_scratch_new()};
    const char *with = strstr(gguf_name, " with ");
    char *path = xasprintf("%s/%.*s", folder, (int)(with ? with - gguf_name : (long)strlen(gguf_name)), gguf_name);
    size_t i, exact = 0;
    json_t *c;
    cr_assert_eq(gguf_open(&f.g, path, NULL), 0, "%s", path);
    if (with) replace_pre(f.g, strchr(with, '=') + 1);
    cr_assert_eq(vocab_open(&f.v, f.g, NULL), 0, "%s", path);
    json_array_foreach(cases, i, c) exact += check_case(&f, c);
    printf("%-44s %5zu cases %5zu exact\n", gguf_name, json_array_size(cases), exact);
    cr_expect_eq(exact, json_array_size(cases), "%s: %zu exact", gguf_name, exact);
    free(path);
    fixture_close(&f);
    return exact;
}

static size_t check_json(const char *folder, const char *path)
{
    json_t *j = json_load_file(path, JSON_ALLOW_NUL, NULL);
    const json_t *file = json_object_iter_value(json_object_iter(json_object_get(j, "files"))), *tok = json_object_get(j, "tok");
    const char *vocab = json_string_value(json_object_get(j, "vocab"));
    char *sub = xasprintf("%s/vocab", folder);
    size_t n = 0;
    if (tok) n += check_file(folder, json_string_value(json_object_get(file, "file")), tok);
    if (vocab) n += check_file(sub, vocab, json_object_get(j, "items"));
    free(sub);
    json_decref(j);
    return n;
}

Test(vocab, real_vocabularies_give_the_reference_ids, .timeout = 120)
{
    const char *folder = getenv("SOUK_FIXTURES");
    if (!folder) cr_skip_test("SOUK_FIXTURES is not set");
    char *models = xasprintf("%s/*.json", folder), *vocabs = xasprintf("%s/vocab/tok-*.json", folder);
    glob_t found;
    size_t n = 0;
    glob(models, 0, NULL, &found);
    glob(vocabs, GLOB_APPEND, NULL, &found);
    for (size_t i = 0; i < found.gl_pathc; i++) n += check_json(folder, found.gl_pathv[i]);
    cr_assert_gt(n, 0, "%s holds no cases", folder);
    globfree(&found);
    free(models);
    free(vocabs);
}
