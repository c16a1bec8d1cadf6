/* GGUF files: what is read, and that nothing a file claims can hurt. */
#include "base/json.h"
#include "base/mem.h"
#include "tests/gguf_make.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <stdlib.h>

static struct buf tiny(void)
{
    struct gguf_make m = GGUF_MAKE_INIT;
    struct buf file = BUF_INIT(1 << 20);
    make_tiny_model(&m);
    make_finish(&m, &file);
    return file;
}

/* Opens exactly n bytes on the heap, so that a sanitizer sees every step past them; returns the code. */
static int open_copy(const void *bytes, size_t n)
{
    struct gguf *g;
    struct vocab *v;
    struct errmsg e = {0};
    void *copy = n ? xmemdup(bytes, n) : NULL;
    int rc = gguf_open_memory(&g, copy, n, "copy", &e);
    cr_assert_eq(rc != 0, e.text[0] != 0, "a code goes with a sentence, and only then");
    if (!rc) {
        if (vocab_open(&v, g, NULL) == 0) {
            struct vocab_scratch *s = vocab_scratch_new();
            const uint32_t *ids;
            vocab_encode(v, s, " red  shoes[user]aaa</s>\xFF", 24, VOCAB_ADD_SPECIAL, &ids);
            vocab_scratch_free(s);
            vocab_close(v);
        }
        gguf_close(g);
    }
    free(copy);
    return rc;
}

Test(gguf, reads_keys_of_every_type)
{
    struct gguf_make m = GGUF_MAKE_INIT;
    struct buf file = BUF_INIT(1 << 20);
    uint64_t big = 1ull << 40;
    int16_t negative = -7;
    double half = 0.5;
    int32_t list[3] = {4, -5, 6};
    make_key(&m, "u64", GGUF_U64, &big, 8);
    make_key(&m, "i16", GGUF_I16, &negative, 2);
    make_key(&m, "f64", GGUF_F64, &half, 8);
    make_bool(&m, "yes", true);
    make_str(&m, "name", "携帯電話");
    make_array(&m, "list", GGUF_I32, 3, list, sizeof list);
    make_finish(&m, &file);

    struct gguf *g;
    int64_t i = 0;
    uint32_t u = 1;
    cr_assert_eq(gguf_open_memory(&g, file.data, file.n, "memory", NULL), 0);
    cr_assert(gguf_int(g, "u64", &i) && i == 1ll << 40);
    cr_assert(gguf_int(g, "i16", &i) && i == -7);
    cr_assert(!gguf_int(g, "f64", &i), "a float is no integer");
    cr_assert(!gguf_u32(g, "u64", &u) && !gguf_u32(g, "i16", &u) && u == 1, "what does not fit is not cut");
    cr_assert(gguf_bool(g, "yes", false) && gguf_bool(g, "none", true));
    cr_assert(gguf_str_is(gguf_string(g, "name"), "携帯電話"));
    cr_assert_null(gguf_string(g, "list").s);
    cr_assert_eq(gguf_int_at(gguf_array(g, "list", GGUF_I32), 1), -5);
    cr_assert_null(gguf_array(g, "list", GGUF_F32));
    gguf_close(g);
    buf_release(&file);
}

Test(gguf, finds_tensors_and_their_rows)
{
    struct buf file = tiny();
    struct gguf *g;
    cr_assert_eq(gguf_open_memory(&g, file.data, file.n, "memory", NULL), 0);
    const struct gguf_tensor *t = gguf_tensor(g, "token_embd.weight");
    cr_assert(t && t->type == TENSOR_I8 && t->ne[0] == 4 && gguf_tensor_rows(t) == TINY_N);
    cr_assert_eq((int8_t)t->data[4 * TINY_RED], 3);
    cr_assert_null(gguf_tensor(g, "token_embd"));
    gguf_close(g);
    buf_release(&file);
}

Test(gguf, content_id_follows_metadata_and_data)
{
    struct buf file = tiny();
    char ids[3][33];
    for (int i = 0; i < 3; i++) {
        struct gguf *g;
        if (i == 1) file.data[file.n - 1] ^= 1;
        if (i == 2) *(char *)memmem(file.data, file.n, "tiny", 4) = 'T';
        cr_assert_eq(gguf_open_memory(&g, file.data, file.n, "memory", NULL), 0);
        gguf_content_id(g, ids[i]);
        gguf_close(g);
    }
    cr_assert(strlen(ids[0]) == 32 && strcmp(ids[0], ids[1]) && strcmp(ids[1], ids[2]) && strcmp(ids[0], ids[2]));
    buf_release(&file);
}

/* ---- files that lie ---- */

static void no_lie(struct gguf_make *m)
{
    (void)m;
}
static void version_2(struct gguf_make *m)
{
    m->lie_version = 2;
}
static void version_1(struct gguf_make *m)
{
    m->lie_version = 1;
}
static void big_endian(struct gguf_make *m)
{
    m->lie_version = 3u << 24;
}
static void many_keys(struct gguf_make *m)
{
    m->lie_keys = 1ull << 63;
}
static void many_tensors(struct gguf_make *m)
{
    m->lie_tensors = 1ull << 63;
}
static void one_key_more(struct gguf_make *m)
{
    m->lie_keys = m->n_keys + 1;
}
static void unknown_type(struct gguf_make *m)
{
    make_key(m, "odd", 13, "xxxxxxxx", 8);
}
static void long_array(struct gguf_make *m)
{
    make_array(m, "long", GGUF_F64, 1ull << 61, "xxxxxxxx", 8);
}
static void long_strings(struct gguf_make *m)
{
    make_array(m, "long", GGUF_STRING, 1ull << 60, "xxxxxxxx", 8);
}
static void long_string(struct gguf_make *m)
{
    uint64_t n = UINT64_MAX - 3;
    make_key(m, "long", GGUF_STRING, &n, 8);
}
static void deep_arrays(struct gguf_make *m)
{
    struct buf b = BUF_INIT(1 << 20);
    for (int i = 0; i < 5000; i++) buf_add(&b, (uint8_t[]){GGUF_ARRAY, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}, 12);
    make_key(m, "deep", GGUF_ARRAY, b.data, b.n);
    buf_release(&b);
}
static void alignment_0(struct gguf_make *m)
{
    make_u32(m, "general.alignment", 0);
}
static void alignment_3(struct gguf_make *m)
{
    make_u32(m, "general.alignment", 3);
}
static void dims_0(struct gguf_make *m)
{
    make_raw_tensor(m, "bad", 0, NULL, TENSOR_F32, 0);
}
static void dims_5(struct gguf_make *m)
{
    make_raw_tensor(m, "bad", 5, (uint64_t[5]){1, 1, 1, 1, 1}, TENSOR_F32, 0);
}
static void dim_empty(struct gguf_make *m)
{
    make_raw_tensor(m, "bad", 2, (uint64_t[2]){4, 0}, TENSOR_F32, 0);
}
static void dims_overflow(struct gguf_make *m)
{
    make_raw_tensor(m, "bad", 3, (uint64_t[3]){1ull << 32, 1ull << 32, 1ull << 32}, TENSOR_F32, 0);
}
static void bytes_overflow(struct gguf_make *m)
{
    make_raw_tensor(m, "bad", 1, (uint64_t[1]){1ull << 62}, TENSOR_F32, 0);
}
static void half_block(struct gguf_make *m)
{
    make_raw_tensor(m, "bad", 1, (uint64_t[1]){33}, TENSOR_Q8_0, 0);
}
static void misaligned(struct gguf_make *m)
{
    make_raw_tensor(m, "bad", 1, (uint64_t[1]){1}, TENSOR_I8, 33);
}
static void far_offset(struct gguf_make *m)
{
    make_raw_tensor(m, "bad", 1, (uint64_t[1]){1}, TENSOR_I8, UINT64_MAX - 31);
}
static void too_long(struct gguf_make *m)
{
    make_raw_tensor(m, "bad", 1, (uint64_t[1]){1 << 20}, TENSOR_I8, 32);
}
static void overlap(struct gguf_make *m)
{
    make_raw_tensor(m, "bad", 1, (uint64_t[1]){8}, TENSOR_I8, 64);
}
static void unknown_tensor(struct gguf_make *m)
{
    make_raw_tensor(m, "new", 1, (uint64_t[1]){8}, 99, 0);
}
static void key_with_escape(struct gguf_make *m)
{
    make_key(m, "\033[2J", 77, "", 0);
}

static const struct lie {
    const char *name;
    void (*tell)(struct gguf_make *m);
    int rc;
    const char *says;
} lies[] = {
    {"nothing wrong", no_lie, 0, ""},
    {"version 2", version_2, 0, ""},
    {"version 1", version_1, ERR_UNSUPPORTED, "version 1"},
    {"big endian", big_endian, ERR_UNSUPPORTED, "big-endian"},
    {"2^63 keys", many_keys, ERR_FORMAT, "cannot hold"},
    {"2^63 tensors", many_tensors, ERR_FORMAT, "cannot hold"},
    {"one key more", one_key_more, ERR_FORMAT, ""},
    {"unknown value type", unknown_type, ERR_FORMAT, "unknown type 13"},
    {"array of 2^61", long_array, ERR_FORMAT, "\"long\" does not fit"},
    {"2^60 strings", long_strings, ERR_FORMAT, "\"long\" does not fit"},
    {"string of 2^64", long_string, ERR_FORMAT, "\"long\" does not fit"},
    {"arrays in arrays", deep_arrays, ERR_FORMAT, "\"deep\""},
    {"alignment 0", alignment_0, ERR_FORMAT, "general.alignment is 0"},
    {"alignment 3", alignment_3, ERR_FORMAT, "general.alignment is 3"},
    {"no dimensions", dims_0, ERR_FORMAT, "1 to 4 dimensions"},
    {"five dimensions", dims_5, ERR_FORMAT, "1 to 4 dimensions"},
    {"an empty dimension", dim_empty, ERR_FORMAT, "impossible"},
    {"2^96 numbers", dims_overflow, ERR_FORMAT, "impossible"},
    {"2^64 bytes", bytes_overflow, ERR_FORMAT, "impossible"},
    {"half a block", half_block, ERR_FORMAT, "whole number of blocks"},
    {"misaligned", misaligned, ERR_FORMAT, "not aligned"},
    {"far offset", far_offset, ERR_FORMAT, "does not fit"},
    {"longer than the file", too_long, ERR_FORMAT, "does not fit"},
    {"overlap", overlap, ERR_FORMAT, "overlaps"},
    {"unknown tensor type", unknown_tensor, 0, ""},
    {"escape in a key", key_with_escape, ERR_FORMAT, "\"?[2J\""},
};
enum { LIES = sizeof lies / sizeof *lies };

/* Criterion starts a new process for each parameter, where pointers made here mean nothing: it gets the row's number. */
ParameterizedTestParameters(gguf, hostile_file_gets_a_code_and_a_sentence)
{
    static size_t rows[LIES];
    for (size_t i = 0; i < LIES; i++) rows[i] = i;
    return cr_make_param_array(size_t, rows, LIES);
}

ParameterizedTest(size_t *row, gguf, hostile_file_gets_a_code_and_a_sentence)
{
    const struct lie *l = &lies[*row];
    struct gguf_make m = GGUF_MAKE_INIT;
    struct buf file = BUF_INIT(1 << 20);
    struct gguf *g;
    struct errmsg e = {0};
    make_tiny_model(&m);
    l->tell(&m);
    make_finish(&m, &file);
    int rc = gguf_open_memory(&g, file.data, file.n, "shop.gguf", &e);
    cr_assert_eq(rc, l->rc, "%s: code %d: %s", l->name, rc, e.text);
    if (rc) {
        cr_assert(strstr(e.text, "shop.gguf: ") == e.text && strstr(e.text, l->says), "%s: says %s", l->name, e.text);
    } else {
        gguf_close(g);
    }
    buf_release(&file);
}

Test(gguf, file_cut_anywhere_is_refused)
{
    struct buf file = tiny();
    for (size_t n = 0; n < file.n; n++) cr_assert_neq(open_copy(file.data, n), 0, "%zu of %zu bytes", n, file.n);
    cr_assert_eq(open_copy(file.data, file.n), 0);
    buf_release(&file);
}

Test(gguf, any_byte_may_be_wrong)
{
    static const uint8_t flips[] = {0x01, 0x80, 0xFF, 0x40};
    struct buf file = tiny();
    for (size_t i = 0; i < file.n; i++)
        for (size_t f = 0; f < sizeof flips; f++) {
            file.data[i] ^= (char)flips[f];
            open_copy(file.data, file.n);
            file.data[i] ^= (char)flips[f];
        }
    buf_release(&file);
}

Test(gguf, missing_file_and_folder_are_named)
{
    struct gguf *g;
    struct errmsg e = {0}, f = {0};
    cr_assert_eq(gguf_open(&g, "/nowhere/model.gguf", &e), ENOENT);
    cr_assert(strstr(e.text, "/nowhere/model.gguf"));
    cr_assert_eq(gguf_open(&g, "/", &f), ERR_FORMAT);
}

/* ---- tensor formats ---- */

static uint8_t *unhex(const char *s, size_t *n)
{
    *n = strlen(s) / 2;
    uint8_t *p = xmalloc(*n);
    for (size_t i = 0; i < *n; i++) sscanf(s + 2 * i, "%2hhx", &p[i]);
    return p;
}

static const struct tensor_format *format_named(const char *name)
{
    for (uint32_t t = 0; t < 64; t++) {
        const struct tensor_format *f = tensor_format(t);
        if (f && !strcmp(f->name, name)) return f;
    }
    return NULL;
}

/* Needs the reference blocks: SOUK_FIXTURES=folder with quant_blocks.json. */
Test(dequant, blocks_unpack_to_the_reference_bit_for_bit)
{
    const char *folder = getenv("SOUK_FIXTURES"), *name;
    if (!folder) cr_skip_test("SOUK_FIXTURES is not set");
    char *path = xasprintf("%s/quant_blocks.json", folder);
    json_t *all = json_load_file(path, 0, NULL), *x;
    cr_assert_not_null(all, "%s", path);
    json_object_foreach(all, name, x)
    {
        size_t n_blocks, n_values;
        uint8_t *blocks = unhex(json_string_value(json_object_get(x, "blocks_hex")), &n_blocks);
        uint8_t *values = unhex(json_string_value(json_object_get(x, "values_f32_hex")), &n_values);
        const struct tensor_format *f = format_named(name);
        cr_assert_not_null(f, "%s", name);
        float *out = xmalloc(n_values);
        cr_assert_eq(tensor_row_bytes(f, n_values / 4), n_blocks, "%s", name);
        f->unpack(blocks, out, n_values / 4);
        cr_assert_eq(memcmp(out, values, n_values), 0, "%s", name);
        free(out);
        free(blocks);
        free(values);
    }
    json_decref(all);
    free(path);
}

Test(dequant, small_blocks_by_hand)
{
    float out[32];
    uint8_t q4[18] = {0x00, 0x40, 0x98}; /* d = 2; first byte: low 8, high 9 */
    uint8_t q8[34] = {0x00, 0x38, 0x80}; /* d = 0.5; first number -128 */
    tensor_format(TENSOR_Q4_0)->unpack(q4, out, 32);
    cr_assert(out[0] == 0 && out[16] == 2 && out[1] == -16);
    tensor_format(TENSOR_Q8_0)->unpack(q8, out, 32);
    cr_assert(out[0] == -64 && out[1] == 0);
}
