/* A product: one JSON object of a catalogue, checked, with the views of it that the lanes need.
 *
 * The forms of the fields are those of README.md, "Product fields". Checking is strict and says which field is wrong and
 * why; a value is never repaired silently, except that facet values are cut at FACET_MAX bytes, which is reported too. */
#ifndef SOUK_PRODUCT_H
#define SOUK_PRODUCT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "lang/lang.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum { TEXT_MAX_BYTES = 1 << 20, FACET_MAX = 256, IDENTIFIER_MAX = 128, FIELD_NAME_MAX = 128 };

struct product {
    json_t *json;   /* owned */
    const char *id; /* in json */
    size_t id_n;
    bool deleted; /* {"id": .., "deleted": true} */
};

/* Parses and checks one line. On failure *e says the field and the reason (without file and line) and nothing is owned. */
int product_parse(struct product *p, const char *line, size_t n, struct errmsg *e);

/* The same for an object already parsed (ownership of json passes to p, also on failure). partial: --update lines. */
int product_check(struct product *p, json_t *json, struct errmsg *e);
void product_release(struct product *p);

/* Copies the fields that from carries into a deep copy of onto, null deletes a field; attributes merge key by key. */
json_t *product_merge(const json_t *onto, const json_t *from);

/* The text that the embedder sees: title, brand and category unless the title has them, the beginning of the description.
 * Texts in several languages follow each other. */
void product_embed_text(const json_t *product, struct buf *out);

/* Everything that words, identifiers and vector are made of, in a fixed order: hashed to see whether they must be redone. */
void product_text_key(const json_t *product, struct buf *out);

/* ---- views: each calls back once per piece; the text lives as long as the product ---- */

enum text_field { FIELD_TITLE, FIELD_BRAND, FIELD_CATEGORY, FIELD_ATTRIBUTES, FIELD_DESCRIPTION, N_TEXT_FIELDS };
typedef void (*text_visitor)(void *arg, enum text_field field, const char *lang, const char *s, size_t n);
void product_texts(const json_t *product, text_visitor visit, void *arg); /* lang is NULL or the key of a text by language */

typedef void (*identifier_visitor)(void *arg, const char *field, const char *s, size_t n);
void product_identifiers(const json_t *product, identifier_visitor visit, void *arg);

/* Every filterable field: a scalar, or an array of scalars. name is "brand", "attributes.color", ... */
typedef void (*value_visitor)(void *arg, const char *name, const json_t *value);
void product_values(const json_t *product, value_visitor visit, void *arg);

/* The product's language: its hint where it has one (then without a script), else guessed from the title. */
struct language product_language(const json_t *product);

/* An identifier in the form that the index keeps: folded letters and digits only; a GTIN of any length loses its leading
 * zeros. Returns the length, 0 when nothing is left or it is longer than IDENTIFIER_MAX. */
size_t identifier_normalize(const char *s, size_t n, char out[IDENTIFIER_MAX]);

/* True for 8, 12, 13 or 14 digits with a right check digit (GS1), dashes and spaces aside. */
bool identifier_is_gtin(const char *s, size_t n);

#endif
