/* Encoders against vectors of the reference engine, for all fixture models below the folder $SOUK_FIXTURES (one NAME.json and
 * NAME-TYPE.gguf each; skipped with a word when it is not set), and a tiny model written here.
 *
 * A fixture gives token ids, the reference's vector from the same file ("out") and, for quantised files, its vector from the
 * same weights in float ("deq"). Files are checked as they are used, and with all quantised matrices in int8, small ones too, for
 * which the limit is wider: single results of so few numbers scatter. The network is opened without the vocabulary: tokenizers have tests of their own. SOUK_SHOW=1
 * prints the worst deviation of each file. */
#include "base/json.h"
#include "base/kernel.h"
#include "base/mem.h"
#include "embed/arch.h"
#include "embed/embed.h"
#include "embed/linear.h"
#include "tests/gguf_make.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const struct embed_arch *const encoders[] = {
    &arch_bert, &arch_nomic_bert_moe, &arch_modern_bert, &arch_qwen3, &arch_gemma_embedding,
};

/* A network without its vocabulary. */
static struct embedder *open_net(const char *path, struct errmsg *e)
{
    struct embedder *m = xcalloc(1, sizeof *m);
    cr_assert_eq(gguf_open(&m->file, path, e), 0, "%s", e->text);
    for (size_t i = 0; i < sizeof encoders / sizeof *encoders; i++)
        if (gguf_str_is(gguf_string(m->file, "general.architecture"), encoders[i]->name)) m->arch = encoders[i];
    cr_assert(m->arch, "%s: architecture", path);
    cr_assert_eq(m->arch->open(m, e), 0, "%s", e->text);
    return m;
}

static size_t read_ids(const json_t *list, uint32_t *ids)
{
    for (size_t i = 0; i < json_array_size(list); i++) ids[i] = (uint32_t)json_integer_value(json_array_get(list, i));
    return json_array_size(list);
}

/* The vector of one file type in "out" or "deq"; false: there is none. */
static bool read_vector(const json_t *item, const char *which, const char *type, double *v, size_t n)
{
    const json_t *list = json_object_get(json_object_get(json_object_get(item, which), type), "emb");
    if (!list) return false;
    cr_assert_eq(json_array_size(list), n);
    for (size_t i = 0; i < n; i++) v[i] = json_number_value(json_array_get(list, i));
    return true;
}

struct difference {
    double max, rms, cosine; /* rms: of the difference, by that of b */
};

static struct difference compare(const double *a, const double *b, size_t n)
{
    struct difference d = {0};
    double aa = 0, bb = 0, ab = 0, dd = 0;
    for (size_t i = 0; i < n; i++) {
        d.max = fmax(d.max, fabs(a[i] - b[i]));
        aa += a[i] * a[i], bb += b[i] * b[i], ab += a[i] * b[i], dd += (a[i] - b[i]) * (a[i] - b[i]);
    }
    d.rms = sqrt(dd / bb);
    d.cosine = ab / sqrt(aa * bb);
    return d;
}

/* How far the vector of one item may be off, and how far it is: as a share of the limit. */
static double deviation(const struct embedder *m, const char *type, const json_t *item, const float *got)
{
    enum { MAX_DIM = EMBED_MAX_DIM };
    static double v[MAX_DIM], out[MAX_DIM], deq[MAX_DIM];
    size_t n = m->dim;
    for (size_t i = 0; i < n; i++) v[i] = got[i];
    cr_assert(read_vector(item, "out", type, out, n));
    struct difference d = compare(v, out, n);
    if (read_vector(item, "deq", type, deq, n)) {
        double limit = 1.5 * compare(out, deq, n).rms + 2e-3;
        return fmin(compare(v, deq, n).rms, d.rms) / limit;
    }
    double wide = strcmp(type, "F32") ? 3 : 1, limit = m->arch == &arch_qwen3 ? 2e-5 : 1e-3;
    return fmax(d.max / (limit * wide), (1 - d.cosine) / (1e-5 * wide));
}

static void check_file(const char *folder, const json_t *model, const char *type, const char *file, double limit)
{
    char path[1024];
    struct errmsg e = {{0}};
    uint32_t ids[1024];
    double worst = 0;
    snprintf(path, sizeof path, "%s/%s", folder, file);
    struct embedder *m = open_net(path, &e);
    void *scratch = m->arch->scratch_new(m);
    float *v = xmalloc(m->dim * sizeof *v), strength;
    const json_t *items = json_object_get(model, "items");
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        size_t n = read_ids(json_object_get(item, "ids"), ids);
        cr_assert_eq(m->arch->embed(m, scratch, ids, n, v, &strength), n);
        cr_assert_eq(strength, 1);
        double d = deviation(m, type, item, v);
        cr_assert(d <= limit, "%s, item %zu: %.2f times the limit", file, i, d);
        worst = fmax(worst, d);
    }
    if (getenv("SOUK_SHOW")) printf("%-32s %-6s %.3f of the limit\n", file, type, worst);
    free(v);
    m->arch->scratch_free(scratch);
    m->arch->close(m->net);
    gguf_close(m->file);
    free(m);
}

static size_t check_model(const char *folder, const char *path, double limit)
{
    json_t *model = json_load_file(path, 0, NULL), *file;
    const char *type, *kind = json_string_value(json_object_get(model, "kind"));
    size_t n = 0;
    if (kind && !strcmp(kind, "embed")) json_object_foreach(json_object_get(model, "files"), type, file)
        {
            check_file(folder, model, type, json_string_value(json_object_get(file, "file")), limit);
            n++;
        }
    json_decref(model);
    return n;
}

static void check_all(double limit)
{
    const char *folder = getenv("SOUK_FIXTURES");
    char pattern[1024];
    glob_t found;
    size_t files = 0;
    if (!folder || !*folder) cr_skip_test("SOUK_FIXTURES names no folder of reference models");
    snprintf(pattern, sizeof pattern, "%s/*.json", folder);
    cr_assert_eq(glob(pattern, 0, NULL, &found), 0, "%s", pattern);
    for (size_t i = 0; i < found.gl_pathc; i++) files += check_model(folder, found.gl_pathv[i], limit);
    globfree(&found);
    cr_assert(files, "%s has no embedding model", folder);
}

Test(encoder, vectors_agree_with_the_reference_engine, .timeout = 120)
{
    check_all(1);
}

Test(encoder, vectors_agree_with_the_reference_engine_in_int8, .timeout = 120)
{
    linear_worth_rounding = 0;
    check_all(1.5);
}

/* ---- a tiny model, against the formula in double ---- */

enum { D = 32, F = 64, HEADS = 2, LAYERS = 2, CONTEXT = 24 };

/* Weight i of a tensor: the same for the file and for the formula. */
static float weight(const char *name, size_t i)
{
    uint64_t x = i * 0x9E3779B97F4A7C15u;
    for (; *name; name++) x = (x ^ (uint64_t)*name) * 0x100000001B3u;
    x ^= x >> 29;
    x *= 0xBF58476D1CE4E5B9u;
    return (float)(x >> 40) * 0x1p-23f - 1;
}

/* What the file is written with, or without. */
struct mutation {
    char name[40], key[48]; /* the case; the key or tensor that is changed */
    enum { NOTHING, LEAVE_OUT, SET, NARROW, NAN_FIRST, TYPE } how;
    uint32_t value;
    int rc;
    char says[48]; /* part of the message */
};

static void tiny_key(struct gguf_make *m, const struct mutation *c, const char *key, uint32_t value)
{
    bool changed = !strcmp(c->key, key);
    if (changed && c->how == LEAVE_OUT) return;
    make_u32(m, key, changed && c->how == SET ? c->value : value);
}

static void tiny_tensor(struct gguf_make *m, const struct mutation *c, const char *name, uint32_t n, uint32_t rows)
{
    bool changed = !strcmp(c->key, name);
    float *v = xmalloc((size_t)n * rows * sizeof *v);
    for (size_t i = 0; i < (size_t)n * rows; i++) v[i] = weight(name, i);
    if (changed && c->how == NAN_FIRST) v[0] = NAN;
    if (changed && c->how == NARROW) n /= 2;
    if (!changed || c->how != LEAVE_OUT)
        make_tensor(m, name, changed && c->how == TYPE ? c->value : TENSOR_F32, n, rows, v, (size_t)n * rows * sizeof *v);
    free(v);
}

static void tiny_bert(struct gguf_make *m, const struct mutation *c)
{
    static const struct {
        const char *name;
        uint32_t n, rows;
    } parts[] = {{"attn_q", D, D},           {"attn_k", D, D}, {"attn_v", D, D},   {"attn_output", D, D},
                 {"attn_output_norm", D, 1}, {"ffn_up", D, F}, {"ffn_down", F, D}, {"layer_output_norm", D, 1}};
    float eps = 1e-5f;
    char name[64];
    make_str(m, "general.architecture", "bert");
    make_str(m, "general.name", "Tiny E5");
    make_tiny_vocab(m);
    make_bool(m, "tokenizer.ggml.add_eos_token", true);
    tiny_key(m, c, "bert.embedding_length", D);
    tiny_key(m, c, "bert.block_count", LAYERS);
    tiny_key(m, c, "bert.feed_forward_length", F);
    tiny_key(m, c, "bert.attention.head_count", HEADS);
    tiny_key(m, c, "bert.context_length", CONTEXT);
    tiny_key(m, c, "bert.pooling_type", 1);
    make_key(m, "bert.attention.layer_norm_epsilon", GGUF_F32, &eps, 4);
    tiny_tensor(m, c, "token_embd.weight", D, TINY_N);
    tiny_tensor(m, c, "position_embd.weight", D, CONTEXT);
    tiny_tensor(m, c, "token_types.weight", D, 2);
    tiny_tensor(m, c, "token_embd_norm.weight", D, 1);
    tiny_tensor(m, c, "token_embd_norm.bias", D, 1);
    for (uint32_t i = 0; i < LAYERS; i++)
        for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
            snprintf(name, sizeof name, "blk.%u.%s.weight", i, parts[p].name);
            tiny_tensor(m, c, name, parts[p].n, parts[p].rows);
            snprintf(name, sizeof name, "blk.%u.%s.bias", i, parts[p].name);
            tiny_tensor(m, c, name, parts[p].rows > 1 ? parts[p].rows : parts[p].n, 1);
        }
}

static int open_tiny(struct embedder **m, const struct mutation *c, struct buf *file, struct errmsg *e)
{
    struct gguf_make made = GGUF_MAKE_INIT;
    struct gguf *g;
    *file = (struct buf)BUF_INIT(1 << 24);
    tiny_bert(&made, c);
    make_finish(&made, file);
    cr_assert_eq(gguf_open_memory(&g, file->data, file->n, "tiny.gguf", e), 0, "%s", e->text);
    return embed_open_gguf(m, g, e);
}

static float named(uint32_t layer, const char *part, const char *end, size_t i)
{
    char name[64];
    snprintf(name, sizeof name, "blk.%u.%s.%s", layer, part, end);
    return weight(name, i);
}

static void ref_linear(uint32_t layer, const char *part, const double *x, size_t n, double *y, size_t rows)
{
    for (size_t o = 0; o < rows; o++) {
        y[o] = named(layer, part, "bias", o);
        for (size_t i = 0; i < n; i++) y[o] += named(layer, part, "weight", o * n + i) * x[i];
    }
}

static void ref_norm(double *x, const char *name)
{
    double mean = 0, var = 0;
    char w[64], b[64];
    snprintf(w, sizeof w, "%s.weight", name);
    snprintf(b, sizeof b, "%s.bias", name);
    for (size_t i = 0; i < D; i++) mean += x[i] / D;
    for (size_t i = 0; i < D; i++) var += (x[i] - mean) * (x[i] - mean) / D;
    for (size_t i = 0; i < D; i++) x[i] = (x[i] - mean) / sqrt(var + 1e-5f) * weight(w, i) + weight(b, i);
}

static void ref_attention(size_t n, double q[][D], double k[][D], double v[][D], double out[][D])
{
    enum { HEAD = D / HEADS };
    for (size_t i = 0; i < n; i++)
        for (size_t h = 0; h < HEADS; h++) {
            double sum = 0;
            for (size_t d = 0; d < HEAD; d++) out[i][h * HEAD + d] = 0;
            for (size_t j = 0; j < n; j++) {
                double s = 0;
                for (size_t d = 0; d < HEAD; d++) s += q[i][h * HEAD + d] * k[j][h * HEAD + d];
                s = exp(s / sqrt(HEAD));
                sum += s;
                for (size_t d = 0; d < HEAD; d++) out[i][h * HEAD + d] += s * v[j][h * HEAD + d];
            }
            for (size_t d = 0; d < HEAD; d++) out[i][h * HEAD + d] /= sum;
        }
}

/* Post-norm BERT as its paper has it, mean pooling, unit length. */
static void reference(const uint32_t *ids, size_t n, double *out)
{
    static double x[CONTEXT][D], q[CONTEXT][D], k[CONTEXT][D], v[CONTEXT][D], a[CONTEXT][D];
    double y[D], u[F], length = 0;
    char name[64];
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < D; j++)
            x[i][j] = weight("token_embd.weight", ids[i] * D + j) + weight("position_embd.weight", i * D + j) +
                      weight("token_types.weight", j);
        ref_norm(x[i], "token_embd_norm");
    }
    for (uint32_t l = 0; l < LAYERS; l++) {
        for (size_t i = 0; i < n; i++) {
            ref_linear(l, "attn_q", x[i], D, q[i], D);
            ref_linear(l, "attn_k", x[i], D, k[i], D);
            ref_linear(l, "attn_v", x[i], D, v[i], D);
        }
        ref_attention(n, q, k, v, a);
        for (size_t i = 0; i < n; i++) {
            ref_linear(l, "attn_output", a[i], D, y, D);
            for (size_t j = 0; j < D; j++) x[i][j] += y[j];
            snprintf(name, sizeof name, "blk.%u.attn_output_norm", l);
            ref_norm(x[i], name);
            ref_linear(l, "ffn_up", x[i], D, u, F);
            for (size_t j = 0; j < F; j++) u[j] *= (1 + erf(u[j] / sqrt(2))) / 2;
            ref_linear(l, "ffn_down", u, F, y, D);
            for (size_t j = 0; j < D; j++) x[i][j] += y[j];
            snprintf(name, sizeof name, "blk.%u.layer_output_norm", l);
            ref_norm(x[i], name);
        }
    }
    for (size_t j = 0; j < D; j++) {
        out[j] = 0;
        for (size_t i = 0; i < n; i++) out[j] += x[i][j];
        length += out[j] * out[j];
    }
    for (size_t j = 0; j < D; j++) out[j] /= sqrt(length);
}

static const struct mutation whole = {.name = "whole"};

Test(encoder, a_tiny_model_follows_the_formula)
{
    struct embedder *m;
    struct errmsg e = {{0}};
    struct buf file;
    uint32_t ids[CONTEXT];
    float v[D];
    double want[D];
    cr_assert_eq(open_tiny(&m, &whole, &file, &e), 0, "%s", e.text);
    struct embed_scratch *s = embed_scratch_new(m);
    for (size_t n = 1; n <= CONTEXT; n++) {
        for (size_t i = 0; i < n; i++) ids[i] = (uint32_t)(i * 7 + n) % TINY_N;
        cr_assert_eq(embed_ids(m, s, ids, n, v), n);
        reference(ids, n, want);
        for (size_t i = 0; i < D; i++) cr_assert_float_eq(v[i], want[i], 1e-5, "%zu tokens, number %zu", n, i);
    }
    embed_scratch_free(s);
    embed_close(m);
    buf_release(&file);
}

Test(encoder, a_batch_gives_the_same_bits_as_its_texts_alone)
{
    static const char *const texts[] = {"red shoes", "", "a", "red red red shoes a d shoes a aa", "携帯電話", "shoes"};
    enum { N = sizeof texts / sizeof *texts };
    struct embedder *m;
    struct errmsg e = {{0}};
    struct buf file;
    struct embed_input in[N];
    float together[N][D], alone[D];
    cr_assert_eq(open_tiny(&m, &whole, &file, &e), 0, "%s", e.text);
    struct embed_scratch *s = embed_scratch_new(m);
    for (size_t i = 0; i < N; i++) in[i] = (struct embed_input){texts[i], strlen(texts[i])};
    embed_batch(m, s, EMBED_DOCUMENT, in, N, together[0]);
    for (size_t i = 0; i < N; i++) {
        cr_assert(embed_text(m, s, EMBED_DOCUMENT, texts[i], strlen(texts[i]), alone) > 0);
        cr_assert_arr_eq(together[i], alone, sizeof alone, "\"%s\"", texts[i]);
    }
    embed_scratch_free(s);
    embed_close(m);
    buf_release(&file);
}

Test(encoder, long_texts_lose_their_end_but_keep_its_mark)
{
    struct embedder *m;
    struct errmsg e = {{0}};
    struct buf file;
    uint32_t ids[3 * CONTEXT] = {TINY_BOS}, cut[CONTEXT] = {TINY_BOS};
    float a[D], b[D];
    cr_assert_eq(open_tiny(&m, &whole, &file, &e), 0, "%s", e.text);
    struct embed_scratch *s = embed_scratch_new(m);
    for (size_t i = 1; i < 3 * CONTEXT; i++) ids[i] = (uint32_t)(TINY_RED + i % 4);
    memcpy(cut, ids, sizeof cut);
    ids[3 * CONTEXT - 1] = cut[CONTEXT - 1] = TINY_BOS; /* of the control tokens here */
    cr_assert_eq(embed_ids(m, s, ids, 3 * CONTEXT, a), CONTEXT);
    cr_assert_eq(embed_ids(m, s, cut, CONTEXT, b), CONTEXT);
    cr_assert_arr_eq(a, b, sizeof a);
    embed_scratch_free(s);
    embed_close(m);
    buf_release(&file);
}

Test(encoder, prompts_tell_queries_from_documents)
{
    struct embedder *m;
    struct errmsg e = {{0}};
    struct buf file;
    size_t n;
    float q[D], d[D];
    cr_assert_eq(open_tiny(&m, &whole, &file, &e), 0, "%s", e.text);
    cr_assert_arr_eq(embed_prompt(m, EMBED_QUERY, &n), "query: ", 7);
    cr_assert_eq(n, 7u);
    cr_assert_arr_eq(embed_prompt(m, EMBED_DOCUMENT, &n), "passage: ", 9);
    struct embed_scratch *s = embed_scratch_new(m);
    cr_assert(embed_text(m, s, EMBED_QUERY, "red shoes", 9, q) > 2);
    cr_assert(embed_text(m, s, EMBED_DOCUMENT, "red shoes", 9, d) > 2);
    cr_assert(memcmp(q, d, sizeof q) != 0 && embed_strength(s) == 1);
    embed_scratch_free(s);
    embed_close(m);
    buf_release(&file);
}

/* ---- files that lie ---- */

ParameterizedTestParameters(encoder, bad_files_are_refused)
{
    static struct mutation cases[] = {
        {"no dimension", "bert.embedding_length", LEAVE_OUT, 0, ERR_FORMAT, "bert.embedding_length"},
        {"dimension 0", "bert.embedding_length", SET, 0, ERR_FORMAT, "bert.embedding_length"},
        {"another dimension", "bert.embedding_length", SET, 64, ERR_FORMAT, "token_embd.weight"},
        {"no layers", "bert.block_count", SET, 0, ERR_FORMAT, "bert.block_count"},
        {"too many layers", "bert.block_count", SET, LAYERS + 1, ERR_FORMAT, "blk.2.attn_q.weight"},
        {"a billion layers", "bert.block_count", SET, 1000000000, ERR_FORMAT, "bert.block_count"},
        {"no heads", "bert.attention.head_count", SET, 0, ERR_FORMAT, "head_count"},
        {"heads that do not divide", "bert.attention.head_count", SET, 5, ERR_FORMAT, "attn_q.weight"},
        {"more heads than numbers", "bert.attention.head_count", SET, 64, ERR_FORMAT, "attn_q.weight"},
        {"wider inside", "bert.feed_forward_length", SET, F + 1, ERR_FORMAT, "ffn_up.weight"},
        {"no context", "bert.context_length", SET, 0, ERR_FORMAT, "bert.context_length"},
        {"a reranker", "bert.pooling_type", SET, 4, ERR_UNSUPPORTED, "reranker"},
        {"no pooling", "bert.pooling_type", SET, 0, ERR_UNSUPPORTED, "pooling_type 0"},
        {"unknown pooling", "bert.pooling_type", SET, 9, ERR_FORMAT, "pooling_type"},
        {"no tokens", "token_embd.weight", LEAVE_OUT, 0, ERR_FORMAT, "token_embd.weight"},
        {"narrow tokens", "token_embd.weight", NARROW, 0, ERR_FORMAT, "token_embd.weight"},
        {"no positions", "position_embd.weight", LEAVE_OUT, 0, ERR_FORMAT, "position_embd.weight"},
        {"narrow types", "token_types.weight", NARROW, 0, ERR_FORMAT, "token_types.weight"},
        {"no norm", "token_embd_norm.weight", LEAVE_OUT, 0, ERR_FORMAT, "token_embd_norm.weight"},
        {"no bias of a norm", "blk.1.attn_output_norm.bias", LEAVE_OUT, 0, ERR_FORMAT, "attn_output_norm.bias"},
        {"NaN in a norm", "blk.0.layer_output_norm.weight", NAN_FIRST, 0, ERR_FORMAT, "blk.0.layer_output_norm.weight"},
        {"NaN in a bias", "blk.0.ffn_up.bias", NAN_FIRST, 0, ERR_FORMAT, "blk.0.ffn_up.bias"},
        {"short bias", "blk.0.ffn_up.bias", NARROW, 0, ERR_FORMAT, "blk.0.ffn_up.bias"},
        {"no matrix", "blk.1.ffn_down.weight", LEAVE_OUT, 0, ERR_FORMAT, "blk.1.ffn_down.weight"},
        {"narrow matrix", "blk.1.ffn_down.weight", NARROW, 0, ERR_FORMAT, "blk.1.ffn_down.weight"},
        {"unknown type", "blk.0.attn_v.weight", TYPE, 99, ERR_UNSUPPORTED, "tensor type 99"},
    };
    return cr_make_param_array(struct mutation, cases, sizeof cases / sizeof *cases);
}

ParameterizedTest(struct mutation *c, encoder, bad_files_are_refused)
{
    struct embedder *m = NULL;
    struct errmsg e = {{0}};
    struct buf file;
    cr_assert_eq(open_tiny(&m, c, &file, &e), c->rc, "%s: %s", c->name, e.text);
    cr_assert(strstr(e.text, c->says), "%s: \"%s\" does not say \"%s\"", c->name, e.text, c->says);
    buf_release(&file);
}

Test(encoder, weights_that_are_no_numbers_give_no_vector)
{
    static const struct mutation nan = {"NaN", "blk.0.ffn_down.weight", NAN_FIRST, 0, 0, ""};
    struct embedder *m;
    struct errmsg e = {{0}};
    struct buf file;
    float v[D];
    cr_assert_eq(open_tiny(&m, &nan, &file, &e), 0, "%s", e.text);
    struct embed_scratch *s = embed_scratch_new(m);
    cr_assert_eq(embed_text(m, s, EMBED_QUERY, "red", 3, v), 0u);
    for (size_t i = 0; i < D; i++) cr_assert_eq(v[i], 0);
    embed_scratch_free(s);
    embed_close(m);
    buf_release(&file);
}
