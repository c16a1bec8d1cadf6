/* main() of a fuzz target that is built without a fuzzing engine: every saved input, and mutations of it, go to
 * LLVMFuzzerTestOneInput, so that each fuzz target is a unit test as well.
 *
 *     build/release/tests/fuzz_http                       tests/corpus/http, and the built-in inputs below
 *     build/release/tests/fuzz_http crash-2f0c...         what a fuzzer found, as it is
 *
 * The mutations of an input are its prefixes, and copies with one to four places changed: to a byte that is often a limit, to
 * a random one, or by cutting some bytes out or writing some twice. They depend on nothing but the input, and their number is
 * bounded by its size, so that a run takes seconds and says the same each time. What they cannot reach is libFuzzer's job
 * (make fuzz). Before each input its name and number are written to a shared line that is printed when the target dies. */
#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum {
    PREFIXES = 64,         /* of each input, evenly spaced */
    MUTATIONS = 400,       /* of each input, fewer when it is large: */
    BYTES = 8 << 20,       /* what all mutations of an input may have together */
    INPUT_MAX = 256 << 20, /* of a file */
};

static char now[512]; /* what is being run */
static unsigned long n_run;

static void die(int sig)
{
    ssize_t ignored = write(2, now, strlen(now));
    (void)ignored;
    signal(sig, SIG_DFL);
    raise(sig);
}

/* In memory of exactly this size, so that a sanitizer sees a read behind it. */
static void run(const char *name, const char *how, unsigned number, const uint8_t *p, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1);
    if (!copy) abort();
    if (n) memcpy(copy, p, n);
    snprintf(now, sizeof now, "fuzz_replay: died at %s, %s %u\n", name, how, number);
    LLVMFuzzerTestOneInput(copy, n);
    n_run++;
    free(copy);
}

/* ---- mutations ---- */

static uint64_t random_state;

static uint32_t random_below(uint32_t n)
{
    random_state ^= random_state << 13; /* Marsaglia's xorshift64 */
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 32) % n;
}

/* Changes p, which has room for 2n + 16 bytes; returns the new length. */
static size_t mutate(uint8_t *p, size_t n)
{
    static const uint8_t limits[] = {0, 1, 0x7f, 0x80, 0xff, '"', '\\', '\n', ' ', '{', '[', '-', '9'};
    if (!n) return p[0] = limits[random_below(sizeof limits)], 1;
    size_t at = random_below((uint32_t)n), len = 1 + random_below((uint32_t)(n - at < 16 ? n - at : 16));
    switch (random_below(5)) {
    case 0: p[at] = limits[random_below(sizeof limits)]; return n;
    case 1: p[at] = (uint8_t)random_below(256); return n;
    case 2: p[at] ^= (uint8_t)(1u << random_below(8)); return n;
    case 3: memmove(p + at, p + at + len, n - at - len); return n - len;
    default: memmove(p + at + len, p + at, n - at); return n + len;
    }
}

static void run_mutations(const char *name, const uint8_t *p, size_t n)
{
    uint8_t *copy = malloc(2 * n + 16 * 4 + 16);
    if (!copy) abort();
    random_state = 0x9e3779b97f4a7c15u ^ n;
    for (unsigned i = 0; i < PREFIXES && i < n; i++) run(name, "prefix", i, p, n < PREFIXES ? i : n / PREFIXES * i);
    size_t count = n ? BYTES / n : MUTATIONS;
    for (unsigned i = 0; i < count && i < MUTATIONS; i++) {
        size_t len = n;
        if (n) memcpy(copy, p, n);
        for (unsigned k = 1 + random_below(4); k; k--) len = mutate(copy, len);
        run(name, "mutation", i, copy, len);
    }
    free(copy);
}

/* ---- files and folders ---- */

static void run_file(const char *path, bool mutations)
{
    struct stat st;
    FILE *f = fopen(path, "rb");
    if (!f || fstat(fileno(f), &st) || st.st_size > INPUT_MAX) {
        fprintf(stderr, "fuzz_replay: %s cannot be read\n", path);
        exit(2);
    }
    size_t n = (size_t)st.st_size;
    uint8_t *p = malloc(n + 1);
    if (!p || fread(p, 1, n, f) != n) abort();
    fclose(f);
    run(path, "as it is", 0, p, n);
    if (mutations) run_mutations(path, p, n);
    free(p);
}

static int is_visible(const struct dirent *d)
{
    return d->d_name[0] != '.';
}

static void run_path(const char *path, bool mutations)
{
    struct dirent **names;
    struct stat st;
    if (stat(path, &st) || !S_ISDIR(st.st_mode)) {
        run_file(path, mutations);
        return;
    }
    int n = scandir(path, &names, is_visible, alphasort);
    for (int i = 0; i < n; i++) {
        char *child;
        if (asprintf(&child, "%s/%s", path, names[i]->d_name) < 0) abort();
        run_path(child, mutations);
        free(child);
        free(names[i]);
    }
    if (n >= 0) free(names);
}

/* Inputs that need no file: nothing, and bytes of all kinds. */
static void run_built_in(void)
{
    uint8_t p[256];
    run("the empty input", "as it is", 0, p, 0);
    for (unsigned i = 0; i < sizeof p; i++) p[i] = (uint8_t)i;
    run_mutations("the bytes 0 to 255", p, sizeof p);
}

int main(int argc, char **argv)
{
    static const int deadly[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    for (unsigned i = 0; i < sizeof deadly / sizeof deadly[0]; i++) {
        struct sigaction old;
        if (sigaction(deadly[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL) signal(deadly[i], die); /* not a sanitizer's */
    }
    for (int i = 1; i < argc; i++) run_path(argv[i], false);
    if (argc < 2) {
        const char *target = strstr(argv[0], "fuzz_");
        char corpus[256];
        while (target && strstr(target + 1, "fuzz_")) target = strstr(target + 1, "fuzz_");
        snprintf(corpus, sizeof corpus, "tests/corpus/%s", target ? target + 5 : "");
        run_built_in();
        if (target && access(corpus, R_OK) == 0) run_path(corpus, true);
    }
    printf("%lu inputs\n", n_run);
    return 0;
}
