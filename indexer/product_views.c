#include "indexer/product.h"

#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

enum { EMBED_DESCRIPTION = 80 }; /* characters of the description that go into the vector */

static const char *const identifiers[] = {"gtin", "ean", "upc", "isbn", "sku", "mpn"};
enum { N_IDENTIFIERS = sizeof identifiers / sizeof identifiers[0] };

/* ---- pieces ---- */

static void each_text(const json_t *v, enum text_field field, text_visitor visit, void *arg)
{
    const char *lang;
    json_t *item;
    size_t i;
    if (json_is_string(v)) visit(arg, field, NULL, json_string_value(v), json_string_length(v));
    if (json_is_object(v))
        json_object_foreach((json_t *)v, lang, item) visit(arg, field, lang, json_string_value(item), json_string_length(item));
    if (json_is_array(v))
        json_array_foreach(v, i, item) if (json_is_string(item))
            visit(arg, field, NULL, json_string_value(item), json_string_length(item));
}

void product_texts(const json_t *p, text_visitor visit, void *arg)
{
    const char *key;
    json_t *item;
    each_text(json_object_get(p, "title"), FIELD_TITLE, visit, arg);
    each_text(json_object_get(p, "brand"), FIELD_BRAND, visit, arg);
    each_text(json_object_get(p, "category"), FIELD_CATEGORY, visit, arg);
    json_t *attributes = json_object_get(p, "attributes");
    if (attributes)
        json_object_foreach(attributes, key, item) if (!json_is_object(item)) each_text(item, FIELD_ATTRIBUTES, visit, arg);
    each_text(json_object_get(p, "description"), FIELD_DESCRIPTION, visit, arg);
}

void product_identifiers(const json_t *p, identifier_visitor visit, void *arg)
{
    for (int i = 0; i < N_IDENTIFIERS; i++) {
        const json_t *v = json_object_get(p, identifiers[i]), *item;
        size_t k;
        if (json_is_string(v)) visit(arg, identifiers[i], json_string_value(v), json_string_length(v));
        if (json_is_array(v))
            json_array_foreach(v, k, item) visit(arg, identifiers[i], json_string_value(item), json_string_length(item));
    }
}

static bool is_filterable(const json_t *v)
{
    if (json_is_scalar(v)) return true;
    for (size_t i = 0; i < json_array_size(v); i++)
        if (!json_is_scalar(json_array_get(v, i))) return false;
    return json_array_size(v) > 0;
}

void product_values(const json_t *p, value_visitor visit, void *arg)
{
    static const char *const not_columns[] = {"id", "title", "description", "attributes", "deleted", "image", "url"};
    const char *key;
    json_t *item;
    char name[FIELD_NAME_MAX + 16];
    json_object_foreach((json_t *)p, key, item)
    {
        bool column = is_filterable(item);
        for (size_t i = 0; column && i < sizeof not_columns / sizeof not_columns[0]; i++)
            column = strcmp(key, not_columns[i]) != 0;
        if (column) visit(arg, key, item);
    }
    json_t *attributes = json_object_get(p, "attributes");
    if (!attributes) return;
    json_object_foreach(attributes, key, item)
    {
        if (!is_filterable(item)) continue;
        snprintf(name, sizeof name, "attributes.%s", key);
        visit(arg, name, item);
    }
}

/* ---- texts made of a product ---- */

static const char *find_fold(const char *in, const char *what)
{
    return what[0] ? strcasestr(in, what) : in;
}

static void append_embed_text(const json_t *p, const char *title, const char *description, struct buf *out)
{
    const char *brand = json_string_value(json_object_get(p, "brand"));
    const json_t *category = json_object_get(p, "category");
    const char *path = json_is_array(category) ? json_string_value(json_array_get(category, 0)) : json_string_value(category);
    size_t n = strlen(description), head = strlen(title);
    buf_str(out, title);
    if (brand && !find_fold(title, brand)) buf_byte(out, ' '), buf_str(out, brand);
    if (path && !find_fold(title, path)) buf_str(out, ", "), buf_str(out, path);
    if (!n || (head && !strncasecmp(title, description, head < 30 ? head : 30))) return;
    buf_str(out, ". ");
    buf_add(out, description, utf8_chars(description, n, EMBED_DESCRIPTION));
}

static const char *text_of(const json_t *v, const char *lang)
{
    if (json_is_object(v)) v = lang ? json_object_get(v, lang) : json_object_iter_value(json_object_iter((json_t *)v));
    return json_is_string(v) ? json_string_value(v) : "";
}

void product_embed_text(const json_t *p, struct buf *out)
{
    const json_t *title = json_object_get(p, "title"), *description = json_object_get(p, "description");
    const char *lang;
    json_t *item;
    if (!json_is_object(title)) {
        append_embed_text(p, text_of(title, NULL), text_of(description, NULL), out);
        return;
    }
    json_object_foreach((json_t *)title, lang, item)
    {
        if (out->n) buf_byte(out, ' ');
        append_embed_text(p, json_string_value(item), json_is_object(description) ? text_of(description, lang) : "", out);
    }
}

void product_text_key(const json_t *p, struct buf *out)
{
    static const char *const parts[] = {"title", "description", "brand", "category", "attributes", "lang",
                                        "gtin",  "ean",         "upc",   "isbn",     "sku",        "mpn"};
    struct json_writer w = {.out = out};
    json_begin(&w, '[');
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const json_t *v = json_object_get(p, parts[i]);
        if (v)
            json_value(&w, v);
        else
            json_null_value(&w);
    }
    json_end(&w, ']');
}

struct language product_language(const json_t *p)
{
    const json_t *hint = json_object_get(p, "lang");
    struct language l = {.certainty = 1};
    if (json_is_string(hint) && json_string_length(hint) >= 2 && json_string_length(hint) < sizeof l.code) {
        memcpy(l.code, json_string_value(hint), json_string_length(hint) + 1);
        return l;
    }
    const char *title = text_of(json_object_get(p, "title"), NULL);
    return detect(title, strlen(title));
}

/* ---- identifiers ---- */

size_t identifier_normalize(const char *s, size_t n, char out[IDENTIFIER_MAX])
{
    char room[IDENTIFIER_MAX * 4];
    struct buf folded = BUF_INIT(sizeof room * 8);
    size_t len = 0;
    bool digits = true, fits = n <= sizeof room;
    if (fits) fold(s, n, &folded);
    for (size_t i = 0; i < folded.n && fits; i++) {
        unsigned char c = (unsigned char)folded.data[i];
        bool keep = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c >= 0x80;
        if (!keep) continue;
        digits = digits && c <= '9';
        if ((fits = len < IDENTIFIER_MAX)) out[len++] = (char)c;
    }
    buf_release(&folded);
    if (!fits) return 0;
    size_t zeros = 0;
    while (digits && len >= 8 && zeros < len - 1 && out[zeros] == '0') zeros++;
    memmove(out, out + zeros, len - zeros);
    return len - zeros;
}

bool identifier_is_gtin(const char *s, size_t n)
{
    unsigned digit[14], k = 0, sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '-' || s[i] == ' ') continue;
        if (s[i] < '0' || s[i] > '9' || k == 14) return false;
        digit[k++] = (unsigned)(s[i] - '0');
    }
    if (k != 8 && k != 12 && k != 13 && k != 14) return false;
    for (unsigned i = 0; i < k; i++) sum += digit[k - 1 - i] * (i % 2 ? 3 : 1);
    return sum % 10 == 0;
}
