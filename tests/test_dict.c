/* Dictionaries of facet values: paths, arrays, kinds, growth. */
#include "tests/index_make.h"

#include <criterion/criterion.h>
#include <pthread.h>

/* The values of a document's field as "a|b|c", and which of them are numbers or texts. */
static const char *values_of(struct made *m, const char *id, const char *field, struct buf *out)
{
    struct snapshot *s = look(m->ix);
    const struct column *c = snapshot_column(s, field);
    const struct dict *d;
    cr_assert_not_null(c, "%s", field);
    OK(snapshot_dict(s, field, c, &d), NULL);
    const struct dict_entry *e = &d->entries[column_ordinal(c, doc_of(s, id))];
    buf_clear(out);
    buf_str(out, "");
    for (uint32_t i = 0; i < e->n; i++) {
        const struct dict_value *v = &d->values[e->values[i]];
        buf_printf(out, "%s%s%s%s", i ? "|" : "", v->text, v->is_number ? "#" : "", v->is_text ? "" : "!");
        cr_assert_eq(dict_find(d, v->text, v->n), e->values[i]);
    }
    cr_assert_eq(dict_find(d, "never seen", 10), UINT32_MAX);
    dict_release(d);
    snapshot_free(s);
    return out->data;
}

static const struct {
    const char *product, *field, *want; /* # is a number, ! was no JSON string */
} rows[] = {
    {"{'id':'1','brand':'Acme'}", "brand", "Acme"},
    {"{'id':'1','brand':''}", "brand", ""},
    {"{'id':'1','category':'A > B > C'}", "category", "A|A > B|A > B > C"},
    {"{'id':'1','category':['A > B','A > C']}", "category", "A|A > B|A > C"},
    {"{'id':'1','category':'A>B'}", "category", "A>B"},
    {"{'id':'1','attributes':{'x':'A > B'}}", "attributes.x", "A > B"},
    {"{'id':'1','attributes':{'x':['red','blue','red']}}", "attributes.x", "red|blue"},
    {"{'id':'1','attributes':{'x':5}}", "attributes.x", "5#!"},
    {"{'id':'1','attributes':{'x':5.0}}", "attributes.x", "5#!"},
    {"{'id':'1','attributes':{'x':-0.25}}", "attributes.x", "-0.25#!"},
    {"{'id':'1','attributes':{'x':'42'}}", "attributes.x", "42#"},
    {"{'id':'1','attributes':{'x':'42.5'}}", "attributes.x", "42.5#"},
    {"{'id':'1','attributes':{'x':'42 cm'}}", "attributes.x", "42 cm"},
    {"{'id':'1','attributes':{'x':' 42'}}", "attributes.x", " 42"},
    {"{'id':'1','attributes':{'x':true}}", "attributes.x", "true!"},
    {"{'id':'1','attributes':{'x':[1,'a',false]}}", "attributes.x", "1#!|a|false!"},
    {"{'id':'1','brand':'NAN'}", "brand", "NAN"},
    {"{'id':'1','brand':'Infinity'}", "brand", "Infinity"},
    {"{'id':'1','brand':'0x10'}", "brand", "0x10"},
    {"{'id':'1','brand':'1e3'}", "brand", "1e3#"},
    {"{'id':'1','brand':'1e999'}", "brand", "1e999"},
    {"{'id':'1','brand':'携帯 \\u0022x\\u0022'}", "brand", "携帯 \"x\""},
};

Test(dict, an_ordinal_stands_for_its_values)
{
    struct made m;
    struct buf got = BUF_INIT(1 << 16);
    make_index(&m);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        delete_id(&m, "1");
        put(&m, rows[i].product);
        char *want = xstrdup(rows[i].want);
        cr_expect_str_eq(values_of(&m, "1", rows[i].field, &got), want, "%s: %s", rows[i].product, got.data);
        free(want);
    }
    buf_release(&got);
    unmake_index(&m);
}

Test(dict, a_document_without_a_value_has_none)
{
    struct made m;
    struct buf got = BUF_INIT(1 << 16);
    make_index(&m);
    put(&m, "{'id':'1','brand':'Acme'}");
    put(&m, "{'id':'2','price':1}");
    cr_assert_str_eq(values_of(&m, "2", "brand", &got), "");
    struct snapshot *s = look(m.ix);
    cr_assert_null(snapshot_column(s, "attributes.none"));
    snapshot_free(s);
    buf_release(&got);
    unmake_index(&m);
}

Test(dict, it_grows_with_the_index)
{
    struct made m;
    struct buf got = BUF_INIT(1 << 16);
    char text[100];
    make_index(&m);
    for (int i = 0; i < 300; i++) {
        if (i % 100 == 0) begin_batch(&m);
        snprintf(text, sizeof text, "{'id':'%d','brand':'b%d'}", i, i / 2);
        put_in(&m, text);
        if (i % 100 != 99) continue;
        commit_batch(&m);
        snprintf(text, sizeof text, "%d", i);
        char want[20];
        snprintf(want, sizeof want, "b%d", i / 2);
        cr_assert_str_eq(values_of(&m, text, "brand", &got), want);
        cr_assert_str_eq(values_of(&m, "0", "brand", &got), "b0");
    }
    buf_release(&got);
    unmake_index(&m);
}

/* ---- many threads at once, while the writer goes on ---- */

struct reader {
    struct index *ix;
    unsigned wrong;
};
static void *read_often(void *arg)
{
    struct reader *r = arg;
    struct snapshot *s;
    const struct dict *d;
    if (snapshot_new(&s, r->ix, NULL)) return r->wrong++, NULL;
    for (int i = 0; i < 300; i++) {
        if (snapshot_begin(s, NULL)) {
            r->wrong++;
            continue;
        }
        const struct column *c = snapshot_column(s, "brand");
        if (c && snapshot_dict(s, "brand", c, &d) == 0) {
            for (uint32_t doc = 0; doc < snapshot_docs(s); doc++) {
                char want[20];
                const struct dict_entry *e = &d->entries[column_ordinal(c, doc)];
                snprintf(want, sizeof want, "b%u", doc);
                if (e->n != 1 || strcmp(d->values[e->values[0]].text, want)) r->wrong++;
            }
            dict_release(d);
        }
        snapshot_end(s);
    }
    snapshot_free(s);
    return NULL;
}

Test(dict, threads_share_one_dictionary)
{
    struct made m;
    struct reader r[3];
    pthread_t t[3];
    char text[100];
    make_index(&m);
    for (int i = 0; i < 3; i++) {
        r[i] = (struct reader){.ix = m.ix};
        pthread_create(&t[i], NULL, read_often, &r[i]);
    }
    for (int i = 0; i < 200; i++) {
        snprintf(text, sizeof text, "{'id':'%d','brand':'b%d'}", i, i);
        put(&m, text);
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(t[i], NULL);
        cr_assert_eq(r[i].wrong, 0);
    }
    unmake_index(&m);
}
