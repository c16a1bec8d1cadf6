/* souk model FILE: what a model file is, and what it costs on this machine. */
#include "base/clock.h"
#include "base/pool.h"
#include "base/utf8.h"
#include "embed/cmd_model.h"
#include "embed/crew.h"
#include "embed/dequant.h"
#include "embed/embed.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>

/* ---- numbers for people ---- */

/* 1234567 -> "1.2 M", up to 999 as it is. */
static const char *short_number(double v, char out[32])
{
    static const char *const units[] = {"", " k", " M", " G", " T"};
    size_t u = 0;
    for (; v >= 999.5 && u + 1 < sizeof units / sizeof *units; u++) v /= 1000;
    snprintf(out, 32, u && v < 99.5 ? "%.1f%s" : "%.0f%s", v, units[u]);
    return out;
}

static const char *short_bytes(double v, char out[32])
{
    short_number(v, out);
    strcat(out, strchr(out, ' ') ? "B" : " B");
    return out;
}

static void row(const char *label, struct gguf_str s, const char *missing)
{
    bool shown = s.n && s.n <= 512 && utf8_valid(s.s, s.n, NULL) && !memchr(s.s, '\033', s.n);
    printf("%-13s %.*s\n", label, shown ? (int)s.n : (int)strlen(missing), shown ? s.s : missing);
}

/* ---- what the file says ---- */

static void show_tensors(const struct gguf *g)
{
    uint32_t counts[256] = {0};
    double numbers = 0;
    char text[32];
    for (size_t i = 0; i < g->n_tensors; i++) {
        counts[g->tensors[i].type < 255 ? g->tensors[i].type : 255]++;
        numbers += (double)gguf_tensor_count(&g->tensors[i]);
    }
    printf("%-13s %s\n%-13s %zu", "parameters", short_number(numbers, text), "tensors", g->n_tensors);
    const char *before = ": ";
    for (uint32_t t = 0; t < 256; t++) {
        if (!counts[t]) continue;
        const struct tensor_format *f = tensor_format(t);
        printf(f ? "%s%u %s" : "%s%u of a type that souk does not know", before, counts[t], f ? f->name : "");
        before = ", ";
    }
    putchar('\n');
}

static void show_vocabulary(const struct gguf *g)
{
    char shown[64];
    const struct gguf_value *tokens = gguf_array(g, "tokenizer.ggml.tokens", GGUF_STRING);
    struct gguf_str model = gguf_string(g, "tokenizer.ggml.model");
    if (tokens)
        printf("%-13s %llu tokens, tokenizer \"%s\"\n", "vocabulary", (unsigned long long)tokens->n, gguf_shown(model, shown));
    else
        printf("%-13s none\n", "vocabulary");
}

static void show_dimension(const struct gguf *g)
{
    char key[128];
    uint32_t dim;
    struct gguf_str arch = gguf_string(g, "general.architecture");
    snprintf(key, sizeof key, "%.*s.embedding_length", arch.n < 64 ? (int)arch.n : 0, arch.n ? arch.s : "");
    if (gguf_u32(g, key, &dim)) printf("%-13s %u\n", "dimension", dim);
}

static void show_file(const struct gguf *g)
{
    char size[32], id[33];
    gguf_content_id(g, id);
    row("name", gguf_string(g, "general.name"), "(none)");
    printf("%-13s %s, %s, GGUF %u\n%-13s %s\n", "file", g->path, short_bytes((double)g->size, size), g->version, "id", id);
    row("architecture", gguf_string(g, "general.architecture"), "(none)");
    row("licence", gguf_string(g, "general.license"), "not stated in the file");
    show_tensors(g);
    show_vocabulary(g);
    show_dimension(g);
}

/* ---- what it costs here ---- */

static const char *const samples[] = {
    "Wireless Bluetooth headphones with noise cancelling, 30h battery",
    "Trekkingrucksack 45 l mit Regenhülle, wasserabweisend, anthrazit",
    "Zapatillas de running para mujer, suela ligera, talla 38",
    "Cafetière italienne en acier inoxydable, 6 tasses, tous feux",
    "携帯電話ケース 手帳型 カード収納 スタンド機能付き",
    "不锈钢保温杯 500ml 便携 防漏 男女通用",
    "หูฟังไร้สาย ตัดเสียงรบกวน กันน้ำ",
    "حقيبة ظهر مدرسية للأطفال مقاومة للماء",
    "Кроссовки мужские беговые, размер 43, чёрные",
    "Su geçirmez erkek kışlık bot, kaymaz taban",
    "Buty trekkingowe damskie, wodoodporne, rozmiar 39",
    "스테인리스 텀블러 500ml 보온 보냉",
    "LED bureaulamp dimbaar met USB-aansluiting, zwart",
    "स्टेनलेस स्टील पानी की बोतल 1 लीटर",
    "Cordless drill 18 V, 2 batteries, 45-piece bit set",
    "red running shoes",
};
enum { SAMPLES = sizeof samples / sizeof *samples, MEASURE_US = 300000, CHUNK_US = 10000, MAX_CHUNK = 256 };

struct bench {
    const struct embedder *m;
    struct crew crew;
    size_t chunk; /* texts in a call */
};

static void bench_one(void *arg, size_t i, unsigned worker)
{
    struct bench *b = arg;
    for (size_t k = 0; k < b->chunk; k++) {
        const char *s = samples[(i + k) % SAMPLES];
        embed_text(b->m, b->crew.scratch[worker], EMBED_DOCUMENT, s, strlen(s), b->crew.vector[worker]);
    }
}

/* Texts a second on this many threads. Models differ a thousandfold in speed: calls grow until one takes a while. */
static double measure(const struct embedder *m, unsigned threads)
{
    struct pool *pool = pool_new(threads, 1);
    struct bench b = {.m = m, .chunk = 1};
    crew_init(&b.crew, m, threads);
    pool_for(pool, threads, bench_one, &b); /* warm up */
    uint64_t start = clock_us(), us = 0, texts = 0;
    do {
        uint64_t before = us;
        pool_for(pool, threads, bench_one, &b);
        texts += threads * b.chunk;
        us = clock_us() - start;
        if (us - before < CHUNK_US && b.chunk < MAX_CHUNK) b.chunk *= 2;
    } while (us < MEASURE_US);
    crew_release(&b.crew);
    pool_free(pool);
    return (double)texts * 1e6 / (double)us;
}

static double tokens_a_sample(const struct embedder *m)
{
    struct embed_scratch *s = embed_scratch_new(m);
    const uint32_t *ids;
    size_t n = 0;
    for (size_t i = 0; i < SAMPLES; i++) n += embed_tokens(m, s, samples[i], strlen(samples[i]), 0, &ids);
    embed_scratch_free(s);
    return (double)n / SAMPLES;
}

static void show_speed(const struct embedder *m)
{
    double tokens = tokens_a_sample(m);
    unsigned all = cpu_count();
    char a[32], b[32];
    for (unsigned threads = 1; threads; threads = threads == 1 && all > 1 ? all : 0) {
        double rate = measure(m, threads);
        printf("%-13s %u thread%s: %s tokens/s, %s texts/s\n", threads == 1 ? "speed here" : "", threads, threads > 1 ? "s" : "",
               short_number(rate * tokens, a), short_number(rate, b));
    }
}

/* Bytes that programs may still take without others being pushed out; 0 when the kernel does not tell. */
static double available_bytes(void)
{
    char line[128];
    unsigned long long kb = 0;
    FILE *f = fopen("/proc/meminfo", "r");
    while (f && !kb && fgets(line, sizeof line, f)) sscanf(line, "MemAvailable: %llu kB", &kb);
    if (f) fclose(f);
    return (double)kb * 1024;
}

static void show_memory(const struct gguf *g, size_t own)
{
    char mapped[32], heap[32], free_now[32];
    double available = available_bytes(), needed = (double)g->size + (double)own;
    printf("%-13s %s mapped (shared by all processes that use it), %s of its own for each process; %s available: %s\n", "memory",
           short_bytes((double)g->size, mapped), short_bytes((double)own, heap), short_bytes(available, free_now),
           needed < available ? "fits" : "does not fit, other programs would be pushed out");
}

static size_t heap_bytes(void)
{
    struct mallinfo2 i = mallinfo2();
    return i.uordblks + i.hblkhd;
}

/* Opens, measures and closes the model; g is the same file. */
static void show_running(const struct gguf *g)
{
    struct embedder *m;
    struct errmsg e = {0};
    size_t before = heap_bytes();
    uint64_t start = clock_us();
    int rc = embed_open(&m, g->path, &e);
    if (rc) {
        printf("%-13s not with this souk: %s\n", "runs", errmsg_text(&e, rc));
        return;
    }
    uint64_t us = clock_us() - start;
    show_memory(g, heap_bytes() - before);
    printf("%-13s %.1f ms\n", "opens in", (double)us / 1000);
    show_speed(m);
    embed_close(m);
}

int model_card(const char *path)
{
    struct gguf *g;
    struct errmsg e = {0};
    int rc = gguf_open(&g, path, &e);
    if (rc) {
        fprintf(stderr, "souk model: %s\n", errmsg_text(&e, rc));
        return 1;
    }
    show_file(g);
    show_running(g);
    gguf_close(g);
    return 0;
}
