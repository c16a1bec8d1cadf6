#include "indexer/product.h"

#include "base/utf8.h"
#include "indexer/store.h"

#include <stdio.h>
#include <string.h>

/* ---- checking ---- */

enum kind { STRING, STRINGS, NUMBER, TEXT, ATTRIBUTES, AVAILABILITY, CATEGORY, FLAG };

static const struct {
    const char *name;
    enum kind kind;
} known[] = {
    {"title", TEXT},
    {"description", TEXT},
    {"brand", STRING},
    {"category", CATEGORY},
    {"price", NUMBER},
    {"list_price", NUMBER},
    {"currency", STRING},
    {"popularity", NUMBER},
    {"availability", AVAILABILITY},
    {"gtin", STRINGS},
    {"ean", STRINGS},
    {"upc", STRINGS},
    {"isbn", STRINGS},
    {"sku", STRINGS},
    {"mpn", STRINGS},
    {"image", STRINGS},
    {"url", STRING},
    {"lang", STRING},
    {"group", STRING},
    {"attributes", ATTRIBUTES},
    {"deleted", FLAG},
};
enum { N_KNOWN = sizeof known / sizeof known[0] };

static const char *type_name(const json_t *v)
{
    static const char *const names[] = {"an object", "an array", "a string", "a number", "a number", "true", "false", "null"};
    return names[json_typeof(v)];
}

static int wrong(const char *field, const char *want, const json_t *v, struct errmsg *e)
{
    if (json_is_string(v))
        return errmsg_set(e, ERR_INPUT, "\"%s\" must be %s, not the string \"%.40s\"", field, want, json_string_value(v));
    return errmsg_set(e, ERR_INPUT, "\"%s\" must be %s, not %s", field, want, type_name(v));
}

static int check_size(const char *field, const json_t *v, struct errmsg *e)
{
    size_t n = json_string_length(v);
    if (n <= TEXT_MAX_BYTES) return 0;
    return errmsg_set(e, ERR_TOO_BIG, "\"%s\" has %zu bytes, at most %d are allowed", field, n, TEXT_MAX_BYTES);
}

static int check_string(const char *field, const json_t *v, struct errmsg *e)
{
    return json_is_string(v) ? check_size(field, v, e) : wrong(field, "a string", v, e);
}

static int check_strings(const char *field, const char *want, const json_t *v, struct errmsg *e)
{
    if (json_is_string(v)) return check_size(field, v, e);
    if (!json_is_array(v)) return wrong(field, want, v, e);
    for (size_t i = 0; i < json_array_size(v); i++) {
        const json_t *item = json_array_get(v, i);
        int rc = json_is_string(item) ? check_size(field, item, e) : wrong(field, want, item, e);
        if (rc) return rc;
    }
    return 0;
}

static int check_text(const char *field, const json_t *v, struct errmsg *e)
{
    const char *lang;
    json_t *item;
    if (!json_is_object(v))
        return json_is_string(v) ? check_size(field, v, e) : wrong(field, "a string or an object by language", v, e);
    json_object_foreach((json_t *)v, lang, item)
    {
        if (!json_is_string(item))
            return errmsg_set(e, ERR_INPUT, "\"%s\".\"%.20s\" must be a string, not %s", field, lang, type_name(item));
        int rc = check_size(field, item, e);
        if (rc) return rc;
    }
    return 0;
}

/* A name is part of keys in the store, which are short. */
static int check_names(const json_t *object, struct errmsg *e)
{
    const char *key;
    json_t *item;
    json_object_foreach((json_t *)object, key, item)
    {
        if (strlen(key) > FIELD_NAME_MAX)
            return errmsg_set(e, ERR_TOO_BIG, "the name of field \"%.40s...\" is longer than %d bytes", key, FIELD_NAME_MAX);
    }
    return 0;
}

static int check_attributes(const json_t *v, struct errmsg *e)
{
    const char *key;
    json_t *item;
    if (!json_is_object(v)) return wrong("attributes", "an object", v, e);
    int rc = check_names(v, e);
    if (rc) return rc;
    json_object_foreach((json_t *)v, key, item)
    {
        bool good = json_is_scalar(item) || json_is_null(item) || json_is_array(item);
        for (size_t i = 0; good && json_is_array(item) && i < json_array_size(item); i++)
            good = json_is_scalar(json_array_get(item, i));
        if (!good)
            return errmsg_set(e, ERR_INPUT, "\"attributes.%.60s\" must be a string, a number, a boolean or an array of these",
                              key);
        if (json_is_string(item) && check_size(key, item, e)) return ERR_TOO_BIG;
    }
    return 0;
}

static int check_availability(const json_t *v, struct errmsg *e)
{
    const char *s = json_string_value(v);
    if (s && (!strcmp(s, "in_stock") || !strcmp(s, "out_of_stock") || !strcmp(s, "preorder"))) return 0;
    return wrong("availability", "\"in_stock\", \"out_of_stock\" or \"preorder\"", v, e);
}

static int check_field(const char *name, enum kind kind, const json_t *v, struct errmsg *e)
{
    switch (kind) {
    case STRING: return check_string(name, v, e);
    case STRINGS: return check_strings(name, "a string or an array of strings", v, e);
    case CATEGORY: return check_strings(name, "a path like \"A > B > C\" or an array of strings", v, e);
    case TEXT: return check_text(name, v, e);
    case NUMBER: return json_is_number(v) ? 0 : wrong(name, "a number", v, e);
    case ATTRIBUTES: return check_attributes(v, e);
    case AVAILABILITY: return check_availability(v, e);
    case FLAG: return json_is_boolean(v) ? 0 : wrong(name, "true or false", v, e);
    }
    return 0;
}

static int check_id(struct product *p, struct errmsg *e)
{
    const json_t *id = json_object_get(p->json, "id");
    if (!id) return errmsg_set(e, ERR_INPUT, "\"id\" is missing");
    if (!json_is_string(id)) return wrong("id", "a string", id, e);
    p->id = json_string_value(id);
    p->id_n = json_string_length(id);
    if (!p->id_n) return errmsg_set(e, ERR_INPUT, "\"id\" is empty");
    if (p->id_n > ID_MAX) return errmsg_set(e, ERR_TOO_BIG, "\"id\" has %zu bytes, at most %d are allowed", p->id_n, ID_MAX);
    return 0;
}

static unsigned depth_of(const json_t *v)
{
    unsigned deepest = 0;
    const char *key;
    json_t *item;
    size_t i;
    if (json_is_object(v)) json_object_foreach((json_t *)v, key, item)
        {
            unsigned d = 1 + depth_of(item);
            if (d > deepest) deepest = d;
        }
    if (json_is_array(v)) json_array_foreach(v, i, item)
        {
            unsigned d = 1 + depth_of(item);
            if (d > deepest) deepest = d;
        }
    return deepest;
}

int product_check(struct product *p, json_t *json, struct errmsg *e)
{
    *p = (struct product){.json = json};
    int rc = 0;
    if (!json_is_object(json)) rc = errmsg_set(e, ERR_INPUT, "a product must be a JSON object, not %s", type_name(json));
    if (!rc) rc = check_id(p, e);
    if (!rc && json_object_get(json, "")) rc = errmsg_set(e, ERR_INPUT, "the name of a field is empty");
    if (!rc) rc = check_names(json, e);
    for (int i = 0; !rc && i < N_KNOWN; i++) {
        const json_t *v = json_object_get(json, known[i].name);
        if (v && !json_is_null(v)) rc = check_field(known[i].name, known[i].kind, v, e);
    }
    if (!rc && depth_of(json) > 16) rc = errmsg_set(e, ERR_TOO_BIG, "nested deeper than 16 levels");
    p->deleted = !rc && json_is_true(json_object_get(json, "deleted"));
    if (rc) product_release(p);
    return rc;
}

/* Jansson's words for what people meet most, in ours. */
static int parse_error(const json_error_t *err, const char *line, size_t n, struct errmsg *e)
{
    size_t bad;
    if (!utf8_valid(line, n, &bad)) return errmsg_set(e, ERR_INPUT, "not UTF-8 at byte %zu", bad + 1);
    switch (json_error_code(err)) {
    case json_error_null_character:
    case json_error_null_byte_in_key:
    case json_error_null_value: return errmsg_set(e, ERR_INPUT, "a text holds a NUL character (byte %d)", err->position);
    case json_error_invalid_utf8: return errmsg_set(e, ERR_INPUT, "not UTF-8 (byte %d)", err->position);
    case json_error_duplicate_key: return errmsg_set(e, ERR_INPUT, "not JSON: the same key twice (byte %d)", err->position);
    default: return errmsg_set(e, ERR_INPUT, "not JSON: %.120s (byte %d)", err->text, err->position);
    }
}

int product_parse(struct product *p, const char *line, size_t n, struct errmsg *e)
{
    json_error_t err;
    *p = (struct product){0};
    if (memchr(line, 0, n)) return errmsg_set(e, ERR_INPUT, "the line holds a NUL byte");
    json_t *json = json_loadb(line, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &err);
    if (!json) return parse_error(&err, line, n, e);
    return product_check(p, json, e);
}

void product_release(struct product *p)
{
    json_decref(p->json);
    *p = (struct product){0};
}

/* ---- merging ---- */

static void merge_into(json_t *onto, const json_t *from)
{
    const char *key;
    json_t *item;
    json_object_foreach((json_t *)from, key, item)
    {
        json_t *old = json_object_get(onto, key);
        if (json_is_null(item))
            json_object_del(onto, key);
        else if (!strcmp(key, "attributes") && json_is_object(old))
            merge_into(old, item);
        else
            json_object_set(onto, key, item);
    }
}

json_t *product_merge(const json_t *onto, const json_t *from)
{
    json_t *merged = json_deep_copy(onto);
    merge_into(merged, from);
    return merged;
}
