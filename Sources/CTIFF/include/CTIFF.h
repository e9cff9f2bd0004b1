// A small, safe face of libtiff's reader: memory in, memory out, errors as text.
//
// Nothing here prints, and no handler of the process is changed.
#ifndef VMIR_CTIFF_H
#define VMIR_CTIFF_H

#include <stddef.h>
#include <stdint.h>

/// What the pixels of the first page are, and what they become.
typedef struct {
  /// Pixels, as they are stored.
  uint32_t width, height;
  /// 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA: what is made of them.
  int channels;
  /// Bits of a sample that is made, 8 or 16.
  int bit_depth;
  /// 1 to 8, as EXIF counts them; from 5 on, rows become columns.
  int orientation;
  /// Bits that the file spends on a pixel before compression.
  uint32_t stored_pixel_bits;
  /// Times its size that compressed data may unpack to at most; 0 where that is not bounded.
  uint32_t compression_ratio;
  /// Bytes of a tile, or of a row.
  uint64_t block_byte_count;
  /// Channels that mean nothing known, which are left out.
  int dropped_channels;
  /// Whether other pages follow.
  int has_more_pages;
} ctiff_format;

/// Where stored pixels go: pixel (x, y) to `first + x * pixel_step + y * row_step`, in bytes.
typedef struct {
  size_t first;
  ptrdiff_t pixel_step;
  ptrdiff_t row_step;
} ctiff_placement;

/// How a call ended.
typedef enum {
  CTIFF_DONE = 0,
  /// The file is damaged.
  CTIFF_CORRUPT = -1,
  /// The file is sound but of a kind that is not read.
  CTIFF_UNSUPPORTED = -2,
  /// There is no memory.
  CTIFF_NO_MEMORY = -3,
} ctiff_result;

/// A TIFF file that is being read.
typedef struct ctiff_reader ctiff_reader;

/// Starts reading `byte_count` bytes, which must outlive the reader; NULL without memory.
ctiff_reader *ctiff_reader_create(const void *bytes, size_t byte_count);
/// Reads the first page's directory; after a failure `ctiff_reader_error` is set.
ctiff_result ctiff_read_header(ctiff_reader *reader, ctiff_format *format);
/// Reads the pixels. Called once, after `ctiff_read_header`.
///
/// - `pixels` receives interleaved samples in rows without gaps, 16-bit samples in host
///   order. Samples of fewer than 8 bits are scaled to 8, a palette becomes RGB,
///   white as 0 is inverted, and colours multiplied with alpha are divided by it.
/// - `byte_count` is `width * height * channels * bit_depth / 8`.
/// - `to` puts each pixel into a place of its own among them.
///
/// After a failure `ctiff_reader_error` is set and the pixels are worth nothing.
ctiff_result ctiff_read_pixels(ctiff_reader *reader, void *pixels, size_t byte_count,
                               ctiff_placement to);
/// Why the last call failed; empty if it did not.
const char *ctiff_reader_error(const ctiff_reader *reader);
/// What libtiff objected to in a directory that can be used; the first of it, or empty.
const char *ctiff_reader_warning(const ctiff_reader *reader);
/// Row of the pixels that was being read, or -1 before and after.
int64_t ctiff_reader_row(const ctiff_reader *reader);
/// Ends a reader; NULL is allowed.
void ctiff_reader_destroy(ctiff_reader *reader);

#endif
