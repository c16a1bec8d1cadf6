/* Static models and the line filter. Golden vectors of the shipped model are checked when both are there. */
#include "base/json.h"
#include "base/kernel.h"
#include "base/mem.h"
#include "embed/cmd.h"
#include "embed/embed.h"
#include "embed/filter.h"
#include "tests/gguf_make.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int open_made(struct embedder **m, struct gguf_make *made, struct buf *file, struct errmsg *e)
{
    struct gguf *g;
    *file = (struct buf)BUF_INIT(1 << 24);
    make_finish(made, file);
    cr_assert_eq(gguf_open_memory(&g, file->data, file->n, "shop/tiny.gguf", NULL), 0);
    return embed_open_gguf(m, g, e);
}

static struct embedder *tiny(struct buf *file)
{
    struct gguf_make made = GGUF_MAKE_INIT;
    struct embedder *m;
    make_tiny_model(&made);
    cr_assert_eq(open_made(&m, &made, file, NULL), 0);
    return m;
}

static void expect_vector(const float *v, float a, float b, float c, float d)
{
    const float want[4] = {a, b, c, d};
    for (int i = 0; i < 4; i++) cr_assert_float_eq(v[i], want[i], 1e-6f, "component %d is %f, not %f", i, v[i], want[i]);
}

/* ---- vectors by hand: rows and scales are in tests/gguf_make.h ---- */

struct sample {
    char name[48], text[32];
    uint32_t used;
    float v[4];
};

ParameterizedTestParameters(embed, small_static_model_sums_its_rows)
{
    static struct sample samples[] = {
        {"one token", "red", 1, {1, 0, 0, 0}},
        {"two tokens", "red shoes", 2, {0.6f, 0.8f, 0, 0}},
        {"a scale of one half", "red▁a", 2, {0.768221280f, 0, 0.640184400f, 0}},
        {"a token of scale 0 is left out", "d", 1, {0, 1, 0, 0}},
        {"unknown tokens are left out", "shoes携帯電話", 1, {0, 1, 0, 0}},
        {"special tokens in the text are text", "</s>d", 1, {0, 1, 0, 0}},
        {"nothing known", "携帯電話", 0, {0, 0, 0, 0}},
        {"nothing", "", 0, {0, 0, 0, 0}},
    };
    return cr_make_param_array(struct sample, samples, sizeof samples / sizeof *samples);
}

ParameterizedTest(struct sample *c, embed, small_static_model_sums_its_rows)
{
    struct buf file;
    struct embedder *m = tiny(&file);
    struct embed_scratch *s = embed_scratch_new(m);
    float v[4];
    cr_assert_eq(embed_text(m, s, EMBED_QUERY, c->text, strlen(c->text), v), c->used, "%s", c->name);
    expect_vector(v, c->v[0], c->v[1], c->v[2], c->v[3]);
    embed_scratch_free(s);
    embed_close(m);
    buf_release(&file);
}

Test(embed, tells_what_it_is)
{
    struct buf file;
    struct embedder *m = tiny(&file);
    cr_assert_eq(embed_dim(m), 4);
    cr_assert_str_eq(embed_name(m), "tiny");
    cr_assert_str_eq(embed_path(m), "shop/tiny.gguf");
    cr_assert_eq(strlen(embed_model_id(m)), 32);
    cr_assert_eq(vocab_size(embed_vocab(m)), TINY_N);
    embed_close(m);
    buf_release(&file);
}

/* The tiny model with its table in another format, and a weight for each token. */
static struct embedder *tiny_as(uint32_t type, const void *table, size_t bytes, const float *weight, struct buf *file)
{
    struct gguf_make made = GGUF_MAKE_INIT;
    struct embedder *m;
    make_str(&made, "general.architecture", "static");
    make_u32(&made, "static.embedding_length", 4);
    make_u32(&made, "static.context_length", 3);
    make_tiny_vocab(&made);
    make_tensor(&made, "token_embd.weight", type, 4, TINY_N, table, bytes);
    if (weight) make_tensor(&made, "token_weight", TENSOR_F32, TINY_N, 1, weight, TINY_N * sizeof *weight);
    cr_assert_eq(open_made(&m, &made, file, NULL), 0);
    return m;
}

Test(embed, float_tables_weights_and_context_length)
{
    float table[TINY_N][4] = {[TINY_RED] = {1, 0, 0, 0}, [TINY_D] = {0, 2, 0, 0}}, weight[TINY_N], v[4];
    uint16_t half[TINY_N][4];
    for (int i = 0; i < TINY_N; i++) weight[i] = i == TINY_D ? 0.375f : 1;
    kernels()->to_f16(*table, *half, sizeof half / 2);
    for (int k = 0; k < 2; k++) {
        struct buf file;
        struct embedder *m = k ? tiny_as(TENSOR_F16, half, sizeof half, weight, &file)
                               : tiny_as(TENSOR_F32, table, sizeof table, weight, &file);
        struct embed_scratch *s = embed_scratch_new(m);
        cr_assert_str_eq(embed_name(m), "tiny.gguf", "a file without a name is called by its own");
        embed_ids(m, s, (uint32_t[]){TINY_RED, TINY_D}, 2, v);
        expect_vector(v, 0.8f, 0.6f, 0, 0);
        cr_assert_eq(embed_ids(m, s, (uint32_t[]){TINY_BOS, TINY_RED, TINY_RED, TINY_UNK, TINY_RED, TINY_D}, 6, v), 3);
        expect_vector(v, 1, 0, 0, 0);
        embed_scratch_free(s);
        embed_close(m);
        buf_release(&file);
    }
}

Test(embed, long_text_takes_bounded_time)
{
    struct buf file;
    struct embedder *m = tiny(&file);
    struct embed_scratch *s = embed_scratch_new(m);
    enum { LONG = 16 << 20 };
    float v[4];
    char *text = xmalloc(LONG);
    for (size_t i = 0; i < LONG; i += 4) memcpy(text + i, "red ", 4);
    cr_assert_eq(embed_text(m, s, EMBED_DOCUMENT, text, LONG, v), 512);
    expect_vector(v, 1, 0, 0, 0);
    memset(text, 'x', LONG);
    cr_assert_eq(embed_text(m, s, EMBED_DOCUMENT, text, LONG, v), 0);
    free(text);
    embed_scratch_free(s);
    embed_close(m);
    buf_release(&file);
}

/* ---- files that are wrong ---- */

static void refuse(struct gguf_make *made, int rc, const char *says)
{
    struct embedder *m;
    struct buf file;
    struct errmsg e = {0};
    cr_assert_eq(open_made(&m, made, &file, &e), rc, "%s", e.text);
    cr_assert(strstr(e.text, says), "%s", e.text);
    buf_release(&file);
}

Test(embed, wrong_models_are_refused_with_a_sentence)
{
    struct gguf_make arch = GGUF_MAKE_INIT, table = GGUF_MAKE_INIT, shape = GGUF_MAKE_INIT, scale = GGUF_MAKE_INIT,
                     dim = GGUF_MAKE_INIT;
    float bad[TINY_N] = {INFINITY}, rows[TINY_N][4] = {{0}};
    make_str(&arch, "general.architecture", "clip");
    refuse(&arch, ERR_UNSUPPORTED, "\"clip\" is not supported yet");

    struct gguf_make *made[] = {&table, &shape, &scale, &dim};
    for (int i = 0; i < 4; i++) {
        make_str(made[i], "general.architecture", "static");
        make_u32(made[i], "static.embedding_length", i == 3 ? 1 << 20 : 4);
        make_tiny_vocab(made[i]);
    }
    refuse(&table, ERR_FORMAT, "no tensor token_embd.weight");
    make_tensor(&shape, "token_embd.weight", TENSOR_F32, 4, TINY_N - 1, rows, sizeof rows - sizeof *rows);
    refuse(&shape, ERR_FORMAT, "not 4 numbers for each of 12 tokens");
    make_tensor(&scale, "token_embd.weight", TENSOR_F32, 4, TINY_N, rows, sizeof rows);
    make_tensor(&scale, "token_embd.scale", TENSOR_F32, TINY_N, 1, bad, sizeof bad);
    refuse(&scale, ERR_FORMAT, "token_embd.scale of token 0 is not a number");
    refuse(&dim, ERR_FORMAT, "static.embedding_length");
}

Test(embed, default_model_is_what_the_environment_says)
{
    char path[64];
    struct errmsg e = {0};
    setenv("SOUK_MODEL", "/shop/model.gguf", 1);
    cr_assert_eq(embed_default_path(path, sizeof path, &e), 0);
    cr_assert_str_eq(path, "/shop/model.gguf");
    cr_assert_eq(embed_default_path(path, 4, &e), ENAMETOOLONG);
}

/* ---- the shipped model ---- */

static void check_golden(const struct embedder *m, struct embed_scratch *s, const json_t *want)
{
    const json_t *text = json_object_get(want, "text"), *list = json_object_get(want, "ids"),
                 *head = json_object_get(want, "head");
    const uint32_t *ids;
    float v[EMBED_MAX_DIM];
    size_t n = embed_tokens(m, s, json_string_value(text), json_string_length(text), 0, &ids);
    cr_assert_eq(n, json_array_size(list), "%s: %zu tokens", json_string_value(text), n);
    for (size_t i = 0; i < n; i++)
        cr_assert_eq(ids[i], json_integer_value(json_array_get(list, i)), "%s: token %zu", json_string_value(text), i);
    embed_text(m, s, EMBED_DOCUMENT, json_string_value(text), json_string_length(text), v);
    for (size_t i = 0; i < json_array_size(head); i++)
        cr_assert_float_eq(v[i], json_number_value(json_array_get(head, i)), 2e-6, "%s: %zu", json_string_value(text), i);
}

/* tests/golden/static-embed.jsonl was computed by embed/train/golden.py, which shares no code with souk. */
Test(embed, shipped_model_gives_the_golden_ids_and_vectors)
{
    const char *path = getenv("SOUK_MODEL") ? getenv("SOUK_MODEL") : "embed/models/souk-static.gguf";
    FILE *f = fopen(getenv("SOUK_GOLDEN") ? getenv("SOUK_GOLDEN") : "tests/golden/static-embed.jsonl", "r");
    struct embedder *m;
    char *line = NULL;
    size_t cap = 0, n = 0;
    if (!f || access(path, R_OK) != 0) cr_skip_test("no shipped model here");
    cr_assert_eq(embed_open(&m, path, NULL), 0);
    struct embed_scratch *s = embed_scratch_new(m);
    for (; getline(&line, &cap, f) > 0; n++) {
        json_t *want = json_loads(line, JSON_READ | JSON_ALLOW_NUL, NULL);
        cr_assert_not_null(want, "line %zu", n + 1);
        check_golden(m, s, want);
        json_decref(want);
    }
    cr_assert_gt(n, 0);
    free(line);
    fclose(f);
    embed_scratch_free(s);
    embed_close(m);
}

/* ---- lines ---- */

/* Answers a line with its length in brackets; refuses lines that begin with '!'. */
static int measure_line(void *arg, unsigned worker, const char *s, size_t n, struct buf *out, struct errmsg *e)
{
    (void)arg, (void)worker;
    if (n && *s == '!') return errmsg_set(e, ERR_INPUT, "shouting");
    buf_printf(out, "[%zu]", n);
    return 0;
}

/* Runs the filter over text from a file; the caller frees the answer. */
static char *filtered(const char *text, size_t n, unsigned threads, int *code)
{
    FILE *in = tmpfile();
    char *answer = NULL;
    size_t bytes;
    FILE *out = open_memstream(&answer, &bytes);
    fwrite(text, 1, n, in);
    fflush(in);
    lseek(fileno(in), 0, SEEK_SET);
    struct filter f = {.command = "test", .threads = threads, .line = measure_line};
    *code = filter_run(&f, fileno(in), out);
    fclose(in);
    fclose(out);
    return answer;
}

Test(filter, answers_lines_in_order)
{
    int code;
    char *a = filtered("one\n\nthree\r\nlast", 16, 1, &code);
    cr_assert_str_eq(a, "[3]\n[0]\n[5]\n[4]\n", "%s", a);
    cr_assert_eq(code, 0);
    free(a);
    a = filtered("", 0, 1, &code);
    cr_assert_str_eq(a, "");
    free(a);
}

Test(filter, refused_lines_read_error_and_end_in_code_3)
{
    int code;
    char *a = filtered("one\n!\nthree\n", 12, 2, &code);
    cr_assert_str_eq(a, "[3]\n{\"error\":\"shouting\"}\n[5]\n", "%s", a);
    cr_assert_eq(code, 3);
    free(a);
}

Test(filter, many_threads_keep_the_order)
{
    struct buf text = BUF_INIT(1 << 24), want = BUF_INIT(1 << 24);
    int code;
    for (int i = 0; i < 5000; i++) {
        for (int k = 0; k < i % 61; k++) buf_byte(&text, 'x');
        buf_byte(&text, '\n');
        buf_printf(&want, "[%d]\n", i % 61);
    }
    char *a = filtered(text.data, text.n, 4, &code);
    cr_assert_str_eq(a, want.data);
    free(a);
    buf_release(&text);
    buf_release(&want);
}

Test(filter, line_over_the_limit_is_refused_and_the_next_one_read)
{
    size_t n = 2 * (size_t)FILTER_MAX_LINE + 12345;
    char *text = xmalloc(n + 5);
    int code;
    memset(text, 'x', n);
    memcpy(text + n, "\nnext", 5);
    char *a = filtered(text, n + 5, 1, &code);
    cr_assert_str_eq(a, "{\"error\":\"longer than 16 MiB\"}\n[4]\n", "%s", a);
    cr_assert_eq(code, 3);
    free(a);
    memset(text, 'x', n);
    text[FILTER_MAX_LINE] = '\n';
    a = filtered(text, FILTER_MAX_LINE + 1, 1, &code);
    cr_assert_str_eq(a, "[16777216]\n", "%s", a);
    free(a);
    free(text);
}

Test(filter, threads_are_a_small_number)
{
    unsigned n = 7;
    cr_assert(filter_threads("12", &n) && n == 12);
    cr_assert(!filter_threads("0", &n) && !filter_threads("-1", &n) && !filter_threads("2x", &n) && !filter_threads("", &n));
    cr_assert(!filter_threads("99999999999999999999", &n) && n == 12);
}

Test(commands, wrong_usage_is_code_2_and_a_missing_file_code_1)
{
    char embed[] = "embed", model[] = "model", run[] = "run", odd[] = "--odd", kind[] = "--kind=poem", none[] = "/nowhere.gguf";
    cr_assert_eq(cmd_embed(2, (char *[]){embed, odd, NULL}), 2);
    cr_assert_eq(cmd_embed(2, (char *[]){embed, kind, NULL}), 2);
    cr_assert_eq(cmd_embed(2, (char *[]){embed, none, NULL}), 2);
    cr_assert_eq(cmd_model(1, (char *[]){model, NULL}), 2);
    cr_assert_eq(cmd_model(2, (char *[]){model, run, NULL}), 2);
    cr_assert_eq(cmd_model(2, (char *[]){model, none, NULL}), 1);
    cr_assert_eq(cmd_model(3, (char *[]){model, run, none, NULL}), 1);
}
