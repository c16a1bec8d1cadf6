/* Pre-tokenizers: which words each model's pattern makes of a text. */
#include "embed/pretok.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

struct sample {
    char pre[16], name[64], words[96]; /* with | between them; none is in the texts */
};

ParameterizedTestParameters(pretok, words_of_each_pattern)
{
    static struct sample samples[] = {
        {"llama-bpe", "words take one space along", "naïve| Straße|,| ok"},
        {"llama-bpe", "or any other character", "(携帯電話|)| a|-b"},
        {"llama-bpe", "but no line end", "a|\n|b"},
        {"llama-bpe", "spaces before a word but for the last", "a|  | b|   "},
        {"llama-bpe", "white space before digits", "a| |1| | |2"},
        {"llama-bpe", "line ends take the space before them", "a| \n\n|  | b"},
        {"llama-bpe", "symbols take the line ends behind them", "a| !?\r\n|  | b"},
        {"llama-bpe", "digits by three, whatever script", "123|456|7| |٣٤٥|٦"},
        {"llama-bpe", "contractions in any case", "it|'s| WE|'LL|'x|'Re"},
        {"llama-bpe", "a long s is an s", "x|'ſ|t"},
        {"llama-bpe", "marks are symbols, and may stand before a word", "क|िन|ि"},
        {"qwen2", "digits one by one", "1|2| |3"},
        {"qwen35", "marks are letters", "किन| ि"},
        {"qwen35", "a symbol and a mark", "!ि|!!"},
        {"tekken", "small letters end a word", "i|Phone| XLLarge|Ab"},
        {"tekken", "letters without case are of both", "ABª|AB| 携帯a|B"},
        {"tekken", "of capitals after them the last such letter ends it", "aªb|Aª|BC"},
        {"tekken", "marks are of both too", "किन| क|AB"},
        {"tekken", "digits one by one, slashes behind symbols", "1|2| .\n/|a"},
        {"tekken", "a contraction is no word", "it|'s"},
        {"gpt-4o", "a contraction ends a word", "it's| WE'LL|'x"},
        {"gpt-4o", "digits by three", "123|4"},
        {"gpt-2", "digits in one word", "a| 1234|!!| 5"},
        {"gpt-2", "contractions as they are", "it|'s|'|LL|'ll"},
        {"gpt-2", "line ends are white space", "a|\n|b|\n|\n|c| \n| b"},
        {"default", "the same", "a| 1234|!!| 5"},
    };
    return cr_make_param_array(struct sample, samples, sizeof samples / sizeof *samples);
}

static void words_of(const struct pretok *p, const char *text, size_t n, char out[256])
{
    size_t to = 0;
    for (size_t i = 0, len; i < n; i += len) {
        len = pretok_word(p, text + i, n - i);
        cr_assert(len > 0 && len <= n - i);
        if (i) out[to++] = '|';
        memcpy(out + to, text + i, len);
        to += len;
    }
    out[to] = 0;
}

ParameterizedTest(struct sample *c, pretok, words_of_each_pattern)
{
    const struct pretok *p = pretok_find((struct gguf_str){c->pre, strlen(c->pre)});
    char text[96], out[256];
    size_t n = 0;
    cr_assert_not_null(p);
    for (const char *s = c->words; *s; s++)
        if (*s != '|') text[n++] = *s;
    words_of(p, text, n, out);
    cr_assert_str_eq(out, c->words, "%s, %s: %s", c->pre, c->name, out);
}

Test(pretok, names_are_whole_words)
{
    cr_assert_null(pretok_find((struct gguf_str){"qwen", 4}));
    cr_assert_null(pretok_find((struct gguf_str){"qwen2 deepseek-r1-qwen", 22}));
    cr_assert_null(pretok_find((struct gguf_str){"", 0}));
    cr_assert_eq(pretok_find((struct gguf_str){NULL, 0}), pretok_find((struct gguf_str){"gpt-2", 5}));
    cr_assert_neq(pretok_find((struct gguf_str){"qwen2", 5}), pretok_find((struct gguf_str){"qwen35", 6}));
}
