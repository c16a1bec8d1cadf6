/* Speed of an encoder of random weights: texts a second for lengths, batches and threads.
 *
 *     bench_encoder [e5|qwen3] [F32|F16|Q8_0|Q4_0|Q4_K]
 *
 * e5: the shape of multilingual-e5-small (12 layers, 384, ffn 1536, 12 heads); qwen3: of Qwen3-Embedding-0.6B (28 layers, 1024,
 * ffn 3072, 16 and 8 heads of 128). The vocabulary is short: looking tokens up costs nothing, whatever its size.
 * Prints CSV: the best and the median of many calls in milliseconds of CPU time for a text, divided by threads, and what the best
 * makes in billions of multiply-adds a second with weights. */
#include "base/clock.h"
#include "base/cpu.h"
#include "base/kernel.h"
#include "base/mem.h"
#include "base/pool.h"
#include "embed/arch.h"
#include "tests/gguf_make.h"

#include <stdio.h>
#include <stdlib.h>

enum { VOCABULARY = 4096, MAX_TOKENS = 128, MAX_BATCH = 32, MEASURE_US = 700000, MAX_CALLS = 4096 };

struct shape {
    const struct embed_arch *arch;
    uint32_t layers, dim, ffn, heads, kv_heads, head_dim;
};

static const struct shape e5 = {&arch_bert, 12, 384, 1536, 12, 12, 32}, qwen3 = {&arch_qwen3, 28, 1024, 3072, 16, 8, 128};

/* ---- a file of random weights ---- */

static uint64_t state = 1;

static uint32_t draw(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 32);
}

static const struct tensor_format *format_named(const char *name)
{
    for (uint32_t t = 0; t < 64; t++)
        if (tensor_format(t) && !strcmp(tensor_format(t)->name, name)) return tensor_format(t);
    fprintf(stderr, "bench_encoder: no tensor type %s\n", name);
    exit(2);
}

/* Blocks of random bits, with scales that keep the numbers near 1 / sqrt(n). */
static void add_matrix(struct gguf_make *m, const char *name, const struct tensor_format *f, uint64_t n, uint64_t rows)
{
    size_t bytes = n * rows / f->block * f->bytes;
    uint8_t *p = xmalloc(bytes);
    for (size_t i = 0; i < bytes; i += f->block == 1 ? f->bytes : 1) {
        float x = ((float)(int32_t)draw() * 0x1p-31f) * 0.06f;
        uint16_t half;
        kernels()->to_f16(&x, &half, 1);
        if (f->type == TENSOR_F32)
            memcpy(p + i, &x, 4);
        else if (f->type == TENSOR_F16)
            memcpy(p + i, &half, 2);
        else
            p[i] = i % f->bytes == 0 || (f->block == 256 && i % f->bytes == 2) ? 0 : (uint8_t)draw();
        if (f->block > 1 && i % f->bytes == 1) p[i] = f->block == 32 ? f->bytes > 30 ? 0x0C : 0x1C : 0x04; /* 2^-12, 2^-8 */
        if (f->block == 256 && i % f->bytes == 3) p[i] = 0x04;
    }
    make_tensor(m, name, f->type, n, rows, p, bytes);
    free(p);
}

static void add_vector(struct gguf_make *m, const char *name, uint32_t n, float value)
{
    float *v = xmalloc(n * sizeof *v);
    for (uint32_t i = 0; i < n; i++) v[i] = value;
    make_tensor(m, name, TENSOR_F32, n, 1, v, n * sizeof *v);
    free(v);
}

static void add_key(struct gguf_make *m, const struct shape *s, const char *key, uint32_t value)
{
    char name[128];
    snprintf(name, sizeof name, "%s.%s", s->arch->name, key);
    make_u32(m, name, value);
}

static void add_eps(struct gguf_make *m, const char *name)
{
    float eps = 1e-6f;
    make_key(m, name, GGUF_F32, &eps, 4);
}

/* A tensor of layer i; rows 0: a vector of n, with a bias of zeros for bert. */
static void add(struct gguf_make *m, const struct shape *s, const struct tensor_format *f, uint32_t i, const char *name,
                uint32_t n, uint32_t rows)
{
    char full[128];
    snprintf(full, sizeof full, "blk.%u.%s.weight", i, name);
    if (rows)
        add_matrix(m, full, f, n, rows);
    else
        add_vector(m, full, n, 1);
    if (s->arch != &arch_bert) return;
    snprintf(full, sizeof full, "blk.%u.%s.bias", i, name);
    add_vector(m, full, rows ? rows : n, 0);
}

static void add_layer(struct gguf_make *m, const struct shape *s, const struct tensor_format *f, uint32_t i)
{
    uint32_t q = s->heads * s->head_dim, kv = s->kv_heads * s->head_dim;
    bool bert = s->arch == &arch_bert;
    add(m, s, f, i, "attn_q", s->dim, q);
    add(m, s, f, i, "attn_k", s->dim, kv);
    add(m, s, f, i, "attn_v", s->dim, kv);
    add(m, s, f, i, "attn_output", q, s->dim);
    add(m, s, f, i, bert ? "attn_output_norm" : "attn_norm", s->dim, 0);
    add(m, s, f, i, bert ? "layer_output_norm" : "ffn_norm", s->dim, 0);
    add(m, s, f, i, "ffn_up", s->dim, s->ffn);
    add(m, s, f, i, "ffn_down", s->ffn, s->dim);
    if (bert) return;
    add(m, s, f, i, "ffn_gate", s->dim, s->ffn);
    add(m, s, f, i, "attn_q_norm", s->head_dim, 0);
    add(m, s, f, i, "attn_k_norm", s->head_dim, 0);
}

static void write_model(const struct shape *s, const struct tensor_format *f, struct buf *out)
{
    struct gguf_make m = {BUF_INIT(1 << 24), BUF_INIT(1 << 24), BUF_INIT((size_t)4 << 30), 0, 0, 0, 0, 0};
    make_str(&m, "general.architecture", s->arch->name);
    add_key(&m, s, "embedding_length", s->dim);
    add_key(&m, s, "block_count", s->layers);
    add_key(&m, s, "feed_forward_length", s->ffn);
    add_key(&m, s, "attention.head_count", s->heads);
    add_key(&m, s, "attention.head_count_kv", s->kv_heads);
    add_key(&m, s, "attention.key_length", s->head_dim);
    add_key(&m, s, "context_length", 512);
    add_key(&m, s, "pooling_type", s->arch == &arch_bert ? 1 : 3);
    add_eps(&m, "bert.attention.layer_norm_epsilon");
    add_eps(&m, "qwen3.attention.layer_norm_rms_epsilon");
    add_matrix(&m, "token_embd.weight", f, s->dim, VOCABULARY);
    if (s->arch == &arch_bert) {
        add_matrix(&m, "position_embd.weight", tensor_format(TENSOR_F32), s->dim, 512);
        add_vector(&m, "token_embd_norm.weight", s->dim, 1);
        add_vector(&m, "token_embd_norm.bias", s->dim, 0);
    } else
        add_vector(&m, "output_norm.weight", s->dim, 1);
    for (uint32_t i = 0; i < s->layers; i++) add_layer(&m, s, f, i);
    make_finish(&m, out);
}

/* ---- measuring ---- */

/* CPU time of all threads: on a shared machine wall time measures the neighbours. */
static uint64_t cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

struct bench {
    const struct embedder *m;
    void **scratch;
    float **out;
    uint32_t ids[MAX_BATCH * MAX_TOKENS];
    size_t starts[MAX_BATCH + 1], texts;
};

static void call(void *arg, size_t i, unsigned worker)
{
    struct bench *b = arg;
    (void)i;
    b->m->arch->embed_batch(b->m, b->scratch[worker], b->ids, b->starts, b->texts, b->out[worker]);
}

static int by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void measure(struct bench *b, const struct shape *s, const char *type, size_t tokens, size_t texts, unsigned threads)
{
    static uint64_t us[MAX_CALLS];
    struct pool *pool = pool_new(threads, 1);
    double weights = (double)s->layers * s->dim *
                     ((2.0 * s->heads + 2 * s->kv_heads) * s->head_dim + (s->arch == &arch_bert ? 2.0 : 3.0) * s->ffn);
    size_t calls = 0, each = threads > 1 ? 2 * threads : 1;
    b->texts = texts;
    for (size_t i = 0; i <= texts; i++) b->starts[i] = i * tokens;
    pool_for(pool, each, call, b);
    for (uint64_t begin = clock_us(); calls < MAX_CALLS && (calls < 5 || clock_us() - begin < MEASURE_US); calls++) {
        uint64_t start = cpu_us();
        pool_for(pool, each, call, b);
        us[calls] = (cpu_us() - start) / threads;
    }
    qsort(us, calls, sizeof *us, by_value);
    double n = (double)(each * texts), best = (double)us[0] / n / 1000, median = (double)us[calls / 2] / n / 1000;
    printf("%s,%s,%s,%zu,%zu,%u,%.3f,%.3f,%.0f,%.0f\n", s->arch->name, type, kernels()->level, tokens, texts, threads, best,
           median, 1000 / best, weights * (double)tokens / best / 1e6);
    fflush(stdout);
    pool_free(pool);
}

int main(int argc, char **argv)
{
    enum { THREADS = 2 };
    const struct shape *s = argc > 1 && !strcmp(argv[1], "qwen3") ? &qwen3 : &e5;
    const struct tensor_format *f = format_named(argc > 2 ? argv[2] : "Q8_0");
    struct buf file = BUF_INIT((size_t)4 << 30);
    struct embedder m = {.arch = s->arch};
    struct errmsg e = {{0}};
    static struct bench b;
    write_model(s, f, &file);
    int rc = gguf_open_memory(&m.file, file.data, file.n, "bench", &e);
    uint64_t start = clock_us();
    if (!rc) rc = s->arch->open(&m, &e);
    if (rc) return fprintf(stderr, "bench_encoder: %s\n", errmsg_text(&e, rc)), 1;
    fprintf(stderr, "opened in %.1f ms\n", (double)(clock_us() - start) / 1000);
    b.m = &m;
    b.scratch = xcalloc(THREADS, sizeof *b.scratch);
    b.out = xcalloc(THREADS, sizeof *b.out);
    for (int i = 0; i < THREADS; i++) {
        b.scratch[i] = s->arch->scratch_new(&m);
        b.out[i] = xmalloc(MAX_BATCH * m.dim * sizeof(float));
    }
    for (size_t i = 0; i < sizeof b.ids / sizeof *b.ids; i++) b.ids[i] = draw() % VOCABULARY;
    puts("model,type,cpu,tokens,batch,threads,best ms per text,median,texts/s,GMAC/s");
    for (unsigned threads = 1; threads <= THREADS; threads++) {
        measure(&b, s, f->name, 16, 1, threads);
        measure(&b, s, f->name, 18, 1, threads);
        measure(&b, s, f->name, 64, 1, threads);
        if (s == &e5) measure(&b, s, f->name, 16, 16, threads);
        if (s == &e5) measure(&b, s, f->name, 64, 8, threads);
        if (s != &e5) measure(&b, s, f->name, 80, 1, threads);
    }
    return 0;
}
