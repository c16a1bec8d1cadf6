#include "embed/embed.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "embed/arch.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct embed_arch *const archs[] = {
    &arch_static, &arch_bert, &arch_nomic_bert_moe, &arch_modern_bert, &arch_qwen3, &arch_gemma_embedding,
};

enum { BYTES_A_TOKEN = 48 };

/* ---- life ---- */

static int find_arch(struct embedder *m, struct errmsg *e)
{
    char shown[64];
    struct gguf_str name = gguf_string(m->file, "general.architecture");
    if (!name.s) return errmsg_set(e, ERR_FORMAT, "%s: names no architecture (general.architecture)", m->file->path);
    for (size_t i = 0; i < sizeof archs / sizeof *archs; i++)
        if (gguf_str_is(name, archs[i]->name)) m->arch = archs[i];
    if (m->arch) return 0;
    return errmsg_set(e, ERR_UNSUPPORTED, "%s: the architecture \"%s\" is not supported yet", m->file->path,
                      gguf_shown(name, shown));
}

static char *find_name(const struct gguf *g)
{
    struct gguf_str s = gguf_string(g, "general.name");
    if (s.n && s.n < 1024 && utf8_valid(s.s, s.n, NULL)) return xasprintf("%.*s", (int)s.n, s.s);
    const char *slash = strrchr(g->path, '/');
    return xstrdup(slash ? slash + 1 : g->path);
}

int embed_open_gguf(struct embedder **out, struct gguf *g, struct errmsg *e)
{
    struct embedder *m = xcalloc(1, sizeof *m);
    m->file = g;
    int rc = find_arch(m, e);
    if (!rc) rc = vocab_open(&m->vocab, g, e);
    if (!rc) rc = m->arch->open(m, e);
    if (rc) {
        embed_close(m);
        return rc;
    }
    m->name = find_name(g);
    m->prompts = prompts_of(g);
    gguf_content_id(g, m->id);
    *out = m;
    return 0;
}

int embed_open(struct embedder **out, const char *path, struct errmsg *e)
{
    char found[4096];
    struct gguf *g;
    int rc = path ? 0 : embed_default_path(found, sizeof found, e);
    if (!rc) rc = gguf_open(&g, path ? path : found, e);
    return rc ? rc : embed_open_gguf(out, g, e);
}

void embed_close(struct embedder *m)
{
    if (!m) return;
    if (m->net) m->arch->close(m->net);
    vocab_close(m->vocab);
    gguf_close(m->file);
    free(m->name);
    free(m);
}

/* The folder of the running executable; "" when the kernel does not tell. */
static void own_folder(char *out, size_t cap)
{
    ssize_t n = readlink("/proc/self/exe", out, cap - 1);
    out[n > 0 ? n : 0] = 0;
    char *slash = strrchr(out, '/');
    if (slash) *slash = 0;
}

int embed_default_path(char *out, size_t cap, struct errmsg *e)
{
    const char *env = getenv("SOUK_MODEL");
    char folder[2048];
    if (env && *env) {
        if (strlen(env) >= cap) return errmsg_set(e, ENAMETOOLONG, "SOUK_MODEL is longer than %zu bytes", cap);
        memcpy(out, env, strlen(env) + 1);
        return 0;
    }
    own_folder(folder, sizeof folder);
    snprintf(out, cap, "%s/embed/models/souk-static.gguf", folder);
    if (access(out, R_OK) == 0) return 0;
    snprintf(out, cap, SOUK_SHARE "/models/souk-static.gguf");
    if (access(out, R_OK) == 0) return 0;
    return errmsg_set(e, ERR_NOT_FOUND,
                      "no model: neither %s/embed/models/souk-static.gguf nor %s is there; give one with --model or SOUK_MODEL",
                      folder, out);
}

struct embed_scratch *embed_scratch_new(const struct embedder *m)
{
    struct embed_scratch *s = xmalloc(sizeof *s);
    *s = (struct embed_scratch){.arch = m->arch, .vocab = vocab_scratch_new(), .net = m->arch->scratch_new(m)};
    return s;
}

void embed_scratch_free(struct embed_scratch *s)
{
    if (!s) return;
    vocab_scratch_free(s->vocab);
    s->arch->scratch_free(s->net);
    free(s->prompted);
    free(s->ids);
    free(s->starts);
    free(s);
}

/* ---- what it is ---- */

uint32_t embed_dim(const struct embedder *m)
{
    return m->dim;
}

const char *embed_model_id(const struct embedder *m)
{
    return m->id;
}

const char *embed_name(const struct embedder *m)
{
    return m->name;
}

const char *embed_path(const struct embedder *m)
{
    return m->file->path;
}

const struct vocab *embed_vocab(const struct embedder *m)
{
    return m->vocab;
}

const char *embed_prompt(const struct embedder *m, enum embed_kind kind, size_t *n)
{
    *n = m->prompts.text[kind].n;
    return m->prompts.text[kind].s;
}

/* ---- work ---- */

/* Where to stop reading a text of which only the first m->max_tokens tokens count: after a word, if one ends near there. */
static size_t enough(const struct embedder *m, const char *text, size_t n)
{
    size_t max = (size_t)m->max_tokens * BYTES_A_TOKEN;
    if (n <= max) return n;
    for (size_t i = max; i > max - BYTES_A_TOKEN; i--)
        if (text[i] == ' ') return i;
    return utf8_floor(text, n, max);
}

uint32_t embed_ids(const struct embedder *m, struct embed_scratch *s, const uint32_t *ids, size_t n, float *out)
{
    return m->arch->embed(m, s->net, ids, n, out, &s->strength);
}

bool embed_sums(const struct embedder *m)
{
    return m->arch->sums;
}

float embed_strength(const struct embed_scratch *s)
{
    return s->strength;
}

size_t embed_tokens(const struct embedder *m, struct embed_scratch *s, const char *text, size_t n, unsigned flags,
                    const uint32_t **ids)
{
    return vocab_encode(m->vocab, s->vocab, text, n, flags, ids);
}

/* Ids of a text, its prompt in front. */
static size_t prompted_ids(const struct embedder *m, struct embed_scratch *s, enum embed_kind kind, const char *text, size_t n,
                           const uint32_t **ids)
{
    struct gguf_str prompt = m->prompts.text[kind];
    n = enough(m, text, n);
    if (prompt.n) {
        xgrow(&s->prompted, &s->cap_prompted, prompt.n + n, 1);
        memcpy(s->prompted, prompt.s, prompt.n);
        memcpy(s->prompted + prompt.n, text, n);
        text = s->prompted;
        n += prompt.n;
    }
    return embed_tokens(m, s, text, n, m->arch->token_flags, ids);
}

uint32_t embed_text(const struct embedder *m, struct embed_scratch *s, enum embed_kind kind, const char *text, size_t n,
                    float *out)
{
    const uint32_t *ids;
    size_t n_ids = prompted_ids(m, s, kind, text, n, &ids);
    return embed_ids(m, s, ids, n_ids, out);
}

void embed_batch(const struct embedder *m, struct embed_scratch *s, enum embed_kind kind, const struct embed_input *texts,
                 size_t n, float *out)
{
    size_t total = 0;
    if (!m->arch->embed_batch) {
        for (size_t i = 0; i < n; i++) embed_text(m, s, kind, texts[i].text, texts[i].n, out + i * m->dim);
        return;
    }
    xgrow(&s->starts, &s->cap_starts, n + 1, sizeof *s->starts);
    for (size_t i = 0; i < n; i++) {
        const uint32_t *ids;
        size_t n_ids = prompted_ids(m, s, kind, texts[i].text, texts[i].n, &ids);
        xgrow(&s->ids, &s->cap_ids, total + n_ids, sizeof *s->ids);
        memcpy(s->ids + total, ids, n_ids * sizeof *ids);
        s->starts[i] = total;
        total += n_ids;
    }
    s->starts[n] = total;
    m->arch->embed_batch(m, s->net, s->ids, s->starts, n, out);
}
