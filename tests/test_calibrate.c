/* The noise of a catalogue: none without vectors, the same each time, measured at merges. */
#include "indexer/calibrate.h"
#include "tests/index_make.h"

#include <criterion/criterion.h>

static float noise_now(struct made *m)
{
    struct snapshot *s = look(m->ix);
    float noise = calibrate_noise(s, m->model);
    snapshot_free(s);
    return noise;
}

Test(calibrate, a_catalogue_without_vectors_has_no_noise)
{
    struct made m;
    make_index(&m);
    cr_assert_eq(noise_now(&m), 0);
    put(&m, "{'id':'1'}");
    cr_assert_eq(noise_now(&m), 0);
    unmake_index(&m);
}

Test(calibrate, it_is_deterministic_and_kept_by_a_merge)
{
    struct made m;
    make_index(&m);
    put(&m, "{'id':'1','title':'red shoes'}");
    put(&m, "{'id':'2','title':'aa'}");
    merge(&m);
    float a = noise_now(&m), b = noise_now(&m);
    cr_assert(a == b && a >= 0 && a < 100);
    struct snapshot *s = look(m.ix);
    cr_assert_eq(snapshot_manifest(s)->noise, a);
    cr_assert_eq(snapshot_manifest(s)->noise_live, 2);
    snapshot_free(s);
    unmake_index(&m);
}

Test(calibrate, evidence_grows_with_cosine_strength_and_letters_a_token)
{
    float one = calibrate_evidence(0.5f, 1, 4, "shoe shoe", 9);
    cr_assert_gt(calibrate_evidence(0.8f, 1, 4, "shoe shoe", 9), one);
    cr_assert_gt(calibrate_evidence(0.5f, 2, 4, "shoe shoe", 9), one);
    cr_assert_geq(calibrate_evidence(0.5f, 1, 2, "shoe shoe", 9), one);
    cr_assert_leq(calibrate_evidence(0.5f, 1, 0, "", 0), one);
}
