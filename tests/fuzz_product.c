/* Bytes as a product line: parsed, checked, viewed, merged with itself, written and parsed again. */
#include "indexer/product.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void see_text(void *arg, enum text_field field, const char *lang, const char *s, size_t n)
{
    (void)field, (void)lang;
    buf_add(arg, s, n);
}
static void see_identifier(void *arg, const char *field, const char *s, size_t n)
{
    char out[IDENTIFIER_MAX];
    (void)field;
    if (identifier_normalize(s, n, out) > IDENTIFIER_MAX) abort();
    identifier_is_gtin(s, n);
    (void)arg;
}
static void see_value(void *arg, const char *name, const json_t *value)
{
    (void)value;
    buf_str(arg, name);
}

/* Compact JSON of p: reading and writing it again must change nothing. */
static void round_trip(const json_t *p, struct buf *text)
{
    struct json_writer w = {.out = text};
    struct product again;
    struct buf second = BUF_INIT(64 << 20);
    json_value(&w, p);
    if (product_parse(&again, text->data, text->n, NULL)) abort();
    w = (struct json_writer){.out = &second};
    json_value(&w, again.json);
    if (second.n != text->n || memcmp(second.data, text->data, text->n)) abort();
    product_release(&again);
    buf_release(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct product p;
    struct errmsg e = {0};
    struct buf out = BUF_INIT(64 << 20);
    if (product_parse(&p, (const char *)data, size, &e)) {
        if (!e.text[0]) abort(); /* every refusal has its sentence */
        return 0;
    }
    product_texts(p.json, see_text, &out);
    product_identifiers(p.json, see_identifier, &out);
    product_values(p.json, see_value, &out);
    product_embed_text(p.json, &out);
    product_text_key(p.json, &out);
    product_language(p.json);
    json_t *merged = product_merge(p.json, p.json);
    json_decref(merged);
    buf_clear(&out);
    round_trip(p.json, &out);
    buf_release(&out);
    product_release(&p);
    return 0;
}
