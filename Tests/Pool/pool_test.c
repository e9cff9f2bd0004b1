// The thread pool, used by several threads that each have their own: every item runs exactly once,
// with a thread number of its own, and results are seen by the caller. Run under a sanitizer.
#include "vmir_platform.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { user_count = 5, pool_count = 4, job_count = 300, most_items = 301, most_threads = 8 };

typedef struct {
  uint32_t *results;
  uint32_t seed;
  // Not atomic: only calls that don't overlap have the same thread number.
  size_t items_by_thread[most_threads];
} job;

static atomic_int wrong;

static void run_item(void *context, size_t item, size_t thread) {
  job *j = context;
  j->results[item] += j->seed ^ (uint32_t)item;
  j->items_by_thread[thread]++;
}

/// Runs one job and checks each result.
static void try_job(vp_pool *pool, size_t item_count, uint32_t seed) {
  job j = {.results = calloc(item_count + 1, sizeof(uint32_t)), .seed = seed};
  vp_pool_run(pool, item_count, &j, run_item);
  size_t total = 0;
  for (int i = 0; i < most_threads; i++) total += j.items_by_thread[i];
  wrong += total != item_count || j.results[item_count] != 0;
  for (size_t i = 0; i < item_count; i++) wrong += j.results[i] != (seed ^ (uint32_t)i);
  free(j.results);
}

static void *use(void *argument) {
  uint32_t number = (uint32_t)(uintptr_t)argument;
  for (uint32_t p = 0; p < pool_count; p++) {
    vp_pool *pool = vp_pool_create((int)(1 + (number + p) % most_threads));
    for (uint32_t i = 0; i < job_count; i++) try_job(pool, i * 7 % most_items, i + number);
    vp_pool_destroy(pool);
  }
  return NULL;
}

int main(void) {
  pthread_t users[user_count];
  for (uintptr_t i = 0; i < user_count; i++) pthread_create(&users[i], NULL, use, (void *)i);
  for (int i = 0; i < user_count; i++) pthread_join(users[i], NULL);
  // More items than fit the pool's counters of small jobs.
  vp_pool *pool = vp_pool_create(4);
  try_job(pool, ((size_t)1 << 20) + 77, 1);
  vp_pool_destroy(pool);
  printf("%d wrong results\n", wrong);
  return wrong != 0;
}
