/* Every kernel of every level that this CPU has, against plain C: the idea of dav1d's checkasm.
 *
 * Lengths 0..70, then odd ones to 1030 (every tail of every vector width); pointers moved off alignment by 0..2 elements; numbers
 * random or pinned to the extremes. Integer kernels must agree to the bit, float kernels within the tolerance that kernel.h
 * promises. What fails is printed with level, length, offset and seed; SOUK_SEED=number repeats it. */
#include "base/cpu.h"
#include "base/kernel.h"
#include "base/mem.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_N = 1030, MAX_OFFSET = 2, MAX_ROWS = 41, GUARD = 64 };

static const double tolerance = 0x1p-22; /* times n, of the sum of absolute products */

/* ---- what is tried ---- */

struct trial {
    struct kernels ref, k;
    size_t n, offset;
    uint64_t seed, state;
    int pinned; /* 0 random, 1 all lowest, 2 all highest, 3 lowest against highest */
};

static uint64_t next(struct trial *t)
{
    uint64_t x = t->state += 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

static int8_t draw_i8(struct trial *t, bool second)
{
    if (!t->pinned) return (int8_t)next(t);
    return t->pinned == 1 || (t->pinned == 3 && second) ? -128 : 127;
}

static float draw_f32(struct trial *t, bool second)
{
    if (!t->pinned) return ((float)(next(t) >> 40) * 0x1p-23f - 1) * 4;
    return t->pinned == 1 || (t->pinned == 3 && second) ? -1000 : 1000;
}

static void fail(const struct trial *t, const char *kernel, const char *how)
{
    cr_assert(false, "%s of level %s differs %s: n %zu, offset %zu, pinned %d, SOUK_SEED=%llu", kernel, t->k.level, how, t->n,
              t->offset, t->pinned, (unsigned long long)t->seed);
}

static void for_lengths(struct trial *t, void (*check)(struct trial *))
{
    for (t->n = 0; t->n <= MAX_N; t->n += t->n < 70 ? 1 : 1 + 2 * (t->n % 7) + (t->n & 1))
        for (t->offset = 0; t->offset <= MAX_OFFSET; t->offset++)
            for (t->pinned = 0; t->pinned < 4; t->pinned++) check(t);
}

/* Steps down from all that the CPU has to nothing, one level at a time. */
static void for_levels(void (*check)(struct trial *))
{
    const char *seed = getenv("SOUK_SEED");
    unsigned all = cpu_flags(), flags = all;
    for (;;) {
        struct trial t = {.seed = seed ? strtoull(seed, NULL, 10) : 42};
        t.state = t.seed;
        kernels_init(&t.ref, 0);
        kernels_init(&t.k, flags);
        cr_assert_str_eq(t.k.level, cpu_level(flags));
        for_lengths(&t, check);
        if (!flags) break;
        flags &= ~(1u << (31 - __builtin_clz(flags)));
    }
}

/* A copy of n elements at an address that is `offset` elements off alignment; sanitizers see reads past its end. */
static void *place(const struct trial *t, const void *from, size_t size, void **whole)
{
    *whole = xmalloc((t->n + t->offset) * size);
    return memcpy((char *)*whole + t->offset * size, from, t->n * size);
}

/* ---- int8 ---- */

static void check_dot_i8(struct trial *t)
{
    int8_t a[MAX_N + 1], b[MAX_N + 1];
    void *x, *y;
    for (size_t i = 0; i < t->n; i++) a[i] = draw_i8(t, false), b[i] = draw_i8(t, true);
    const int8_t *p = place(t, a, 1, &x), *q = place(t, b, 1, &y);
    if (t->k.dot_i8(p, q, t->n) != t->ref.dot_i8(a, b, t->n)) fail(t, "dot_i8", "");
    if (t->k.dot_i8(q, p, t->n) != t->ref.dot_i8(a, b, t->n)) fail(t, "dot_i8", "the other way round");
    free(x);
    free(y);
}

Test(kernel, dot_i8_is_exact)
{
    for_levels(check_dot_i8);
}

static void check_dot_i8_rows(struct trial *t)
{
    int8_t q[MAX_N + 1], row[MAX_N + 1];
    const int8_t *rows[MAX_ROWS] = {NULL};
    void *whole[MAX_ROWS];
    int32_t out[MAX_ROWS + 1], want[MAX_ROWS];
    size_t n_rows = next(t) % (MAX_ROWS + 1);
    for (size_t i = 0; i < t->n; i++) q[i] = draw_i8(t, false);
    for (size_t r = 0; r < n_rows; r++) {
        for (size_t i = 0; i < t->n; i++) row[i] = draw_i8(t, true);
        rows[r] = place(t, row, 1, &whole[r]);
        want[r] = t->ref.dot_i8(q, row, t->n);
    }
    out[n_rows] = 12345;
    t->k.dot_i8_rows(q, rows, n_rows, t->n, out);
    if (memcmp(out, want, n_rows * sizeof *out) != 0) fail(t, "dot_i8_rows", "");
    if (out[n_rows] != 12345) fail(t, "dot_i8_rows", "behind its output");
    for (size_t r = 0; r < n_rows; r++) free(whole[r]);
}

Test(kernel, dot_i8_rows_is_exact)
{
    for_levels(check_dot_i8_rows);
}

/* ---- float ---- */

static void check_dot_f32(struct trial *t)
{
    float a[MAX_N + 1], b[MAX_N + 1];
    void *x, *y;
    double sum = 0, size = 0;
    for (size_t i = 0; i < t->n; i++) {
        a[i] = draw_f32(t, false);
        b[i] = draw_f32(t, true);
        sum += (double)a[i] * b[i];
        size += fabs((double)a[i] * b[i]);
    }
    float got = t->k.dot_f32(place(t, a, 4, &x), place(t, b, 4, &y), t->n);
    if (!(fabs(got - sum) <= (double)t->n * tolerance * size)) fail(t, "dot_f32", "");
    free(x);
    free(y);
}

Test(kernel, dot_f32_is_within_tolerance)
{
    for_levels(check_dot_f32);
}

static void check_dot_f16(struct trial *t)
{
    float a[MAX_N + 1], b[MAX_N + 1];
    uint16_t h[MAX_N + 1];
    void *x, *y;
    double sum = 0, size = 0;
    for (size_t i = 0; i < t->n; i++) a[i] = draw_f32(t, false), b[i] = draw_f32(t, true);
    t->ref.to_f16(b, h, t->n);
    t->ref.from_f16(h, b, t->n);
    for (size_t i = 0; i < t->n; i++) {
        sum += (double)a[i] * b[i];
        size += fabs((double)a[i] * b[i]);
    }
    float got = t->k.dot_f16(place(t, a, 4, &x), place(t, h, 2, &y), t->n);
    if (!(fabs(got - sum) <= (double)t->n * tolerance * size)) fail(t, "dot_f16", "");
    free(x);
    free(y);
}

Test(kernel, dot_f16_is_within_tolerance)
{
    for_levels(check_dot_f16);
}

static void check_add_i8(struct trial *t)
{
    float acc[MAX_N + GUARD], before[MAX_N + GUARD], scale = draw_f32(t, false);
    int8_t row[MAX_N + 1];
    void *x;
    for (size_t i = 0; i < t->n; i++) row[i] = draw_i8(t, false);
    for (size_t i = 0; i < t->n + GUARD; i++) acc[i] = before[i] = draw_f32(t, true);
    t->k.add_i8(acc, place(t, row, 1, &x), scale, t->n);
    for (size_t i = 0; i < t->n; i++) {
        double want = before[i] + (double)scale * row[i], size = fabs(before[i]) + fabs((double)scale * row[i]);
        if (!(fabs(acc[i] - want) <= tolerance * size)) fail(t, "add_i8", "");
    }
    if (memcmp(acc + t->n, before + t->n, GUARD * sizeof *acc) != 0) fail(t, "add_i8", "behind its output");
    free(x);
}

Test(kernel, add_i8_is_within_tolerance)
{
    for_levels(check_add_i8);
}

/* ---- half numbers ---- */

static void check_conversion_lengths(struct trial *t)
{
    float f[MAX_N + GUARD], back[MAX_N + GUARD] = {0}, want[MAX_N + 1];
    uint16_t h[MAX_N + GUARD] = {0}, ref[MAX_N + 1];
    for (size_t i = 0; i < t->n; i++) f[i] = draw_f32(t, false);
    t->ref.to_f16(f, ref, t->n);
    t->ref.from_f16(ref, want, t->n);
    t->k.to_f16(f, h, t->n);
    t->k.from_f16(h, back, t->n);
    if (memcmp(h, ref, t->n * sizeof *h) != 0) fail(t, "to_f16", "");
    if (memcmp(back, want, t->n * sizeof *back) != 0) fail(t, "from_f16", "");
    for (size_t i = t->n; i < t->n + GUARD && i < MAX_N + GUARD; i++)
        if (h[i] || back[i] != 0) fail(t, "to_f16 or from_f16", "behind its output");
}

Test(kernel, half_conversions_of_every_length)
{
    for_levels(check_conversion_lengths);
}

static bool is_nan(uint32_t h)
{
    return (h & 0x7FFF) > 0x7C00;
}

/* All 65,536 halfs to float and back: the same half, or a NaN for a NaN. And each float halfway between two neighbours, and a
 * hair to either side of it: to the even one, or to the nearer. */
static void check_all_halfs(const struct kernels *k, const struct kernels *ref)
{
    enum { ALL = 65536 };
    static uint16_t in[ALL], out[ALL], plain[ALL];
    static float wide[ALL], moved[ALL];
    for (uint32_t h = 0; h < ALL; h++) in[h] = (uint16_t)h;
    k->from_f16(in, wide, ALL);
    k->to_f16(wide, out, ALL);
    for (uint32_t h = 0; h < ALL; h++) {
        cr_assert(is_nan(h) ? is_nan(out[h]) : out[h] == h, "half %04x came back as %04x on level %s", h, out[h], k->level);
        cr_assert(is_nan(h) ||
                      wide[h] == (h & 0x8000 ? -1 : 1) * ldexp(h & 0x7C00 ? 1024 + (h & 1023) : h & 1023,
                                                               (h & 0x7C00 ? (int)(h >> 10 & 31) : 1) - 25) ||
                      isinf(wide[h]),
                  "half %04x is %a on level %s", h, (double)wide[h], k->level);
    }
    for (int side = -1; side <= 1; side++) {
        for (uint32_t h = 0; h < ALL - 1; h++) {
            float middle = wide[h] / 2 + wide[h + 1] / 2;
            moved[h] = side ? nextafterf(middle, side * INFINITY) : middle;
        }
        k->to_f16(moved, out, ALL);
        ref->to_f16(moved, plain, ALL);
        for (uint32_t h = 0; h < ALL - 1; h++) {
            if (is_nan(h) || is_nan(h + 1) || isnan(moved[h])) continue;
            cr_assert_eq(out[h], plain[h], "%a becomes %04x, not %04x, on level %s", (double)moved[h], out[h], plain[h],
                         k->level);
            bool up = h & 0x8000 ? side < 0 : side > 0; /* away from zero */
            if ((h & 0x7C00) < 0x7800) cr_assert_eq(out[h], side ? h + up : h + (h & 1), "rounding next to %04x", h);
        }
    }
}

Test(kernel, half_conversions_of_every_number)
{
    struct kernels k, ref;
    kernels_init(&ref, 0);
    check_all_halfs(&ref, &ref);
    kernels_init(&k, cpu_flags());
    check_all_halfs(&k, &ref);
}

/* ---- the table ---- */

Test(kernel, masks_step_down)
{
    unsigned all = cpu_flags();
    cpu_mask(0);
    cr_assert_eq(cpu_flags(), 0u);
    cr_assert_str_eq(cpu_level(cpu_flags()), "c");
    cpu_mask(~0u);
    cr_assert_eq(cpu_flags(), all);
}
