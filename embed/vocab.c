/* Tokenizers: what all kinds share - tokens and their types, special ids, the way from text to fragments to ids. */
#include "embed/vocab.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "embed/special.h"
#include "embed/vocab_kind.h"

#include <stdlib.h>
#include <string.h>

static const struct vocab_kind *const kinds[] = {&vocab_unigram, &vocab_wordpiece, &vocab_bpe, &vocab_gemma, &vocab_spm};

enum { MAX_TOKENS = 1 << 24 };

/* ---- open ---- */

static int find_kind(struct vocab *v, const struct gguf *g, struct errmsg *e)
{
    char shown[64];
    struct gguf_str model = gguf_string(g, "tokenizer.ggml.model");
    if (!model.s) return errmsg_set(e, ERR_FORMAT, "%s: has no tokenizer (no key tokenizer.ggml.model)", g->path);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (gguf_str_is(model, kinds[i]->model)) v->kind = kinds[i];
    if (v->kind) return 0;
    return errmsg_set(e, ERR_UNSUPPORTED, "%s: the tokenizer \"%s\" is not supported yet", g->path, gguf_shown(model, shown));
}

static int read_tokens(struct vocab *v, const struct gguf *g, struct errmsg *e)
{
    const struct gguf_value *a = gguf_array(g, "tokenizer.ggml.tokens", GGUF_STRING);
    if (!a || !a->n) return errmsg_set(e, ERR_FORMAT, "%s: has no list of tokens (tokenizer.ggml.tokens)", g->path);
    if (a->n > MAX_TOKENS) return errmsg_set(e, ERR_TOO_BIG, "%s: more than %d tokens", g->path, MAX_TOKENS);
    v->n = (uint32_t)a->n;
    v->tokens = xmalloc(v->n * sizeof *v->tokens);
    v->texts = a->data;
    const uint8_t *p = a->data;
    for (uint32_t i = 0; i < v->n; i++) {
        struct gguf_str s = gguf_next_string(&p);
        if (p - v->texts > UINT32_MAX) return errmsg_set(e, ERR_TOO_BIG, "%s: more than 4 GiB of tokens", g->path);
        v->tokens[i] = (struct vocab_token){(uint32_t)((const uint8_t *)s.s - v->texts), (uint32_t)s.n};
    }
    return 0;
}

/* Token texts that are control tokens whatever the file says: converters have often marked them as plain or user-defined,
 * and a model must not see its end of text because somebody typed it. Separated by spaces. */
static const char forced_control[] =
    " </s> <eos> <EOT> _<EOT> [EOT] [EOS] <|end|> <|im_end|> <|eot_id|> <|eom_id|> <|return|> <|call|> <turn|> <end_of_turn> "
    "<|endoftext|> <|end_of_text|> <end_of_utterance> <|tool_response> <|fim_prefix|> <|fim_suffix|> <|fim_middle|> <|fim_pad|> "
    "<|fim_repo|> <|repo_name|> <|file_sep|> <fim-prefix> <fim_prefix> <fim-suffix> <fim_suffix> <fim-middle> <fim_middle> "
    "<fim-pad> <fim_pad> <fim-repo> <reponame> <REPO> <PRE> <SUF> <MID> <PAD> [PAD] ";

static bool is_forced_control(const struct vocab_kind *kind, struct gguf_str s)
{
    if (kind->plain && gguf_str_is(s, kind->plain)) return false;
    if (s.n < 4 || s.n > 20 || !strchr("<[_", *s.s) || memchr(s.s, ' ', s.n)) return false;
    const char *found = memmem(forced_control, sizeof forced_control - 1, s.s, s.n);
    return found && found[-1] == ' ' && found[s.n] == ' ';
}

static int read_types(struct vocab *v, const struct gguf *g, struct errmsg *e)
{
    const struct gguf_value *a = gguf_find(g, "tokenizer.ggml.token_type");
    if (a && (a->type != GGUF_ARRAY || a->n != v->n))
        return errmsg_set(e, ERR_FORMAT, "%s: tokenizer.ggml.token_type does not list %u types", g->path, v->n);
    v->types = xmalloc(v->n);
    for (uint32_t i = 0; i < v->n; i++) {
        int64_t t = a ? gguf_int_at(a, i) : VOCAB_NORMAL;
        v->types[i] = t >= VOCAB_NORMAL && t <= VOCAB_BYTE ? (uint8_t)t : VOCAB_NORMAL;
        if (is_forced_control(v->kind, vocab_text(v, i))) v->types[i] = VOCAB_CONTROL;
    }
    return 0;
}

static int read_scores(struct vocab *v, const struct gguf *g, struct errmsg *e)
{
    const struct gguf_value *a = gguf_array(g, "tokenizer.ggml.scores", GGUF_F32);
    if (!a) return 0;
    if (a->n != v->n) return errmsg_set(e, ERR_FORMAT, "%s: tokenizer.ggml.scores does not list %u scores", g->path, v->n);
    v->scores = xmalloc(v->n * sizeof *v->scores);
    memcpy(v->scores, a->data, v->n * sizeof *v->scores);
    return 0;
}

static int read_id(const struct vocab *v, const struct gguf *g, const char *key, uint32_t *id, struct errmsg *e)
{
    *id = VOCAB_NONE;
    if (!gguf_u32(g, key, id) || *id < v->n) return 0;
    return errmsg_set(e, ERR_FORMAT, "%s: %s is %u, but there are only %u tokens", g->path, key, *id, v->n);
}

static int read_ids(struct vocab *v, const struct gguf *g, struct errmsg *e)
{
    int rc = read_id(v, g, "tokenizer.ggml.bos_token_id", &v->bos, e);
    if (!rc) rc = read_id(v, g, "tokenizer.ggml.eos_token_id", &v->eos, e);
    if (!rc) rc = read_id(v, g, "tokenizer.ggml.unknown_token_id", &v->unknown, e);
    if (!rc && v->bos == VOCAB_NONE) rc = read_id(v, g, "tokenizer.ggml.cls_token_id", &v->bos, e);
    v->add_bos = gguf_bool(g, "tokenizer.ggml.add_bos_token", v->kind->add_bos);
    v->add_eos = gguf_bool(g, "tokenizer.ggml.add_eos_token", v->kind->add_eos);
    return rc;
}

int vocab_open(struct vocab **out, const struct gguf *g, struct errmsg *e)
{
    struct vocab *v = xcalloc(1, sizeof *v);
    v->path = g->path;
    int rc = find_kind(v, g, e);
    if (!rc) rc = read_tokens(v, g, e);
    if (!rc) rc = read_types(v, g, e);
    if (!rc) rc = read_scores(v, g, e);
    if (!rc) rc = read_ids(v, g, e);
    if (!rc) {
        v->special = special_new(v, g);
        rc = v->kind->open(v, g, e);
    }
    if (rc)
        vocab_close(v);
    else
        *out = v;
    return rc;
}

void vocab_close(struct vocab *v)
{
    if (!v) return;
    if (v->model) v->kind->close(v->model);
    special_free(v->special);
    free(v->scores);
    free(v->types);
    free(v->tokens);
    free(v);
}

void vocab_default(const struct vocab *v, uint32_t *id, uint32_t missing)
{
    if (*id == VOCAB_NONE && missing < v->n) *id = missing;
}

/* ---- look ---- */

uint32_t vocab_size(const struct vocab *v)
{
    return v->n;
}

enum vocab_type vocab_type(const struct vocab *v, uint32_t id)
{
    return v->types[id];
}

struct gguf_str vocab_text(const struct vocab *v, uint32_t id)
{
    return (struct gguf_str){token_text(v, id), v->tokens[id].n};
}

const char *vocab_kind_name(const struct vocab *v)
{
    return v->kind->name;
}

/* ---- encode ---- */

struct vocab_scratch *vocab_scratch_new(void)
{
    return xcalloc(1, sizeof(struct vocab_scratch));
}

void vocab_scratch_free(struct vocab_scratch *s)
{
    if (!s) return;
    free(s->ids);
    free(s->fragments);
    free(s->spare);
    free(s->clean);
    free(s->norm);
    free(s->cells);
    free(s->symbols);
    free(s->pairs);
    free(s);
}

void scratch_push(struct vocab_scratch *s, uint32_t id)
{
    xgrow(&s->ids, &s->cap_ids, s->n_ids + 1, sizeof *s->ids);
    s->ids[s->n_ids++] = id;
}

void scratch_clean(struct vocab_scratch *s, const char **text, size_t *n)
{
    size_t good, to = 0;
    if (utf8_valid(*text, *n, &good)) return;
    for (size_t i = 0, len; i < *n; i += len) {
        uint32_t cp;
        len = utf8_decode(*text + i, *n - i, &cp);
        xgrow(&s->clean, &s->cap_clean, to + 4, 1);
        memcpy(s->clean + to, len ? *text + i : REPLACEMENT, len ? len : 3);
        to += len ? len : 3;
        if (!len) len = 1;
    }
    *text = s->clean;
    *n = to;
}

size_t vocab_encode(const struct vocab *v, struct vocab_scratch *s, const char *text, size_t n, unsigned flags,
                    const uint32_t **ids)
{
    s->n_ids = 0;
    if (flags & VOCAB_ADD_SPECIAL && v->add_bos && v->bos != VOCAB_NONE) scratch_push(s, v->bos);
    special_split(v, s, text, n, flags & VOCAB_PARSE_SPECIAL);
    for (size_t i = 0; i < s->n_fragments; i++) {
        struct fragment f = s->fragments[i];
        if (f.id != VOCAB_NONE)
            scratch_push(s, f.id);
        else
            v->kind->encode(v, s, text + f.at, f.n);
    }
    if (flags & VOCAB_ADD_SPECIAL && v->add_eos && v->eos != VOCAB_NONE) scratch_push(s, v->eos);
    *ids = s->ids;
    return s->n_ids;
}
