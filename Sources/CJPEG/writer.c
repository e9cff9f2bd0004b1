#include "CJPEG.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
// After <stdio.h>, which they need.
#include <jpeglib.h>

struct cjpeg_writer {
  struct jpeg_compress_struct jpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_destination_mgr target;
  jmp_buf failure;
  // What was made: `byte_count` bytes known, the rest of `capacity` libjpeg's to fill.
  uint8_t *bytes;
  size_t byte_count, capacity;
  size_t row_size;
  char error[JMSG_LENGTH_MAX];
};

static cjpeg_writer *writer_of(j_common_ptr jpeg) { return jpeg->client_data; }

// MARK: Callbacks

static void on_error(j_common_ptr jpeg) {
  cjpeg_writer *writer = writer_of(jpeg);
  jpeg->err->format_message(jpeg, writer->error);
  longjmp(writer->failure, 1);
}

static void on_message(j_common_ptr jpeg, int level) { (void)jpeg, (void)level; }

static void on_output(j_common_ptr jpeg) { (void)jpeg; }

/// Gives libjpeg the room behind the bytes that are there, and more of it where there is little.
static void give_room(cjpeg_writer *writer) {
  if (writer->capacity - writer->byte_count < 4096) {
    size_t capacity = writer->capacity + writer->capacity / 2 + (64 << 10);
    uint8_t *bytes = realloc(writer->bytes, capacity);
    if (!bytes) {
      snprintf(writer->error, sizeof writer->error, "out of memory");
      longjmp(writer->failure, 1);
    }
    writer->bytes = bytes;
    writer->capacity = capacity;
  }
  writer->target.next_output_byte = writer->bytes + writer->byte_count;
  writer->target.free_in_buffer = writer->capacity - writer->byte_count;
}

/// Takes over what libjpeg has put into its room.
static void take_bytes(cjpeg_writer *writer) {
  if (!writer->bytes) return;
  writer->byte_count = writer->capacity - writer->target.free_in_buffer;
}

static void on_start(j_compress_ptr jpeg) { give_room(writer_of((j_common_ptr)jpeg)); }

static boolean on_full(j_compress_ptr jpeg) {
  cjpeg_writer *writer = writer_of((j_common_ptr)jpeg);
  // All of the room is used, whatever `free_in_buffer` says.
  writer->byte_count = writer->capacity;
  give_room(writer);
  return TRUE;
}

static void on_end(j_compress_ptr jpeg) { take_bytes(writer_of((j_common_ptr)jpeg)); }

// MARK: Writing

static void write_markers(cjpeg_writer *writer, const uint8_t *markers, size_t byte_count) {
  size_t position = 0;
  while (byte_count - position >= 3) {
    const int code = markers[position];
    const size_t length = (size_t)markers[position + 1] << 8 | markers[position + 2];
    position += 3;
    if (length > byte_count - position) break;
    jpeg_write_marker(&writer->jpeg, code, markers + position, (unsigned)length);
    position += length;
  }
}

cjpeg_writer *cjpeg_writer_create(uint32_t width, uint32_t height, int channels, int quality,
                                  int unit, uint16_t x_density, uint16_t y_density,
                                  const uint8_t *markers, size_t marker_byte_count) {
  cjpeg_writer *writer = calloc(1, sizeof *writer);
  if (!writer) return NULL;
  j_compress_ptr jpeg = &writer->jpeg;
  jpeg->err = jpeg_std_error(&writer->errors);
  writer->errors.error_exit = on_error;
  writer->errors.emit_message = on_message;
  writer->errors.output_message = on_output;
  jpeg->client_data = writer;
  writer->row_size = (size_t)width * (size_t)channels;
  if (setjmp(writer->failure)) return writer;
  jpeg_create_compress(jpeg);
  writer->target.init_destination = on_start;
  writer->target.empty_output_buffer = on_full;
  writer->target.term_destination = on_end;
  jpeg->dest = &writer->target;
  jpeg->image_width = width;
  jpeg->image_height = height;
  jpeg->input_components = channels;
  jpeg->in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(jpeg);
  jpeg_set_quality(jpeg, quality, TRUE);
  jpeg->dct_method = JDCT_ISLOW;
  if (quality >= 90 && channels == 3) {
    jpeg->comp_info[0].h_samp_factor = 1;
    jpeg->comp_info[0].v_samp_factor = 1;
  }
  if (unit != 0) {
    jpeg->density_unit = (UINT8)unit;
    jpeg->X_density = x_density;
    jpeg->Y_density = y_density;
  }
  jpeg_start_compress(jpeg, TRUE);
  write_markers(writer, markers, marker_byte_count);
  take_bytes(writer);
  return writer;
}

int cjpeg_writer_add(cjpeg_writer *writer, const uint8_t *rows, size_t row_count) {
  if (writer->error[0]) return -1;
  if (setjmp(writer->failure)) return -1;
  j_compress_ptr jpeg = &writer->jpeg;
  if (row_count > jpeg->image_height - jpeg->next_scanline) {
    snprintf(writer->error, sizeof writer->error, "too many rows");
    return -1;
  }
  give_room(writer);
  for (size_t row = 0; row < row_count; row++) {
    JSAMPROW line = (JSAMPROW)(uintptr_t)(rows + row * writer->row_size);
    jpeg_write_scanlines(jpeg, &line, 1);
  }
  if (row_count > 0 && jpeg->next_scanline == jpeg->image_height) jpeg_finish_compress(jpeg);
  else take_bytes(writer);
  return 0;
}

// MARK: Results

const uint8_t *cjpeg_writer_bytes(const cjpeg_writer *writer, size_t *byte_count) {
  *byte_count = writer->byte_count;
  return writer->bytes;
}

void cjpeg_writer_clear(cjpeg_writer *writer) { writer->byte_count = 0; }

const char *cjpeg_writer_error(const cjpeg_writer *writer) { return writer->error; }

void cjpeg_writer_destroy(cjpeg_writer *writer) {
  if (!writer) return;
  jpeg_destroy_compress(&writer->jpeg);
  free(writer->bytes);
  free(writer);
}
