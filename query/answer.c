#include "query/answer.h"

#include "base/json_scan.h"

#include <math.h>
#include <string.h>

enum { SPANS_MAX = 256 };

/* ---- texts ---- */

/* The key of texts that comes nearest to lang: the same, or the same language of another region; NULL. */
static const char *nearest_key(const json_t *texts, const char *lang)
{
    const char *key;
    json_t *v;
    size_t n = lang ? strcspn(lang, "-_") : 0; /* "de-AT" takes "de", "pt" takes "pt-BR" */
    if (!n) return NULL;
    json_object_foreach((json_t *)texts, key, v) if (!strcmp(key, lang)) return key;
    json_object_foreach((json_t *)texts, key, v) if (!strncasecmp(key, lang, n) && strcspn(key, "-_") == n) return key;
    return NULL;
}

/* The language of the text that is shown of an object by language; NULL for anything else. */
static const char *choose_key(const json_t *v, const char *lang, const char *query_lang)
{
    if (!json_is_object(v)) return NULL;
    const char *key = nearest_key(v, lang);
    if (!key) key = nearest_key(v, query_lang);
    return key ? key : json_object_iter_key(json_object_iter((json_t *)v));
}

static const json_t *choose(const json_t *v, const char *lang, const char *query_lang)
{
    if (!json_is_object(v)) return v;
    const char *key = choose_key(v, lang, query_lang);
    return key ? json_object_get(v, key) : NULL;
}

const char *answer_text(const json_t *product, const char *field, const char *lang, const char *query_lang)
{
    return json_string_value(choose(json_object_get(product, field), lang, query_lang));
}

static void escape(const char *s, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) switch (s[i]) {
        case '&': buf_str(out, "&amp;"); break;
        case '<': buf_str(out, "&lt;"); break;
        case '>': buf_str(out, "&gt;"); break;
        case '"': buf_str(out, "&quot;"); break;
        case '\'': buf_str(out, "&#39;"); break;
        default: buf_byte(out, s[i]);
        }
}

void answer_highlight(struct searcher *s, const char *text, struct buf *out)
{
    struct span spans[SPANS_MAX];
    size_t len = strlen(text), at = 0, n = lexical_spans(searcher_lexical(s), searcher_words(s), text, len, spans, SPANS_MAX);
    for (size_t i = 0; i < n;) {
        uint32_t from = spans[i].from, to = spans[i].to;
        while (++i < n && spans[i].from <= to) to = spans[i].to; /* words without a space between them: one mark */
        escape(text + at, from - at, out);
        buf_str(out, "<mark>");
        escape(text + from, to - from, out);
        buf_str(out, "</mark>");
        at = to;
    }
    escape(text + at, len - at, out);
}

/* ---- products ---- */

static bool wanted(const struct names *fields, const char *key)
{
    for (size_t i = 0; i < fields->n; i++)
        if (!strcmp(fields->list[i], key)) return true;
    return !fields->n;
}

static void write_product(struct json_writer *w, const json_t *product, const struct search_request *q,
                          const struct search_result *r)
{
    const char *key;
    json_t *v;
    json_begin(w, '{');
    json_object_foreach((json_t *)product, key, v)
    {
        bool text = !strcmp(key, "title") || !strcmp(key, "description");
        const json_t *shown = text ? choose(v, q->lang, r->language.code) : v;
        if (!shown || !wanted(&q->fields, key)) continue; /* NULL: a text by language in no language, {} */
        json_key(w, key);
        json_value(w, shown);
    }
    json_end(w, '}');
}

/* One field of a stored product, decoded. Most answers need no more than a title of it: that is a tenth of the work. */
static json_t *field_of(const char *product, size_t n, const char *field)
{
    struct json_span v;
    return json_member(product, n, field, &v) ? json_loadb(v.s, v.n, JSON_DECODE_ANY, NULL) : NULL;
}

static void write_highlight(struct json_writer *w, struct searcher *s, const char *product, size_t n,
                            const struct search_request *q, const struct search_result *r)
{
    struct buf marked = BUF_INIT(8 << 20);
    json_key(w, "highlight");
    json_begin(w, '{');
    for (size_t i = 0; i < q->highlight.n; i++) {
        json_t *field = field_of(product, n, q->highlight.list[i]);
        const char *text = json_string_value(choose(field, q->lang, r->language.code));
        buf_clear(&marked);
        if (text) {
            answer_highlight(s, text, &marked);
            json_key(w, q->highlight.list[i]);
            json_strn(w, marked.data ? marked.data : "", marked.n);
        }
        json_decref(field);
    }
    json_end(w, '}');
    buf_release(&marked);
}

static void write_explain(struct json_writer *w, const struct search_hit *h)
{
    json_key(w, "explain");
    json_begin(w, '{');
    json_key(w, "identifier"), json_bool(w, h->identifier);
    json_key(w, "cosine"), json_float(w, h->cosine);
    json_key(w, "weakest_word"), json_float(w, h->weakest);
    json_key(w, "lexical"), json_float(w, h->lexical);
    json_key(w, "coverage"), json_float(w, h->coverage);
    json_end(w, '}');
}

static bool is_object(const char *product, size_t n, const char *field)
{
    struct json_span v;
    return json_member(product, n, field, &v) && v.s[0] == '{';
}

/* As stored, unless fields or a language must be chosen; then "lang" says which one the title is in. */
static void write_shown(struct json_writer *w, const char *product, size_t n, const struct search_request *q,
                        const struct search_result *r)
{
    json_key(w, "product");
    if (!q->fields.n && !is_object(product, n, "title") && !is_object(product, n, "description")) {
        json_raw(w, product, n);
        return;
    }
    json_t *parsed = json_loadb(product, n, 0, NULL);
    const char *lang = choose_key(json_object_get(parsed, "title"), q->lang, r->language.code);
    write_product(w, parsed, q, r);
    if (lang) json_key(w, "lang"), json_str(w, lang);
    json_decref(parsed);
}

static void write_hit(struct json_writer *w, struct searcher *s, const struct search_request *q, const struct search_result *r,
                      const struct search_hit *h)
{
    const char *product;
    size_t n;
    struct json_span id;
    if (!snapshot_product(searcher_snapshot(s), h->doc, &product, &n) || !json_member(product, n, "id", &id)) return;
    json_begin(w, '{');
    json_key(w, "id"), json_raw(w, id.s, id.n);
    json_key(w, "score"), json_float(w, h->score);
    write_shown(w, product, n, q, r);
    if (q->highlight.n) write_highlight(w, s, product, n, q, r);
    if (q->explain) write_explain(w, h);
    json_end(w, '}');
}

/* ---- the rest ---- */

static void write_query(struct json_writer *w, const struct search_request *q, const struct search_result *r)
{
    json_key(w, "query");
    json_begin(w, '{');
    json_key(w, "q"), json_strn(w, q->q, q->q_n);
    json_key(w, "language"), json_str(w, r->language.code[0] ? r->language.code : "und");
    json_key(w, "script"), json_str(w, r->language.script[0] ? r->language.script : "Zyyy");
    json_key(w, "identifier");
    if (r->identifier)
        json_str(w, r->identifier);
    else
        json_null_value(w);
    json_key(w, "corrected"), json_null_value(w);
    json_end(w, '}');
}

static void write_facets(struct json_writer *w, const struct search_result *r)
{
    json_key(w, "facets");
    json_begin(w, '{');
    for (size_t i = 0; i < r->n_facets; i++) {
        json_key(w, r->facets[i].field);
        json_begin(w, '{');
        for (size_t k = 0; k < r->facets[i].n; k++) {
            json_keyn(w, r->facets[i].values[k].text, r->facets[i].values[k].n);
            json_uint(w, r->facets[i].values[k].count);
        }
        json_end(w, '}');
    }
    json_end(w, '}');
    json_key(w, "stats");
    json_begin(w, '{');
    for (size_t i = 0; i < r->n_stats; i++) {
        json_key(w, r->stats[i].field);
        json_begin(w, '{');
        json_key(w, "min"), json_num(w, r->stats[i].min);
        json_key(w, "max"), json_num(w, r->stats[i].max);
        json_end(w, '}');
    }
    json_end(w, '}');
}

static void write_lanes(struct json_writer *w, struct searcher *s, const struct search_result *r)
{
    const struct query_words *words = searcher_words(s);
    json_key(w, "explain");
    json_begin(w, '{');
    json_key(w, "floor"), json_float(w, r->floor);
    json_key(w, "evidence"), json_float(w, r->evidence);
    json_key(w, "noise"), json_float(w, snapshot_manifest(searcher_snapshot(s))->noise);
    json_key(w, "semantic_ms"), json_num(w, (double)r->semantic_us / 1000);
    json_key(w, "lexical_ms"), json_num(w, (double)r->lexical_us / 1000);
    json_key(w, "words");
    json_begin(w, '[');
    for (size_t i = 0; i < words->n; i++) {
        const struct unit *u = &words->units[i];
        json_begin(w, '{');
        json_key(w, "known"), json_bool(w, u->known);
        json_key(w, "idf"), json_float(w, u->idf);
        json_key(w, "found_by");
        json_begin(w, '[');
        for (size_t k = 0; k < u->n_ways; k++) json_strn(w, u->ways[k].term + 1, u->ways[k].n - 1);
        json_end(w, ']');
        json_end(w, '}');
    }
    json_end(w, ']');
    json_end(w, '}');
}

void answer_write(struct json_writer *w, struct searcher *s, const struct search_request *q, const struct search_result *r)
{
    json_begin(w, '{');
    write_query(w, q, r);
    json_key(w, "hits");
    json_begin(w, '[');
    for (uint32_t i = 0; i < r->n_hits; i++) write_hit(w, s, q, r, &r->hits[i]);
    json_end(w, ']');
    json_key(w, "offset"), json_uint(w, r->offset);
    json_key(w, "limit"), json_uint(w, q->limit);
    json_key(w, "total"), json_uint(w, r->total);
    json_key(w, "total_exact"), json_bool(w, true);
    write_facets(w, r);
    json_key(w, "rules");
    json_begin(w, '[');
    json_end(w, ']');
    json_key(w, "rerank");
    json_begin(w, '{');
    json_key(w, "seen"), json_uint(w, 0);
    json_key(w, "ms"), json_uint(w, 0);
    json_key(w, "cut"), json_bool(w, false);
    json_end(w, '}');
    if (q->explain) write_lanes(w, s, r);
    json_key(w, "took_ms"), json_num(w, (double)r->total_us / 1000);
    json_end(w, '}');
}
