#include "base/pool.h"

#include "base/mem.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

struct job {
    void (*run)(void *arg, unsigned worker);
    void *arg;
};

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct job *ring; /* ring[head .. head + n), modulo cap */
    size_t head, n, cap;
    bool closing;
    unsigned threads;
    struct worker {
        struct pool *pool;
        unsigned index;
        pthread_t thread;
    } workers[];
};

unsigned cpu_count(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    int n = CPU_COUNT(&set);
    return n > 0 ? (unsigned)n : 1;
}

static void *work(void *arg)
{
    struct worker *w = arg;
    struct pool *p = w->pool;
    pthread_mutex_lock(&p->lock);
    for (;;) {
        while (!p->n && !p->closing) pthread_cond_wait(&p->work, &p->lock);
        if (!p->n) break;
        struct job j = p->ring[p->head];
        p->head = (p->head + 1) % p->cap;
        p->n--;
        pthread_mutex_unlock(&p->lock);
        j.run(j.arg, w->index);
        pthread_mutex_lock(&p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

struct pool *pool_new(unsigned threads, size_t queue_limit)
{
    if (!threads) threads = cpu_count();
    struct pool *p = xcalloc(1, sizeof *p + threads * sizeof p->workers[0]);
    p->threads = threads;
    p->cap = queue_limit ? queue_limit : 1;
    p->ring = xcalloc(p->cap, sizeof *p->ring);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->work, NULL);
    sigset_t all, old; /* signals belong to the thread that made the pool */
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &old);
    for (unsigned i = 0; i < threads; i++) {
        p->workers[i] = (struct worker){.pool = p, .index = i};
        if (pthread_create(&p->workers[i].thread, NULL, work, &p->workers[i]) != 0) abort();
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return p;
}

void pool_free(struct pool *p)
{
    if (!p) return;
    pthread_mutex_lock(&p->lock);
    p->closing = true;
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->threads; i++) pthread_join(p->workers[i].thread, NULL);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->work);
    free(p->ring);
    free(p);
}

unsigned pool_size(const struct pool *p)
{
    return p->threads;
}

size_t pool_waiting(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
    size_t n = p->n;
    pthread_mutex_unlock(&p->lock);
    return n;
}

bool pool_submit(struct pool *p, void (*job)(void *arg, unsigned worker), void *arg)
{
    pthread_mutex_lock(&p->lock);
    bool room = p->n < p->cap && !p->closing;
    if (room) {
        p->ring[(p->head + p->n++) % p->cap] = (struct job){job, arg};
        pthread_cond_signal(&p->work);
    }
    pthread_mutex_unlock(&p->lock);
    return room;
}

/* ---- parallel for: every worker takes the next index until none is left ---- */

struct loop {
    void (*body)(void *arg, size_t i, unsigned worker);
    void *arg;
    size_t n;
    atomic_size_t next;
    pthread_mutex_t lock;
    pthread_cond_t done;
    unsigned running;
};

static void loop_job(void *arg, unsigned worker)
{
    struct loop *l = arg;
    for (size_t i; (i = atomic_fetch_add(&l->next, 1)) < l->n;) l->body(l->arg, i, worker);
    pthread_mutex_lock(&l->lock);
    if (--l->running == 0) pthread_cond_signal(&l->done);
    pthread_mutex_unlock(&l->lock);
}

void pool_for(struct pool *p, size_t n, void (*body)(void *arg, size_t i, unsigned worker), void *arg)
{
    struct loop l = {.body = body, .arg = arg, .n = n, .lock = PTHREAD_MUTEX_INITIALIZER, .done = PTHREAD_COND_INITIALIZER};
    unsigned want = n < p->threads ? (unsigned)n : p->threads;
    l.running = want; /* before the first job: no worker ever waits for us, who may be waiting for room in the queue */
    for (unsigned k = 0; k < want; k++)
        while (!pool_submit(p, loop_job, &l)) sched_yield();
    pthread_mutex_lock(&l.lock);
    while (l.running) pthread_cond_wait(&l.done, &l.lock);
    pthread_mutex_unlock(&l.lock);
    pthread_cond_destroy(&l.done);
    pthread_mutex_destroy(&l.lock);
}
