// A small, safe face of libjpeg: memory in, memory out, errors as text.
//
// libjpeg leaves a failed call with longjmp; that never crosses this header. Nothing here prints.
#ifndef VMIR_CJPEG_H
#define VMIR_CJPEG_H

#include <stddef.h>
#include <stdint.h>

/// What the pixels are, as they are stored: not turned yet, 8 bits a sample.
typedef struct {
  /// Pixels.
  uint32_t width, height;
  /// 1 grey, 3 RGB.
  int channels;
  /// Whether all coefficients are in memory at once, which takes two bytes for each.
  int is_buffered;
} cjpeg_format;

/// Where stored pixels go: pixel (x, y) to `first + x * pixel_step + y * row_step`, in bytes.
typedef struct {
  size_t first;
  ptrdiff_t pixel_step;
  ptrdiff_t row_step;
} cjpeg_placement;

/// How a call ended.
typedef enum {
  CJPEG_DONE = 0,
  /// The file is damaged.
  CJPEG_CORRUPT = -1,
  /// The file is sound but of a kind that is not read.
  CJPEG_UNSUPPORTED = -2,
} cjpeg_result;

/// A JPEG file that is being read.
typedef struct cjpeg_reader cjpeg_reader;

/// Starts reading `byte_count` bytes, which must outlive the reader; NULL without memory.
///
/// A file of more than `scan_limit` scans is refused: each costs time for the whole picture,
/// whatever it holds.
cjpeg_reader *cjpeg_reader_create(const void *bytes, size_t byte_count, int scan_limit);
/// Reads all that stands before the pixels; after a failure `cjpeg_reader_error` is set.
cjpeg_result cjpeg_read_header(cjpeg_reader *reader, cjpeg_format *format);
/// Reads the pixels and the rest of the picture, up to its end marker. Called once, after
/// `cjpeg_read_header`.
///
/// - `pixels` receives interleaved samples in rows without gaps.
/// - `byte_count` is `width * height * channels`.
/// - `to` puts each pixel into a place of its own among them.
///
/// After a failure `cjpeg_reader_error` is set and the pixels are worth nothing.
cjpeg_result cjpeg_read_pixels(cjpeg_reader *reader, uint8_t *pixels, size_t byte_count,
                               cjpeg_placement to);
/// Why the last call failed; empty if it did not.
const char *cjpeg_reader_error(const cjpeg_reader *reader);
/// Bytes of the file that were taken so far.
size_t cjpeg_reader_offset(const cjpeg_reader *reader);
/// Row of the pixels that was being read, or -1 before and after.
int64_t cjpeg_reader_row(const cjpeg_reader *reader);
/// What libjpeg objected to that does not matter for the pixels; the first of it, or empty.
const char *cjpeg_reader_warning(const cjpeg_reader *reader);
/// Ends a reader; NULL is allowed.
void cjpeg_reader_destroy(cjpeg_reader *reader);

// MARK: Writing

/// A JPEG file that is being written, row by row.
typedef struct cjpeg_writer cjpeg_writer;

/// Starts a baseline file of 1 grey or 3 RGB samples of 8 bits a pixel; NULL without memory.
///
/// - `quality` is 1 to 100; from 90 on colours have the resolution of brightness, else half.
/// - `unit` is 0 for none, 1 for dots an inch, 2 for dots a centimetre, for both densities.
/// - `markers` stand before the pixels: each a code, two bytes of its content's length, the high one
///   first, and the content.
///
/// Failures are told by `cjpeg_writer_error`.
cjpeg_writer *cjpeg_writer_create(uint32_t width, uint32_t height, int channels, int quality,
                                  int unit, uint16_t x_density, uint16_t y_density,
                                  const uint8_t *markers, size_t marker_byte_count);
/// Adds the next rows from the top; with the last one the file is complete. Returns 0, or -1 with
/// `cjpeg_writer_error` set, also where the picture has fewer rows.
int cjpeg_writer_add(cjpeg_writer *writer, const uint8_t *rows, size_t row_count);
/// The bytes of the file that were made since the start or the last `cjpeg_writer_clear`; valid
/// until the next call.
const uint8_t *cjpeg_writer_bytes(const cjpeg_writer *writer, size_t *byte_count);
/// Forgets the bytes that `cjpeg_writer_bytes` gave.
void cjpeg_writer_clear(cjpeg_writer *writer);
/// Why the last call failed; empty if it did not.
const char *cjpeg_writer_error(const cjpeg_writer *writer);
/// Ends a writer; NULL is allowed.
void cjpeg_writer_destroy(cjpeg_writer *writer);

#endif
