/* Readers of queries, judgments and labels; the writer of runs. */
#include "base/buf.h"
#include "query/measure.h"
#include "query/trec.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- a set made of texts ---- */

struct complaints {
    struct buf text; /* one a line, without the name of the file */
};

static void note(void *arg, const char *sentence)
{
    struct complaints *c = arg;
    const char *slash = strrchr(sentence, '/'), *colon = strchr(slash ? slash : sentence, ':');
    buf_printf(&c->text, "%s\n", colon + 1);
}

static int read_text(struct trec_set *set, int (*read)(struct trec_set *, const char *, struct errmsg *), const char *s, size_t n)
{
    char path[] = "/tmp/souk-trec-XXXXXX";
    int fd = mkstemp(path);
    cr_assert(fd >= 0 && write(fd, s, n) == (ssize_t)n);
    close(fd);
    int rc = read(set, path, NULL);
    unlink(path);
    return rc;
}

#define READ(set, what, text) cr_assert_eq(read_text((set), trec_read_##what, (text), sizeof(text) - 1), 0)

struct fixture {
    struct trec_set set;
    struct complaints said;
};

static void begin(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    f->said.text = (struct buf)BUF_INIT(1 << 16);
    f->set.complain = note;
    f->set.arg = &f->said;
}

static void end(struct fixture *f)
{
    trec_release(&f->set);
    buf_release(&f->said.text);
}

static const char *said(const struct fixture *f)
{
    return f->said.text.data ? f->said.text.data : "";
}

/* ---- queries ---- */

Test(trec, queries_of_several_languages)
{
    struct fixture f;
    begin(&f);
    READ(&f.set, queries,
         "q1\ten\tred shoes\tq1\n"
         "q1-ja\tja\t赤い 靴\tq1\r\n"
         "\n"
         "q2\ten\tnaïve\n"
         "q3\tde\tStraße");
    cr_assert_str_eq(said(&f), "");
    cr_assert_eq(f.set.n_queries, 4);
    cr_assert_eq(f.set.n_languages, 3);
    cr_assert_str_eq(f.set.languages[0], "de");
    cr_assert_str_eq(f.set.languages[2], "ja");
    cr_assert_eq(f.set.queries[1].language, 2);
    cr_assert_str_eq(f.set.queries[1].text, "赤い 靴");
    cr_assert_str_eq(f.set.queries[1].base, "q1");
    cr_assert_str_eq(f.set.queries[2].base, "q2", "its own base");
    cr_assert_eq(trec_find(&f.set, "q1-ja", 5), 1);
    cr_assert_eq(trec_find(&f.set, "q1-ja", 2), 0, "the length counts");
    cr_assert_eq(trec_find(&f.set, "q", 1), TREC_NO_QUERY);
    end(&f);
}

Test(trec, bad_queries_are_named_and_left_out)
{
    struct fixture f;
    begin(&f);
    READ(&f.set, queries,
         "q1 en red shoes\n"
         "\ten\tred\n"
         "q 1\ten\tred\n"
         "q1\t\tred\n"
         "q1\ten\tred\tq1\tmore\n"
         "q1\ten\tr\xFF"
         "d\n"
         "q1\ten\tr\0d\n"
         "q1\ten\tred\n"
         "q1\tde\trot\n");
    cr_assert_str_eq(said(&f), "1: not of the form qid, language, text, perhaps base qid, with a tab between them\n"
                               "2: the query id must have 1 to 256 bytes\n"
                               "3: the query id holds a blank\n"
                               "4: the second field is not a language tag\n"
                               "5: not of the form qid, language, text, perhaps base qid, with a tab between them\n"
                               "6: the line is not UTF-8\n"
                               "7: the line holds a control character\n"
                               "9: the query id came before; this line is left out\n");
    cr_assert_eq(f.set.refused, 8);
    cr_assert_eq(f.set.n_queries, 1);
    cr_assert_str_eq(f.set.queries[0].lang, "en");
    end(&f);
}

Test(trec, a_query_without_text_is_kept)
{
    struct fixture f;
    begin(&f);
    READ(&f.set, queries, "q1\ten\t\nq2\ten\t  \t\n");
    cr_assert_eq(f.set.n_queries, 2);
    cr_assert_eq(f.set.queries[0].text_n, 0);
    cr_assert_eq(f.set.queries[1].text_n, 0);
    end(&f);
}

Test(trec, many_queries_are_found_again)
{
    struct fixture f;
    struct buf b = BUF_INIT(1 << 24);
    begin(&f);
    for (int i = 0; i < 50000; i++) buf_printf(&b, "q%d\ten\ttext %d\n", i, i);
    cr_assert_eq(read_text(&f.set, trec_read_queries, b.data, b.n), 0);
    cr_assert_eq(f.set.n_queries, 50000);
    for (unsigned i = 0; i < 50000; i++) {
        char qid[16];
        cr_assert_eq(trec_find(&f.set, qid, (size_t)snprintf(qid, sizeof qid, "q%u", i)), i);
    }
    buf_release(&b);
    end(&f);
}

Test(trec, an_overlong_line_is_refused_and_the_next_one_read)
{
    struct fixture f;
    struct buf b = BUF_INIT(1 << 24);
    begin(&f);
    buf_str(&b, "q1\ten\t");
    memset(buf_room(&b, TREC_LINE_MAX), 'x', TREC_LINE_MAX);
    buf_str(&b, "\nq2\ten\tred\n");
    cr_assert_eq(read_text(&f.set, trec_read_queries, b.data, b.n), 0);
    cr_assert_str_eq(said(&f), "1: the line is longer than 64 KB\n");
    cr_assert_eq(trec_find(&f.set, "q2", 2), 0);
    buf_release(&b);
    end(&f);
}

Test(trec, a_missing_file_is_an_error_of_its_own)
{
    struct trec_set set = {0};
    struct errmsg e = {0};
    cr_assert_neq(trec_read_queries(&set, "/nowhere/queries.tsv", &e), 0);
    cr_assert(strstr(e.text, "/nowhere/queries.tsv"));
    cr_assert_eq(trec_find(&set, "q", 1), TREC_NO_QUERY);
    trec_release(&set);
}

/* ---- judgments ---- */

Test(trec, judgments_by_query_and_document)
{
    struct fixture f;
    begin(&f);
    READ(&f.set, queries, "q1\ten\tred\nq2\ten\tblue\nq3\ten\tgreen\n");
    READ(&f.set, qrels, "q2 0 d9 1\nq1\t0\td2\t2\n  q1  0  d1  0 \nq1 0 d3 -1\nq7 0 d1 1\n");
    cr_assert_str_eq(said(&f), "");
    cr_assert_eq(f.set.n_judgments, 4);
    cr_assert_eq(f.set.foreign_judgment, 1);
    cr_assert_eq(f.set.queries[0].n_judged, 3);
    cr_assert_eq(trec_grade(&f.set, &f.set.queries[0], "d2"), 2);
    cr_assert_eq(trec_grade(&f.set, &f.set.queries[0], "d1"), 0);
    cr_assert_eq(trec_grade(&f.set, &f.set.queries[0], "d3"), -1);
    cr_assert_eq(trec_grade(&f.set, &f.set.queries[0], "d9"), UNJUDGED);
    cr_assert_eq(trec_grade(&f.set, &f.set.queries[1], "d9"), 1);
    cr_assert_eq(trec_grade(&f.set, &f.set.queries[2], "d9"), UNJUDGED);
    end(&f);
}

Test(trec, bad_judgments_are_named)
{
    struct fixture f;
    begin(&f);
    READ(&f.set, queries, "q1\ten\tred\n");
    READ(&f.set, qrels, "q1 d1 1\nq1 0 d1 1 x\nq1 0 d1 one\nq1 0 d1 1.5\nq1 0 d1 61\nq1 0 d1 99999999999999999999\nq1 0 d1 2\n");
    cr_assert_str_eq(said(&f), "1: not of the form: qid 0 docid grade\n"
                               "2: not of the form: qid 0 docid grade\n"
                               "3: the grade is not a whole number from -9 to 60\n"
                               "4: the grade is not a whole number from -9 to 60\n"
                               "5: the grade is not a whole number from -9 to 60\n"
                               "6: the grade is not a whole number from -9 to 60\n");
    cr_assert_eq(f.set.refused, 6);
    cr_assert_eq(trec_grade(&f.set, &f.set.queries[0], "d1"), 2);
    end(&f);
}

Test(trec, the_later_judgment_of_a_pair_holds)
{
    struct fixture f;
    begin(&f);
    READ(&f.set, queries, "q1\ten\tred\n");
    READ(&f.set, qrels, "q1 0 d1 2\nq1 0 d2 1\nq1 0 d1 2\nq1 0 d1 0\n");
    cr_assert_str_eq(said(&f), "4: q1 and d1 were judged 2 in line 3; this line replaces it\n");
    cr_assert_eq(f.set.refused, 0);
    cr_assert_eq(f.set.queries[0].n_judged, 2);
    cr_assert_eq(trec_grade(&f.set, &f.set.queries[0], "d1"), 0);
    end(&f);
}

/* ---- labels ---- */

Test(trec, labels)
{
    struct fixture f;
    begin(&f);
    READ(&f.set, queries, "q1\ten\tred\nq2\ten\tblue\n");
    READ(&f.set, labels, "q2\td1\t1\nq9\td1\t1\nq1\td2\t0\nq1 d1 1\nq1\td2\t0\n");
    cr_assert_str_eq(said(&f), "");
    cr_assert_eq(f.set.n_labels, 5);
    cr_assert_eq(f.set.queries[0].n_labels, 3);
    cr_assert_eq(f.set.queries[1].n_labels, 1);
    cr_assert_str_eq(f.set.labels[f.set.queries[0].labels].doc, "d1");
    cr_assert(f.set.labels[f.set.queries[0].labels].match);
    cr_assert_eq(f.set.labels[4].query, TREC_NO_QUERY, "kept, behind the others");
    end(&f);
}

Test(trec, bad_labels_are_named)
{
    struct fixture f;
    begin(&f);
    READ(&f.set, queries, "q1\ten\tred\n");
    READ(&f.set, labels, "q1\td1\nq1\td1\t2\nq1\td1\tyes\nq1\td1\t1\n");
    cr_assert_str_eq(said(&f),
                     "1: not of the form: qid docid 0|1\n2: the label is neither 0 nor 1\n3: the label is neither 0 nor 1\n");
    cr_assert_eq(f.set.n_labels, 1);
    end(&f);
}

/* ---- runs ---- */

static const char *written(const struct run_entry *list, size_t n, char out[1024])
{
    FILE *f = fmemopen(out, 1024, "w");
    run_write(f, "q1", list, n);
    fclose(f);
    return out;
}

Test(trec, a_run_in_order_stays_as_it_is)
{
    struct run_entry list[] = {{.doc = "b", .score = .9f}, {.doc = "a", .score = .5f}, {.doc = "c", .score = .5f}};
    run_arrange(list, 3, 3);
    char out[1024];
    const char *text = written(list, 3, out);
    cr_assert_str_eq(text, "q1 Q0 b 1 0.899999976 souk\nq1 Q0 a 2 0.5 souk\nq1 Q0 c 3 0.5 souk\n");
}

Test(trec, a_hit_keeps_its_place_over_its_score)
{
    struct run_entry list[] = {{.doc = "a", .score = .5f}, {.doc = "b", .score = .75f}, {.doc = "c", .score = .25f}};
    run_arrange(list, 3, 3);
    char out[1024];
    const char *text = written(list, 3, out);
    cr_assert_str_eq(text, "q1 Q0 a 1 0.5 souk\nq1 Q0 b 2 0.5 souk\nq1 Q0 c 3 0.25 souk\n");
}

Test(trec, labelled_documents_join_by_score_behind_equal_hits)
{
    struct run_entry list[] = {{.doc = "h1", .score = .5f},
                               {.doc = "h2", .score = .25f},
                               {.doc = "x", .score = .125f},
                               {.doc = "y", .score = .25f},
                               {.doc = "z", .score = .375f}};
    run_arrange(list, 2, 5);
    static const char *const order[] = {"h1", "z", "h2", "y", "x"};
    for (uint32_t i = 0; i < 5; i++) {
        cr_assert_str_eq(list[i].doc, order[i]);
        cr_assert_eq(list[i].rank, i + 1);
    }
    run_arrange(NULL, 0, 0);
}

Test(trec, neighbouring_floats_are_told_apart)
{
    float a = 0.7f, b = 0x1.666664p-1f;
    struct run_entry list[] = {{.doc = "a", .score = a}, {.doc = "b", .score = b}};
    run_arrange(list, 2, 2);
    char out[1024];
    const char *text = written(list, 2, out), *line = strchr(text, '\n') + 1;
    float x, y;
    cr_assert_eq(sscanf(text, "q1 Q0 a 1 %f", &x), 1);
    cr_assert_eq(sscanf(line, "q1 Q0 b 2 %f", &y), 1);
    cr_assert(x == a && y == b && x > y);
}

Test(trec, blanks_in_ids_do_not_break_lines)
{
    struct run_entry list[] = {{.doc = "a b\tc", .score = 1}};
    run_arrange(list, 1, 1);
    char out[1024];
    const char *text = written(list, 1, out);
    cr_assert_str_eq(text, "q1 Q0 a%20b%09c 1 1 souk\n");
}
