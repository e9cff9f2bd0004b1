#define _GNU_SOURCE
#include "vmir_platform.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

// A job is published by one store to `ticket`, which holds its number, its item count and the next
// item. An item is claimed by a compare-and-swap of the whole, so a thread that comes late can't
// take an item of another job. The caller waits for the items, not for the threads: it does the
// work alone while the others are still waking up.
#define ITEM_BITS 20
#define ITEM_LIMIT ((size_t)1 << ITEM_BITS)
#define JOB_SHIFT (2 * ITEM_BITS)

// Looks at the ticket before a thread goes to sleep: about 50 microseconds.
#define SPIN_LIMIT 2000

struct vp_pool {
  _Alignas(64) _Atomic(uint64_t) ticket;
  _Alignas(64) atomic_size_t done_count;
  // Of the current job; stable while any of its items is not done.
  void *context;
  void (*body)(void *context, size_t item, size_t thread);
  size_t first_item;
  pthread_mutex_t lock;
  pthread_cond_t job_ready, job_done;
  atomic_int sleeper_count;
  atomic_int caller_sleeps;
  atomic_int stopping;
  int worker_count; // threads besides the caller
  pthread_t workers[];
};

typedef struct {
  vp_pool *pool;
  size_t thread;
} worker_start;

static inline void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static uint64_t job_of(uint64_t ticket) { return ticket >> JOB_SHIFT; }

/// Runs items of job `job` until there are none left.
static void work(vp_pool *pool, uint64_t job, size_t thread) {
  uint64_t ticket = atomic_load(&pool->ticket);
  for (;;) {
    size_t next = ticket & (ITEM_LIMIT - 1);
    size_t count = ticket >> ITEM_BITS & (ITEM_LIMIT - 1);
    if (job_of(ticket) != job || next >= count) return;
    if (!atomic_compare_exchange_weak(&pool->ticket, &ticket, ticket + 1)) continue;
    pool->body(pool->context, pool->first_item + next, thread);
    if (atomic_fetch_add(&pool->done_count, 1) + 1 == count &&
        atomic_load(&pool->caller_sleeps)) {
      pthread_mutex_lock(&pool->lock);
      pthread_cond_signal(&pool->job_done);
      pthread_mutex_unlock(&pool->lock);
    }
    ticket = atomic_load(&pool->ticket);
  }
}

static void *worker(void *argument) {
  worker_start start = *(worker_start *)argument;
  free(argument);
  vp_pool *pool = start.pool;
  uint64_t seen = 0;
  for (;;) {
    uint64_t job = seen;
    for (int spin = 0; job == seen && spin < SPIN_LIMIT; spin++) {
      relax();
      job = job_of(atomic_load(&pool->ticket));
    }
    if (job == seen) {
      pthread_mutex_lock(&pool->lock);
      atomic_fetch_add(&pool->sleeper_count, 1);
      while ((job = job_of(atomic_load(&pool->ticket))) == seen && !atomic_load(&pool->stopping))
        pthread_cond_wait(&pool->job_ready, &pool->lock);
      atomic_fetch_sub(&pool->sleeper_count, 1);
      pthread_mutex_unlock(&pool->lock);
    }
    if (atomic_load(&pool->stopping)) return NULL;
    seen = job;
    work(pool, job, start.thread);
  }
}

vp_pool *vp_pool_create(int thread_count) {
  int wanted = thread_count > 1 ? thread_count - 1 : 0;
  size_t byte_count = sizeof(vp_pool) + (size_t)wanted * sizeof(pthread_t);
  vp_pool *pool = vp_allocate(byte_count, _Alignof(vp_pool));
  if (!pool) return NULL;
  *pool = (vp_pool){0};
  pthread_mutex_init(&pool->lock, NULL);
  pthread_cond_init(&pool->job_ready, NULL);
  pthread_cond_init(&pool->job_done, NULL);
  for (int i = 0; i < wanted; i++) {
    worker_start *start = malloc(sizeof *start);
    if (!start) break;
    *start = (worker_start){.pool = pool, .thread = (size_t)i + 1};
    if (pthread_create(&pool->workers[i], NULL, worker, start) != 0) {
      free(start);
      break;
    }
    pool->worker_count = i + 1;
  }
  return pool;
}

int vp_pool_thread_count(const vp_pool *pool) { return pool->worker_count + 1; }

/// Publishes `item_count` items, fewer than ITEM_LIMIT, and returns when they are done.
static void run_job(vp_pool *pool, size_t item_count) {
  uint64_t job = job_of(atomic_load(&pool->ticket)) + 1;
  if (job >> (64 - JOB_SHIFT)) job = 1;
  atomic_store(&pool->done_count, 0);
  atomic_store(&pool->ticket, job << JOB_SHIFT | (uint64_t)item_count << ITEM_BITS);
  // A worker counts itself as asleep before it looks at the ticket for the last time.
  if (atomic_load(&pool->sleeper_count) > 0) {
    pthread_mutex_lock(&pool->lock);
    pthread_cond_broadcast(&pool->job_ready);
    pthread_mutex_unlock(&pool->lock);
  }
  work(pool, job, 0);
  for (int spin = 0; spin < SPIN_LIMIT; spin++) {
    if (atomic_load(&pool->done_count) == item_count) return;
    relax();
  }
  pthread_mutex_lock(&pool->lock);
  atomic_store(&pool->caller_sleeps, 1);
  while (atomic_load(&pool->done_count) != item_count)
    pthread_cond_wait(&pool->job_done, &pool->lock);
  atomic_store(&pool->caller_sleeps, 0);
  pthread_mutex_unlock(&pool->lock);
}

void vp_pool_run(vp_pool *pool, size_t item_count, void *context,
                 void (*body)(void *context, size_t item, size_t thread)) {
  if (pool->worker_count == 0 || item_count < 2) {
    for (size_t item = 0; item < item_count; item++) body(context, item, 0);
    return;
  }
  pool->context = context;
  pool->body = body;
  for (size_t first = 0; first < item_count; first += ITEM_LIMIT - 1) {
    size_t left = item_count - first;
    pool->first_item = first;
    run_job(pool, left < ITEM_LIMIT ? left : ITEM_LIMIT - 1);
  }
}

void vp_pool_destroy(vp_pool *pool) {
  if (!pool) return;
  pthread_mutex_lock(&pool->lock);
  atomic_store(&pool->stopping, 1);
  pthread_cond_broadcast(&pool->job_ready);
  pthread_mutex_unlock(&pool->lock);
  // A worker that spins sees `stopping` when it goes to sleep.
  for (int i = 0; i < pool->worker_count; i++) pthread_join(pool->workers[i], NULL);
  pthread_mutex_destroy(&pool->lock);
  pthread_cond_destroy(&pool->job_ready);
  pthread_cond_destroy(&pool->job_done);
  vp_free(pool);
}

// MARK: Flags

int vp_try_lock(int32_t *flag) {
  int32_t free = 0;
  return __atomic_compare_exchange_n(flag, &free, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

void vp_unlock(int32_t *flag) { __atomic_store_n(flag, 0, __ATOMIC_RELEASE); }
