#include "CPNG.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  cpng_output *output;
  size_t capacity;
} writer;

static void on_error(png_structp png, png_const_charp message) {
  writer *w = png_get_error_ptr(png);
  strncpy(w->output->error, message, sizeof w->output->error - 1);
  png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static void on_write(png_structp png, png_bytep bytes, size_t count) {
  writer *w = png_get_io_ptr(png);
  cpng_output *output = w->output;
  if (count > w->capacity - output->byte_count) {
    if (count > SIZE_MAX / 4 || w->capacity > SIZE_MAX / 4) png_error(png, "out of memory");
    size_t capacity = w->capacity * 2 > output->byte_count + count ? w->capacity * 2
                                                                    : output->byte_count + count;
    uint8_t *larger = realloc(output->bytes, capacity);
    if (!larger) png_error(png, "out of memory");
    output->bytes = larger;
    w->capacity = capacity;
  }
  memcpy(output->bytes + output->byte_count, bytes, count);
  output->byte_count += count;
}

static void on_flush(png_structp png) { (void)png; }

static void write_chunks(png_structp png, const uint8_t *chunks, size_t byte_count) {
  size_t position = 0;
  while (byte_count - position >= 8) {
    const uint8_t *chunk = chunks + position;
    size_t length = png_get_uint_32(chunk);
    if (length > byte_count - position - 8) png_error(png, "a chunk is longer than its bytes");
    png_write_chunk(png, chunk + 4, chunk + 8, length);
    position += 8 + length;
  }
}

static int colour_type(int channels) {
  switch (channels) {
    case 1: return PNG_COLOR_TYPE_GRAY;
    case 2: return PNG_COLOR_TYPE_GRAY_ALPHA;
    case 3: return PNG_COLOR_TYPE_RGB;
    default: return PNG_COLOR_TYPE_RGB_ALPHA;
  }
}

static void write_all(png_structp png, png_infop info, const cpng_format *format,
                      const uint8_t *pixels, const uint8_t *chunks, size_t chunk_byte_count) {
  size_t row_size = (size_t)format->width * (size_t)format->channels *
                    (size_t)format->bit_depth / 8;
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_IHDR(png, info, format->width, format->height, format->bit_depth,
               colour_type(format->channels), PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  write_chunks(png, chunks, chunk_byte_count);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  if (format->bit_depth == 16) png_set_swap(png);
#endif
  for (size_t y = 0; y < format->height; y++) png_write_row(png, pixels + y * row_size);
  png_write_end(png, NULL);
}

int cpng_encode(const cpng_format *format, const void *pixels, const uint8_t *chunks,
                size_t chunk_byte_count, cpng_output *output) {
  memset(output, 0, sizeof *output);
  writer w = {output, 0};
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &w, on_error, on_warning);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  if (!info) {
    png_destroy_write_struct(&png, NULL);
    strcpy(output->error, "out of memory");
    return -1;
  }
  // `png` and `info` are not changed after setjmp, so they are still valid after a longjmp.
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_write_struct(&png, &info);
    return -1;
  }
  png_set_write_fn(png, &w, on_write, on_flush);
  write_all(png, info, format, pixels, chunks, chunk_byte_count);
  png_destroy_write_struct(&png, &info);
  return 0;
}

void cpng_output_free(cpng_output *output) {
  free(output->bytes);
  output->bytes = NULL;
  output->byte_count = 0;
}
