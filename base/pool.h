/* Worker threads that sleep when there is nothing to do.
 *
 *     struct pool *p = pool_new(2, 1024);
 *     if (!pool_submit(p, serve, request)) refuse(request);     the queue is bounded: full means "no" at once
 *     pool_for(p, n, embed_one, &batch);                        runs embed_one(&batch, i, worker) for i in 0..n-1, waits
 *     pool_free(p);                                             runs what is queued, then joins the threads
 *
 * `worker` is 0..pool_size-1 for jobs and loop bodies alike: an index into per-thread scratch.
 * pool_for must not be called from a worker of the same pool; several other threads may call it at once. */
#ifndef SOUK_POOL_H
#define SOUK_POOL_H

#include <stdbool.h>
#include <stddef.h>

struct pool;

struct pool *pool_new(unsigned threads, size_t queue_limit); /* threads 0: one for each CPU this process may use */
void pool_free(struct pool *p);
unsigned pool_size(const struct pool *p);
size_t pool_waiting(struct pool *p); /* jobs queued but not begun */
bool pool_submit(struct pool *p, void (*job)(void *arg, unsigned worker), void *arg);
void pool_for(struct pool *p, size_t n, void (*body)(void *arg, size_t i, unsigned worker), void *arg);
unsigned cpu_count(void); /* CPUs this process may run on, at least 1 */

#endif
