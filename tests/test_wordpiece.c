/* WordPiece: words, pieces and what becomes of accents, by a hand-made vocabulary. */
#include "base/clock.h"
#include "base/mem.h"
#include "tests/vocab_make.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

struct sample {
    char name[48], text[64];
    unsigned flags;
    char ids[32];
};

/* Tokens: see make_wordpiece_vocab. */
ParameterizedTestParameters(wordpiece, small_vocabulary_gives_these_ids)
{
    static struct sample samples[] = {
        {"pieces of a word", "running", 0, "3 4"},
        {"the longest piece goes first", "runun", 0, "3 6"},
        {"the text is enclosed", "run", VOCAB_ADD_SPECIAL, "1 3 2"},
        {"nothing", "", VOCAB_ADD_SPECIAL, "1 2"},
        {"only white space", " \t\n　", 0, ""},
        {"a word without pieces is unknown as a whole", "runx", 0, "0"},
        {"unknown words next to each other are two", "x y", 0, "0 0"},
        {"punctuation is a word", "run,run", 0, "3 7 3"},
        {"punctuation without a piece is unknown", "run?run", 0, "3 0 3"},
        {"an ASCII symbol is a word, others are letters", "run$r€", 0, "3 0 0"},
        {"Chinese characters are words", "run中run", 0, "3 8 3"},
        {"small letters", "RUNNING", 0, "3 4"},
        {"accents are dropped", "rúnnïng", 0, "3 4"},
        {"and so are free ones", "ru\xCC\x81n", 0, "3"},
        {"vowel signs that take space are not", "कि", 0, "11"},
        {"Hangul is decomposed, all of it", "한", 0, "12"},
        {"a dotted capital loses its dot", "İ", 0, "10"},
        {"control and format characters vanish", "r\x01u\xE2\x80\x8Bn\x7F", 0, "3"},
        {"ill-formed bytes vanish", "r\xFFun\xC3", 0, "3"},
        {"a control token in text is text", "[SEP]", 0, "0 0 0"},
        {"a control token when parsed", "run[SEP]run", VOCAB_PARSE_SPECIAL, "3 2 3"},
    };
    return cr_make_param_array(struct sample, samples, sizeof samples / sizeof *samples);
}

ParameterizedTest(struct sample *c, wordpiece, small_vocabulary_gives_these_ids)
{
    struct gguf_make m = GGUF_MAKE_INIT;
    struct vocab_fixture f;
    make_wordpiece_vocab(&m);
    cr_assert_eq(fixture_open(&f, &m, NULL), 0);
    const char *ids = fixture_ids(&f, c->text, strlen(c->text), c->flags);
    cr_assert_str_eq(ids, c->ids, "%s: %s", c->name, ids);
    fixture_close(&f);
}

Test(wordpiece, case_and_accents_stay_when_the_file_says_so)
{
    struct gguf_make m = GGUF_MAKE_INIT;
    struct vocab_fixture f;
    make_wordpiece_vocab(&m);
    make_bool(&m, "tokenizer.ggml.normalizer.lowercase", false);
    cr_assert_eq(fixture_open(&f, &m, NULL), 0);
    cr_assert_str_eq(fixture_ids(&f, "A run Run r\xC3\xBAn", 14, 0), "13 3 0 0");
    fixture_close(&f);
}

Test(wordpiece, ids_that_the_file_does_not_name_are_those_of_the_first_vocabulary)
{
    static const char *texts[104];
    struct gguf_make m = GGUF_MAKE_INIT;
    struct vocab_fixture f;
    for (int i = 0; i < 104; i++) texts[i] = "▁x";
    make_vocab(&m, "bert", texts, NULL, NULL, 104);
    cr_assert_eq(fixture_open(&f, &m, NULL), 0);
    cr_assert_str_eq(fixture_ids(&f, "y", 1, VOCAB_ADD_SPECIAL), "101 100 102");
    fixture_close(&f);
}

Test(wordpiece, wrong_separator_is_named)
{
    struct gguf_make m = GGUF_MAKE_INIT;
    struct vocab_fixture f;
    struct errmsg e = {0};
    make_u32(&m, "tokenizer.ggml.seperator_token_id", 99);
    make_wordpiece_vocab(&m);
    cr_assert_eq(fixture_open(&f, &m, &e), ERR_FORMAT);
    cr_assert(strstr(e.text, "seperator_token_id is 99"), "%s", e.text);
    fixture_close(&f);
}

Test(wordpiece, time_is_linear_in_one_long_word)
{
    enum { LONG = 1 << 20 };
    struct gguf_make m = GGUF_MAKE_INIT;
    struct vocab_fixture f;
    char *text = xmalloc(LONG);
    const uint32_t *ids;
    memcpy(text, "ru", 2);
    for (size_t i = 2; i < LONG; i += 2) memcpy(text + i, "un", 2);
    make_wordpiece_vocab(&m);
    cr_assert_eq(fixture_open(&f, &m, NULL), 0);
    uint64_t start = clock_us();
    cr_assert_eq(vocab_encode(f.v, f.s, text, LONG, 0, &ids), 1); /* "u" is no piece */
    memcpy(text, "xr", 2);
    cr_assert_eq(vocab_encode(f.v, f.s, text + 1, LONG - 1, 0, &ids), LONG / 2 - 1);
    for (size_t i = 0; i < LONG; i += 2) memcpy(text + i, "\xCC\x81", 2);
    cr_assert_eq(vocab_encode(f.v, f.s, text, LONG, 0, &ids), 0);
    cr_assert_lt(clock_us() - start, 5000000);
    free(text);
    fixture_close(&f);
}
