// Restores a binary PPM picture (P6, 8 bits) with a .vmir model.
//
//   cc restore_ppm.c -I include -L lib -lvmir -o restore_ppm           (libvmir.so)
//   cc restore_ppm.c -I include lib/libvmir.a -lm -pthread -o restore_ppm
//   ./restore_ppm model.vmir in.ppm out.ppm
#include <stdio.h>
#include <stdlib.h>
#include <vmir.h>

static int32_t show(void *context, double share) {
  fprintf(context, "\r%3d %%", (int)(share * 100));
  return 0; // go on
}

static int fail(const char *file, const char *what) {
  fprintf(stderr, "error: %s: %s\n", file, what);
  return 1;
}

int main(int count, char **arguments) {
  if (count != 4) return fprintf(stderr, "usage: restore_ppm MODEL.vmir IN.ppm OUT.ppm\n"), 64;
  vmir_error error;
  vmir_model *model;
  if (vmir_open_file(arguments[1], NULL, &model, &error) != VMIR_DONE)
    return fail(arguments[1], error.text);
  if (vmir_input_channels(model) != 3 || vmir_output_channels(model) != 3)
    return fail(arguments[1], "is not for colour pictures");

  int width, height;
  FILE *file = fopen(arguments[2], "rb");
  if (!file || fscanf(file, "P6 %6d %6d 255", &width, &height) != 2 || fgetc(file) == EOF ||
      width < 1 || height < 1)
    return fail(arguments[2], "is not a PPM picture");
  int64_t scale = vmir_scale(model);
  vmir_image input = {.struct_byte_count = sizeof input}, output = input;
  input.sample = output.sample = VMIR_UINT8;
  input.channels = output.channels = 3;
  input.width = width, output.width = width * scale;
  input.height = height, output.height = height * scale;
  input.byte_count = (size_t)width * (size_t)height * 3;
  output.byte_count = input.byte_count * (size_t)(scale * scale);
  input.samples = malloc(input.byte_count);
  output.samples = malloc(output.byte_count);
  if (!input.samples || !output.samples) return fail(arguments[2], "is too large");
  if (fread(input.samples, 1, input.byte_count, file) != input.byte_count)
    return fail(arguments[2], "ends too early");
  fclose(file);

  vmir_run_options options = {.struct_byte_count = sizeof options};
  options.progress = show;
  options.context = stderr;
  if (vmir_run(model, &input, &output, &options, &error) != VMIR_DONE)
    return fail(arguments[2], error.text);
  vmir_close(model);

  file = fopen(arguments[3], "wb");
  if (!file) return fail(arguments[3], "cannot be written");
  fprintf(file, "P6\n%lld %lld\n255\n", (long long)output.width, (long long)output.height);
  size_t written = fwrite(output.samples, 1, output.byte_count, file);
  if (fclose(file) != 0 || written != output.byte_count)
    return fail(arguments[3], "cannot be written");
  free(input.samples);
  free(output.samples);
  return 0;
}
