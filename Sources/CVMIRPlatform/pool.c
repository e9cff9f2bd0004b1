#define _GNU_SOURCE
#include "vmir_platform.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct vp_pool {
  pthread_mutex_t lock;
  pthread_cond_t job_ready, job_done;
  void *context;
  void (*body)(void *context, size_t item, size_t thread);
  size_t item_count;
  atomic_size_t next_item;
  unsigned job;     // counts jobs, so that a worker sees a new one
  int busy;         // workers that have not yet left the current job
  int stopping;
  int worker_count; // threads besides the caller
  pthread_t workers[];
};

typedef struct {
  vp_pool *pool;
  size_t thread;
} worker_start;

static void work(vp_pool *pool, size_t thread) {
  for (;;) {
    size_t item = atomic_fetch_add_explicit(&pool->next_item, 1, memory_order_relaxed);
    if (item >= pool->item_count) return;
    pool->body(pool->context, item, thread);
  }
}

static void *worker(void *argument) {
  worker_start start = *(worker_start *)argument;
  free(argument);
  vp_pool *pool = start.pool;
  unsigned seen = 0;
  pthread_mutex_lock(&pool->lock);
  for (;;) {
    while (!pool->stopping && pool->job == seen) pthread_cond_wait(&pool->job_ready, &pool->lock);
    if (pool->stopping) break;
    seen = pool->job;
    pthread_mutex_unlock(&pool->lock);
    work(pool, start.thread);
    pthread_mutex_lock(&pool->lock);
    if (--pool->busy == 0) pthread_cond_signal(&pool->job_done);
  }
  pthread_mutex_unlock(&pool->lock);
  return NULL;
}

vp_pool *vp_pool_create(int thread_count) {
  int wanted = thread_count > 1 ? thread_count - 1 : 0;
  vp_pool *pool = calloc(1, sizeof *pool + (size_t)wanted * sizeof(pthread_t));
  if (!pool) return NULL;
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

void vp_pool_run(vp_pool *pool, size_t item_count, void *context,
                 void (*body)(void *context, size_t item, size_t thread)) {
  if (pool->worker_count == 0 || item_count < 2) {
    for (size_t item = 0; item < item_count; item++) body(context, item, 0);
    return;
  }
  pthread_mutex_lock(&pool->lock);
  pool->context = context;
  pool->body = body;
  pool->item_count = item_count;
  atomic_store_explicit(&pool->next_item, 0, memory_order_relaxed);
  pool->busy = pool->worker_count;
  pool->job++;
  pthread_cond_broadcast(&pool->job_ready);
  pthread_mutex_unlock(&pool->lock);
  work(pool, 0);
  pthread_mutex_lock(&pool->lock);
  while (pool->busy > 0) pthread_cond_wait(&pool->job_done, &pool->lock);
  pthread_mutex_unlock(&pool->lock);
}

void vp_pool_destroy(vp_pool *pool) {
  if (!pool) return;
  pthread_mutex_lock(&pool->lock);
  pool->stopping = 1;
  pthread_cond_broadcast(&pool->job_ready);
  pthread_mutex_unlock(&pool->lock);
  for (int i = 0; i < pool->worker_count; i++) pthread_join(pool->workers[i], NULL);
  pthread_mutex_destroy(&pool->lock);
  pthread_cond_destroy(&pool->job_ready);
  pthread_cond_destroy(&pool->job_done);
  free(pool);
}
