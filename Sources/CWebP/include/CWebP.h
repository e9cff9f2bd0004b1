// A small face of libwebp: still pictures, memory in, memory out, errors as text.
#ifndef VMIR_CWEBP_H
#define VMIR_CWEBP_H

#include <stddef.h>
#include <stdint.h>

// MARK: Reading

/// What the pixels of a file are; 8 bits a sample.
typedef struct {
  /// Pixels.
  uint32_t width, height;
  /// 3 RGB, 4 RGBA.
  int channels;
  int is_animated;
  /// Whether the whole picture is held twice while it is decoded.
  int is_lossless;
} cwebp_format;

/// Reads what stands before the pixels. Returns NULL, or why that can't be.
const char *cwebp_read_header(const void *bytes, size_t byte_count, cwebp_format *format);
/// Reads the pixels of a still picture, upright as they are stored, without gaps.
///
/// `pixel_byte_count` is `width * height * channels`. Returns NULL, or why that can't be; the pixels
/// are then worth nothing.
const char *cwebp_read_pixels(const void *bytes, size_t byte_count, const cwebp_format *format,
                              uint8_t *pixels, size_t pixel_byte_count);

// MARK: Writing

/// A picture that is collected row by row and encoded with the last one.
typedef struct cwebp_writer cwebp_writer;

/// Starts a picture of 1 grey, 2 grey and alpha, 3 RGB or 4 RGBA samples of 8 bits a pixel; NULL
/// without memory.
///
/// `quality` is 1 to 99, or 100 for no loss; the sides are 1 to 16383. The bytes do not depend on
/// the number of threads.
cwebp_writer *cwebp_writer_create(uint32_t width, uint32_t height, int channels, int quality,
                                  int thread_count);
/// Adds the next rows from the top. Returns 0, or -1 with `cwebp_writer_error` set, also where the
/// picture has fewer rows.
int cwebp_writer_add(cwebp_writer *writer, const uint8_t *rows, size_t row_count);
/// Whether all rows were added and the file is made.
int cwebp_writer_is_done(const cwebp_writer *writer);
/// The file, once it is made: a RIFF container without metadata.
const uint8_t *cwebp_writer_bytes(const cwebp_writer *writer, size_t *byte_count);
/// Why the last call failed; empty if it did not.
const char *cwebp_writer_error(const cwebp_writer *writer);
/// Ends a writer; NULL is allowed.
void cwebp_writer_destroy(cwebp_writer *writer);

#endif
