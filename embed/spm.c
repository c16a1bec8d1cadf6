/* SentencePiece-BPE ("llama"): Llama 2, Gemma 2 and 3, EmbeddingGemma, Phi-3.
 *
 * Spaces become "▁" (U+2581), with one more before each run of plain text unless the file says no. Then neighbours merge
 * whose texts together are a token, highest score first, leftmost of equals (bpe_merge.h). What is no token in the end is
 * a single character, and becomes its bytes: "<0xE2>".
 *
 * A whole text would be one word. But in all vocabularies we know, "▁" stands inside a token only after another "▁" and
 * perhaps after a tag: everywhere else no pair can merge across it, so the text is cut there, into words that fit the
 * cache. The result is the same, as merges in one word never change those of another. */
#include "base/mem.h"
#include "embed/bpe_merge.h"
#include "embed/bpe_table.h"

#include <math.h>
#include <stdlib.h>

struct spm {
    struct token_table tokens;
    bool prefix;
    bool before_mark[256]; /* bytes that stand before a "▁" inside some token */
};

/* ---- open ---- */

static int check_scores(const struct vocab *v, struct errmsg *e)
{
    if (!v->scores) return errmsg_set(e, ERR_FORMAT, "%s: a SentencePiece tokenizer without tokenizer.ggml.scores", v->path);
    for (uint32_t i = 0; i < v->n; i++)
        if (!isfinite(v->scores[i])) return errmsg_set(e, ERR_FORMAT, "%s: the score of token %u is not a number", v->path, i);
    return 0;
}

static void find_marks(struct spm *p, const struct vocab *v)
{
    for (uint32_t id = 0; id < v->n; id++) {
        const char *s = token_text(v, id);
        for (size_t i = 1; i < v->tokens[id].n; i++)
            if (is_space_mark(s + i, v->tokens[id].n - i)) p->before_mark[(unsigned char)s[i - 1]] = true;
    }
}

static void spm_close(void *model)
{
    struct spm *p = model;
    token_table_release(&p->tokens);
    free(p);
}

static int spm_open(struct vocab *v, const struct gguf *g, struct errmsg *e)
{
    struct spm *p = v->model = xcalloc(1, sizeof *p);
    vocab_default(v, &v->unknown, 0);
    vocab_default(v, &v->bos, 1);
    vocab_default(v, &v->eos, 2);
    p->prefix = gguf_bool(g, "tokenizer.ggml.add_space_prefix", true);
    find_marks(p, v);
    int rc = check_scores(v, e);
    return rc ? rc : token_table_init(&p->tokens, v, e);
}

/* ---- encode ---- */

/* Floats as integers of the opposite order: the highest score is the lowest rank. Never MERGE_NONE, which would be a NaN. */
static uint32_t rank_of_score(float score)
{
    uint32_t bits;
    score += 0.0f; /* -0 is 0 */
    memcpy(&bits, &score, sizeof bits);
    return bits >> 31 ? bits : 0x7FFFFFFFu - bits;
}

static uint32_t pair_rank(const void *model, const char *text, const struct bpe_symbol *l, const struct bpe_symbol *r)
{
    const struct spm *p = model;
    uint32_t id = token_find(&p->tokens, text + l->at, l->n + r->n, hash_join(l->hash, r->hash));
    return id == VOCAB_NONE ? MERGE_NONE : rank_of_score(p->tokens.v->scores[id]);
}

static void encode_word(const struct spm *p, struct vocab_scratch *s, const char *text, size_t n)
{
    merge_word(s, text, n, pair_rank, p);
    for (uint32_t i = 0; i != MERGE_NONE; i = s->symbols[i].next) {
        struct bpe_symbol x = s->symbols[i];
        uint32_t id = token_find(&p->tokens, text + x.at, x.n, x.hash);
        if (id != VOCAB_NONE)
            scratch_push(s, id);
        else
            push_bytes(&p->tokens, s, text + x.at, x.n);
    }
}

static void spm_encode(const struct vocab *v, struct vocab_scratch *s, const char *text, size_t n)
{
    const struct spm *p = v->model;
    scratch_clean(s, &text, &n);
    mark_spaces(s, text, n, p->prefix);
    for (size_t i = 0, len; i < s->n_norm; i += len) {
        len = marked_word(p->before_mark, s->norm + i, s->n_norm - i);
        if (len > MERGE_MAX_BYTES) len = MERGE_MAX_BYTES;
        encode_word(p, s, s->norm + i, len);
    }
}

const struct vocab_kind vocab_spm = {
    .model = "llama",
    .name = "SentencePiece BPE",
    .add_bos = true,
    .open = spm_open,
    .close = spm_close,
    .encode = spm_encode,
};
