// Uses libvmir as a C program does: one picture through planes, pixels, threads and cancelling.
//
//   library_test MODEL.vmir IN.npy OUT.npy
//
// Writes a picture to IN.npy, float32 [1, 3, H, W], and what the model makes of it to OUT.npy, so
// that another program's result can be compared.
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vmir.h>

enum { WIDTH = 27, HEIGHT = 19, THREADS = 4 };

static int failures;

static void check(int is_true, const char *what) {
  if (is_true) return;
  fprintf(stderr, "FAIL %s\n", what);
  failures++;
}

/// A picture of planes, float32 `[3][height][width]`.
static vmir_image planes(float *samples, int64_t width, int64_t height) {
  return (vmir_image){.struct_byte_count = sizeof(vmir_image), .samples = samples,
                      .byte_count = (size_t)(width * height) * 12, .sample = VMIR_FLOAT32,
                      .channels = 3, .width = width, .height = height,
                      .row_stride = width * 4, .pixel_stride = 4,
                      .channel_stride = width * height * 4};
}

static void write_npy(const char *path, const float *values, int64_t width, int64_t height) {
  char header[128];
  memset(header, ' ', sizeof header);
  memcpy(header, "\x93NUMPY\1\0\x76\0", 10);
  int count = snprintf(header + 10, sizeof header - 10,
                       "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, %d, %d), }",
                       (int)height, (int)width);
  header[10 + count] = ' ';
  header[127] = '\n';
  FILE *file = fopen(path, "wb");
  check(file && fwrite(header, 1, sizeof header, file) == sizeof header &&
            fwrite(values, 12, (size_t)(width * height), file) == (size_t)(width * height) &&
            fclose(file) == 0,
        "the array is written");
}

typedef struct {
  vmir_model *model;
  const vmir_image *input;
  const float *expected;
  size_t byte_count;
  int result;
} job;

static void *run_job(void *argument) {
  job *j = argument;
  vmir_image output = planes(malloc(j->byte_count), j->input->width * vmir_scale(j->model),
                             j->input->height * vmir_scale(j->model));
  j->result = output.samples && vmir_run(j->model, j->input, &output, NULL, NULL) == VMIR_DONE &&
              memcmp(output.samples, j->expected, j->byte_count) == 0;
  free(output.samples);
  return NULL;
}

/// Half of the threads share a handle, the others have one each.
static void run_threads(vmir_model *model, const vmir_image *input, const vmir_image *output) {
  pthread_t threads[THREADS];
  job jobs[THREADS];
  for (int i = 0; i < THREADS; i++) {
    jobs[i] = (job){model, input, output->samples, output->byte_count, 0};
    if (i % 2 == 1) {
      vmir_error error;
      check(vmir_share(model, 1, &jobs[i].model, &error) == VMIR_DONE, error.text);
      check(vmir_thread_count(jobs[i].model) == 1, "a shared handle has its own threads");
    }
    check(pthread_create(&threads[i], NULL, run_job, &jobs[i]) == 0, "a thread starts");
  }
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
    check(jobs[i].result, "every thread gets the same samples");
    if (i % 2 == 1) vmir_close(jobs[i].model);
  }
}

static int32_t stop_half_way(void *context, double share) {
  *(double *)context = share;
  return share >= 0.5;
}

static void run_cancelled(vmir_model *model, const vmir_image *input, const vmir_image *output) {
  double share = 0;
  vmir_run_options options = {.struct_byte_count = sizeof options, .progress = stop_half_way,
                              .context = &share};
  vmir_error error;
  check(vmir_run(model, input, output, &options, &error) == VMIR_CANCELLED, "a run is cancelled");
  check(error.status == VMIR_CANCELLED && strcmp(error.text, "was cancelled") == 0, error.text);
  check(share >= 0.5 && share < 1, "a cancelled run ends early");
}

static double mean(const float *samples, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; i++) sum += samples[i];
  return sum / (double)count;
}

/// Outputs of any size, and a caller who knows the first version's options only.
static void run_resized(vmir_model *model, const vmir_image *input, const vmir_image *output) {
  enum { OTHER_WIDTH = 40, OTHER_HEIGHT = 23, OTHER_COUNT = 3 * OTHER_WIDTH * OTHER_HEIGHT };
  static float samples[OTHER_COUNT];
  vmir_image other = planes(samples, OTHER_WIDTH, OTHER_HEIGHT);
  vmir_run_options options = {.struct_byte_count = sizeof options, .is_resized = 1};
  vmir_error error;
  check(vmir_run(model, input, &other, &options, &error) == VMIR_DONE, error.text);
  double whole = mean(output->samples, output->width * output->height * 3);
  double found = mean(samples, OTHER_COUNT);
  check(found - whole < 0.02 && whole - found < 0.02, "another size has the same brightness");
  vmir_image same = *output;
  same.samples = malloc(output->byte_count);
  check(same.samples && vmir_run(model, input, &same, &options, &error) == VMIR_DONE &&
            memcmp(same.samples, output->samples, output->byte_count) == 0,
        "the network's size has the network's samples");
  free(same.samples);
  // What stands behind the structure is not looked at.
  options.struct_byte_count = offsetof(vmir_run_options, is_resized);
  check(vmir_run(model, input, &other, &options, &error) == VMIR_USAGE, "an older caller is known");
  check(vmir_run(model, input, output, &options, &error) == VMIR_DONE, error.text);
  options.struct_byte_count--;
  check(vmir_run(model, input, output, &options, &error) == VMIR_USAGE, "options are too short");
  options.struct_byte_count = sizeof options + 8;
  check(vmir_run(model, input, output, &options, &error) == VMIR_USAGE, "options are too long");
}

int main(int count, char **arguments) {
  if (count != 4) return 64;
  check(strcmp(vmir_version(), VMIR_VERSION) == 0 && vmir_abi_version() == VMIR_ABI_VERSION,
        "library and header belong together");
  vmir_error error;
  vmir_model *model;
  if (vmir_open_file(arguments[1], NULL, &model, &error) != VMIR_DONE)
    return fprintf(stderr, "FAIL %s\n", error.text), 1;
  static float samples[3 * HEIGHT * WIDTH];
  for (int i = 0; i < 3 * HEIGHT * WIDTH; i++) samples[i] = (float)(i * 37 % 256) / 255;
  vmir_image input = planes(samples, WIDTH, HEIGHT);
  int64_t scale = vmir_scale(model);
  size_t byte_count = sizeof samples * (size_t)(scale * scale);
  vmir_image output = planes(malloc(byte_count), WIDTH * scale, HEIGHT * scale);
  if (!output.samples) return 70;
  check(vmir_run(model, &input, &output, NULL, &error) == VMIR_DONE, error.text);
  write_npy(arguments[2], samples, WIDTH, HEIGHT);
  write_npy(arguments[3], output.samples, WIDTH * scale, HEIGHT * scale);
  run_threads(model, &input, &output);
  run_resized(model, &input, &output);
  vmir_image other = output;
  other.samples = malloc(byte_count);
  if (!other.samples) return 70;
  run_cancelled(model, &input, &other);
  check(vmir_run(model, &input, &other, NULL, NULL) == VMIR_DONE &&
            memcmp(other.samples, output.samples, byte_count) == 0,
        "a run after a cancelled one is whole");
  free(output.samples);
  free(other.samples);
  vmir_close(model);
  return failures > 0;
}
