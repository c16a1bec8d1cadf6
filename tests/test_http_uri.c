/* Percent-decoding and query parameters. */
#include "query/http_uri.h"

#include <criterion/criterion.h>
#include <string.h>

Test(http_uri, percent_encoded_utf8_is_decoded)
{
    static const struct {
        const char *in, *out; /* NULL: refused */
        bool plus;
    } rows[] = {
        {"Stra%C3%9Fe", "Straße", false},
        {"%e6%90%ba%E5%B8%AF", "携帯", false},
        {"naïve", "naïve", false},
        {"a+b%2B", "a b+", true},
        {"a+b", "a+b", false},
        {"%25%32%35", "%25", false},
        {"", "", false},
        {"%", NULL, false},
        {"%4", NULL, false},
        {"%4g", NULL, false},
        {"%G4", NULL, false},
        {"a%00b", NULL, false},
        {"%C3", NULL, false},
        {"%C3(", NULL, false},
        {"%C0%AF", NULL, false},
        {"%ED%A0%80", NULL, false},
        {"\xff", NULL, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char out[64];
        size_t n;
        bool ok = http_uri_decode(rows[i].in, strlen(rows[i].in), rows[i].plus, out, &n);
        cr_expect_eq(ok, rows[i].out != NULL, "%s", rows[i].in);
        if (ok && rows[i].out) cr_expect_str_eq(out, rows[i].out);
    }
}

Test(http_uri, parameters_are_found_by_their_decoded_name)
{
    static const struct {
        const char *query, *name, *value; /* NULL: not there */
    } rows[] = {
        {"q=rot&limit=5", "q", "rot"},
        {"q=rot&limit=5", "limit", "5"},
        {"q=rot&limit=5", "imit", NULL},
        {"q=a=b", "q", "a=b"},
        {"q&x=1", "q", ""},
        {"q=", "q", ""},
        {"q=1&q=2", "q", "1"},
        {"&&x=1&", "x", "1"},
        {"attributes.gr%C3%B6%C3%9Fe=42", "attributes.größe", "42"},
        {"=1", "", NULL},
        {"", "q", NULL},
        {"qq=1", "q", NULL},
        {"q%=1&q=2", "q", "2"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *v;
        size_t n;
        bool found = http_uri_find(rows[i].query, rows[i].name, &v, &n);
        cr_expect_eq(found, rows[i].value != NULL, "%s in %s", rows[i].name, rows[i].query);
        if (found && rows[i].value)
            cr_expect(n == strlen(rows[i].value) && memcmp(v, rows[i].value, n) == 0, "%s", rows[i].query);
    }
}
