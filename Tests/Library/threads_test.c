// libvmir under several threads: one handle for all, shared handles, handles of their own; runs,
// forecasts and cancels at once, and closing in any order. Run under ThreadSanitizer too.
//
//   threads_test MODEL.vmir
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <vmir.h>

enum { WIDTH = 19, HEIGHT = 14, USERS = 3, ROUNDS = 3 };

static const char *path;
static vmir_model *common;
static float *expected;
static atomic_int failures, run_count, cancelled_count;

static void check(int is_true, const char *what) {
  if (is_true) return;
  fprintf(stderr, "FAIL %s\n", what);
  failures++;
}

static vmir_image picture(float *samples, int64_t width, int64_t height) {
  return (vmir_image){.struct_byte_count = sizeof(vmir_image), .samples = samples,
                      .byte_count = (size_t)(width * height) * 12, .sample = VMIR_FLOAT32,
                      .channels = 3, .width = width, .height = height};
}

static int32_t stop_after(void *context, double share) {
  (void)share;
  int *left = context;
  return left && --*left < 0;
}

/// One run of a picture of its own; the first one's result is what all others must give.
static void run_once(vmir_model *model, int is_cancelled) {
  float *samples = malloc(sizeof(float) * WIDTH * HEIGHT * 3);
  const int64_t scale = vmir_scale(model);
  vmir_image input = picture(samples, WIDTH, HEIGHT);
  vmir_image output = picture(NULL, WIDTH * scale, HEIGHT * scale);
  output.samples = malloc(output.byte_count);
  if (!samples || !output.samples) exit(70);
  for (int i = 0; i < WIDTH * HEIGHT * 3; i++) samples[i] = (float)(i % 17) / 17;
  int left = 5;
  vmir_run_options options = {.struct_byte_count = sizeof options, .progress = stop_after,
                              .context = is_cancelled ? &left : NULL};
  vmir_error error = {0};
  const vmir_status status = vmir_run(model, &input, &output, &options, &error);
  if (status == VMIR_CANCELLED) {
    cancelled_count++;
  } else {
    check(status == VMIR_DONE, error.text);
    run_count++;
    if (!expected) {
      expected = output.samples;
      output.samples = NULL;
    } else {
      check(memcmp(output.samples, expected, output.byte_count) == 0, "all runs give the same");
    }
  }
  free(samples);
  free(output.samples);
}

static void *use_shared(void *unused) {
  for (int i = 0; i < ROUNDS; i++) {
    vmir_model *model = NULL;
    check(vmir_share(common, 2, &model, NULL) == VMIR_DONE, "a handle is shared");
    run_once(model, i == 1);
    vmir_close(model);
  }
  return unused;
}

static void *use_common(void *number) {
  for (int i = 0; i < ROUNDS; i++) {
    run_once(common, i == *(int *)number);
    vmir_forecast forecast = {.struct_byte_count = sizeof forecast};
    check(vmir_predict(common, 100 + i, 77, NULL, &forecast, NULL) == VMIR_DONE, "a forecast");
  }
  return NULL;
}

static void *use_own(void *unused) {
  vmir_open_options options = {.struct_byte_count = sizeof options, .thread_count = 2,
                               .isa = "generic"};
  vmir_model *model = NULL;
  check(vmir_open_file(path, &options, &model, NULL) == VMIR_DONE, "a handle of its own");
  run_once(model, 0);
  vmir_close(model);
  return unused;
}

static void *cancel_all(void *unused) {
  for (int i = 0; i < 20; i++) {
    vmir_cancel(common);
    nanosleep(&(struct timespec){.tv_nsec = 3000000}, NULL);
  }
  return unused;
}

int main(int count, char **arguments) {
  if (count != 2) return 64;
  path = arguments[1];
  // The kernels of all machines, so that handles of other kernels give the same bits.
  vmir_open_options options = {.struct_byte_count = sizeof options, .thread_count = 3,
                               .isa = "generic"};
  vmir_error error;
  if (vmir_open_file(path, &options, &common, &error) != VMIR_DONE)
    return fprintf(stderr, "FAIL %s\n", error.text), 1;
  run_once(common, 0);
  pthread_t threads[3 * USERS];
  int numbers[USERS], started = 0;
  for (int i = 0; i < USERS; i++) {
    numbers[i] = i;
    pthread_create(&threads[started++], NULL, use_shared, NULL);
    pthread_create(&threads[started++], NULL, use_common, &numbers[i]);
    pthread_create(&threads[started++], NULL, i < USERS - 1 ? use_own : cancel_all, NULL);
  }
  for (int i = 0; i < started; i++) pthread_join(threads[i], NULL);
  // What was shared stays when the handle that it came from goes.
  vmir_model *last = NULL;
  check(vmir_share(common, 1, &last, NULL) == VMIR_DONE, "the last handle is shared");
  vmir_close(common);
  run_once(last, 0);
  vmir_close(last);
  free(expected);
  printf("%d runs, %d cancelled, %d failures\n", run_count, cancelled_count, failures);
  return failures > 0;
}
