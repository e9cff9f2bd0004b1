#include "CJPEG.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
// After <stdio.h>, which they need.
#include <jpeglib.h>
#include <jerror.h>

struct cjpeg_reader {
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_source_mgr source;
  struct jpeg_progress_mgr progress;
  jmp_buf failure;
  size_t byte_count;
  int scan_limit;
  int64_t row;
  uint8_t *line;
  cjpeg_result result;
  char error[JMSG_LENGTH_MAX];
  char warning[JMSG_LENGTH_MAX];
};

static cjpeg_reader *reader_of(j_common_ptr jpeg) { return jpeg->client_data; }

/// Notes why the file is refused; the first reason counts.
static void refuse(cjpeg_reader *reader, cjpeg_result result, const char *reason) {
  if (reader->result != CJPEG_DONE) return;
  reader->result = result;
  snprintf(reader->error, sizeof reader->error, "%s", reason);
}

/// Ends the call into libjpeg that is being made.
_Noreturn static void leave(cjpeg_reader *reader, cjpeg_result result, const char *reason) {
  refuse(reader, result, reason);
  longjmp(reader->failure, 1);
}

// MARK: Callbacks

static void on_error(j_common_ptr jpeg) {
  char text[JMSG_LENGTH_MAX];
  jpeg->err->format_message(jpeg, text);
  switch (jpeg->err->msg_code) {
    case JERR_BAD_PRECISION:
    case JERR_SOF_UNSUPPORTED:
    case JERR_ARITH_NOTIMPL:
    case JERR_IMAGE_TOO_BIG:
    case JERR_OUT_OF_MEMORY: leave(reader_of(jpeg), CJPEG_UNSUPPORTED, text);
    default: leave(reader_of(jpeg), CJPEG_CORRUPT, text);
  }
}

// libjpeg only warns of damage and makes something up for the pixels; here that is an error.
static void on_message(j_common_ptr jpeg, int level) {
  if (level >= 0) return;
  cjpeg_reader *reader = reader_of(jpeg);
  char text[JMSG_LENGTH_MAX];
  jpeg->err->format_message(jpeg, text);
  switch (jpeg->err->msg_code) {
    case JWRN_EXTRANEOUS_DATA: // cameras pad with bytes that no decoder needs
    case JWRN_JFIF_MAJOR:
    case JWRN_ADOBE_XFORM:
      if (reader->warning[0] == 0) memcpy(reader->warning, text, sizeof text);
      return;
    default: refuse(reader, CJPEG_CORRUPT, text);
  }
}

static void on_output(j_common_ptr jpeg) { (void)jpeg; }

static void on_start(j_decompress_ptr jpeg) { (void)jpeg; }

static boolean on_end_of_bytes(j_decompress_ptr jpeg) {
  leave(reader_of((j_common_ptr)jpeg), CJPEG_CORRUPT, "the file ends too early");
}

static void on_skip(j_decompress_ptr jpeg, long count) {
  if (count <= 0) return;
  if ((size_t)count > jpeg->src->bytes_in_buffer) on_end_of_bytes(jpeg);
  jpeg->src->next_input_byte += count;
  jpeg->src->bytes_in_buffer -= (size_t)count;
}

static void on_progress(j_common_ptr jpeg) {
  cjpeg_reader *reader = reader_of(jpeg);
  if (((j_decompress_ptr)jpeg)->input_scan_number > reader->scan_limit)
    leave(reader, CJPEG_CORRUPT, "it has more scans than a picture needs");
  if (reader->result != CJPEG_DONE) longjmp(reader->failure, 1);
}

// MARK: Reading

cjpeg_reader *cjpeg_reader_create(const void *bytes, size_t byte_count, int scan_limit) {
  cjpeg_reader *reader = calloc(1, sizeof *reader);
  if (!reader) return NULL;
  reader->byte_count = byte_count;
  reader->scan_limit = scan_limit;
  reader->row = -1;
  reader->jpeg.err = jpeg_std_error(&reader->errors);
  reader->errors.error_exit = on_error;
  reader->errors.emit_message = on_message;
  reader->errors.output_message = on_output;
  reader->jpeg.client_data = reader;
  if (setjmp(reader->failure)) {
    cjpeg_reader_destroy(reader);
    return NULL;
  }
  jpeg_create_decompress(&reader->jpeg);
  reader->source.next_input_byte = bytes;
  reader->source.bytes_in_buffer = byte_count;
  reader->source.init_source = on_start;
  reader->source.fill_input_buffer = on_end_of_bytes;
  reader->source.skip_input_data = on_skip;
  reader->source.resync_to_restart = jpeg_resync_to_restart;
  reader->source.term_source = on_start;
  reader->jpeg.src = &reader->source;
  reader->progress.progress_monitor = on_progress;
  reader->jpeg.progress = &reader->progress;
  return reader;
}

cjpeg_result cjpeg_read_header(cjpeg_reader *reader, cjpeg_format *format) {
  if (setjmp(reader->failure)) return reader->result;
  j_decompress_ptr jpeg = &reader->jpeg;
  jpeg_read_header(jpeg, TRUE);
  if (reader->result != CJPEG_DONE) return reader->result;
  if (jpeg->data_precision != 8)
    leave(reader, CJPEG_UNSUPPORTED, "samples of other than 8 bits are not read");
  if (jpeg->arith_code) leave(reader, CJPEG_UNSUPPORTED, "arithmetic coding is not read");
  if (jpeg->num_components == 4)
    leave(reader, CJPEG_UNSUPPORTED, "its colours are CMYK; convert it to RGB");
  if (jpeg->num_components != 1 && jpeg->num_components != 3)
    leave(reader, CJPEG_UNSUPPORTED, "it has neither one nor three components");
  jpeg->out_color_space = jpeg->num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg->dct_method = JDCT_ISLOW;
  *format = (cjpeg_format){
      .width = jpeg->image_width,
      .height = jpeg->image_height,
      .channels = jpeg->num_components,
      .is_buffered = jpeg_has_multiple_scans(jpeg),
  };
  return CJPEG_DONE;
}

cjpeg_result cjpeg_read_pixels(cjpeg_reader *reader, uint8_t *pixels, size_t byte_count,
                               cjpeg_placement to) {
  if (setjmp(reader->failure)) return reader->result;
  j_decompress_ptr jpeg = &reader->jpeg;
  jpeg_start_decompress(jpeg);
  size_t width = jpeg->output_width, height = jpeg->output_height;
  size_t channels = (size_t)jpeg->output_components, row_size = width * channels;
  if (width != jpeg->image_width || byte_count / row_size != height || byte_count % row_size != 0)
    leave(reader, CJPEG_CORRUPT, "unexpected row size");
  reader->line = malloc(row_size);
  if (!reader->line) leave(reader, CJPEG_UNSUPPORTED, "there is not enough memory to read it");
  while (jpeg->output_scanline < height) {
    reader->row = jpeg->output_scanline;
    JSAMPROW line = reader->line;
    if (jpeg_read_scanlines(jpeg, &line, 1) != 1) on_end_of_bytes(jpeg);
    if (reader->result != CJPEG_DONE) return reader->result;
    uint8_t *target = pixels + to.first + reader->row * to.row_step;
    if (to.pixel_step == (ptrdiff_t)channels) {
      memcpy(target, line, row_size);
      continue;
    }
    for (size_t x = 0; x < width; x++, target += to.pixel_step)
      for (size_t c = 0; c < channels; c++) target[c] = line[x * channels + c];
  }
  reader->row = -1;
  jpeg_finish_decompress(jpeg);
  return reader->result;
}

// MARK: Results

const char *cjpeg_reader_error(const cjpeg_reader *reader) { return reader->error; }

size_t cjpeg_reader_offset(const cjpeg_reader *reader) {
  return reader->byte_count - reader->source.bytes_in_buffer;
}

int64_t cjpeg_reader_row(const cjpeg_reader *reader) { return reader->row; }
const char *cjpeg_reader_warning(const cjpeg_reader *reader) { return reader->warning; }

void cjpeg_reader_destroy(cjpeg_reader *reader) {
  if (!reader) return;
  jpeg_destroy_decompress(&reader->jpeg);
  free(reader->line);
  free(reader);
}
