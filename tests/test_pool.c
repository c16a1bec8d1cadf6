/* Worker threads: everything runs once, full means no, loops end. */
#include "base/mem.h"
#include "base/pool.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

enum { N = 10000 };

static void count(void *arg, unsigned worker)
{
    (void)worker;
    atomic_fetch_add((atomic_int *)arg, 1);
}

Test(pool, every_job_runs_once_and_free_waits_for_them)
{
    atomic_int ran = 0;
    int taken = 0;
    struct pool *p = pool_new(3, 64);
    cr_assert_eq(pool_size(p), 3);
    for (int i = 0; i < N; i++) taken += pool_submit(p, count, &ran);
    pool_free(p);
    cr_assert_eq(ran, taken);
    cr_assert_gt(taken, 0);
    pool_free(NULL);
}

struct gate {
    atomic_bool open;
    atomic_int ran;
};
static void wait_for_gate(void *arg, unsigned worker)
{
    struct gate *g = arg;
    (void)worker;
    while (!g->open) usleep(100);
    g->ran++;
}

Test(pool, a_full_queue_refuses_at_once)
{
    struct gate g = {0};
    struct pool *p = pool_new(1, 2);
    int taken = 0;
    while (taken < 1) taken += pool_submit(p, wait_for_gate, &g);
    while (pool_waiting(p)) usleep(100); /* the worker has it */
    cr_assert(pool_submit(p, wait_for_gate, &g));
    cr_assert(pool_submit(p, wait_for_gate, &g));
    cr_assert_eq(pool_waiting(p), 2);
    cr_assert_not(pool_submit(p, wait_for_gate, &g));
    g.open = true;
    pool_free(p);
    cr_assert_eq(g.ran, 3);
}

struct visits {
    atomic_uchar seen[N];
    atomic_int bad_worker;
    unsigned size;
};
static void visit(void *arg, size_t i, unsigned worker)
{
    struct visits *v = arg;
    v->seen[i]++;
    if (worker >= v->size) v->bad_worker++;
}

Test(pool, a_loop_visits_every_index_once)
{
    static const size_t sizes[] = {0, 1, 2, 3, 7, N};
    struct visits *v = xcalloc(1, sizeof *v);
    struct pool *p = pool_new(3, 1);
    v->size = 3;
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        for (size_t i = 0; i < N; i++) v->seen[i] = 0;
        pool_for(p, sizes[k], visit, v);
        for (size_t i = 0; i < N; i++) cr_assert_eq(v->seen[i], i < sizes[k], "index %zu of %zu", i, sizes[k]);
    }
    cr_assert_eq(v->bad_worker, 0);
    pool_free(p);
    free(v);
}

struct looper {
    struct pool *pool;
    atomic_int sum;
};
static void add_one(void *arg, size_t i, unsigned worker)
{
    (void)i, (void)worker;
    ((struct looper *)arg)->sum++;
}
static void *loop_often(void *arg)
{
    struct looper *l = arg;
    for (int i = 0; i < 2000; i++) pool_for(l->pool, 4, add_one, l);
    return NULL;
}

Test(pool, loops_of_several_threads_share_a_short_queue, .timeout = 30)
{
    struct pool *p = pool_new(3, 1);
    struct looper l[6];
    pthread_t t[6];
    for (int i = 0; i < 6; i++) {
        l[i] = (struct looper){.pool = p};
        pthread_create(&t[i], NULL, loop_often, &l[i]);
    }
    for (int i = 0; i < 6; i++) {
        pthread_join(t[i], NULL);
        cr_assert_eq(l[i].sum, 8000);
    }
    pool_free(p);
}

Test(pool, no_number_means_every_cpu_we_may_use)
{
    struct pool *p = pool_new(0, 1);
    cr_assert_geq(cpu_count(), 1);
    cr_assert_eq(pool_size(p), cpu_count());
    pool_free(p);
}
