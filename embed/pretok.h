/* Private to bpe.c: cuts a text into the words within which byte-level BPE merges.
 *
 * Each model was trained with a regular expression, of which GGUF stores only the name (tokenizer.ggml.pre). They are a
 * few patterns with small differences, so they are matched by hand here, in one pass and without backtracking into what
 * was read. Written as their authors do, alternatives in order, the first that matches wins:
 *
 *     llama-bpe   (?i:'s|'t|'re|'ve|'m|'ll|'d) | [^\r\n\p{L}\p{N}]?\p{L}+ | \p{N}{1,3} | ?[^\s\p{L}\p{N}]+[\r\n]*
 *                 | \s*[\r\n]+ | \s+(?!\S) | \s+
 *     qwen2       the same with \p{N} for \p{N}{1,3}
 *     qwen35      the same as qwen2 with marks as letters: [\p{L}\p{M}]+ and ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*
 *     tekken      words by case: [^\r\n\p{L}\p{N}]?U*L+ | [^\r\n\p{L}\p{N}]?U+L* with U = [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}] and
 *                 L = [\p{Ll}\p{Lm}\p{Lo}\p{M}]; \p{N}; a slash may follow symbols as line ends may: [\r\n/]*
 *     gpt-4o      as tekken, with \p{N}{1,3}, and with a contraction as the end of a word, not as a word
 *     gpt-2       's|'t|'re|'ve|'m|'ll|'d | ?\p{L}+ | ?\p{N}+ | ?[^\s\p{L}\p{N}]+ | \s+(?!\S) | \s+
 *
 * Classes of characters are ICU's. */
#ifndef SOUK_PRETOK_H
#define SOUK_PRETOK_H

#include "embed/gguf.h"

struct pretok {
    const char *names; /* of models that use it, with spaces around */
    size_t (*word)(const struct pretok *p, const char *s, size_t n);
    bool whole_words; /* a word that is a token is not merged from its bytes: some tokens cannot be */
    bool add_bos;     /* when the file does not say */

    unsigned letters, symbols; /* sets of classes (pretok.c) */
    unsigned max_digits;
    bool by_case, suffix, slash;
};

/* By the value of tokenizer.ggml.pre; {NULL, 0} is "default". NULL: unknown. */
const struct pretok *pretok_find(struct gguf_str name);

/* Bytes of the first word of a text. s is well-formed UTF-8, n >= 1; at least one character is taken. */
static inline size_t pretok_word(const struct pretok *p, const char *s, size_t n)
{
    return p->word(p, s, n);
}

#endif
