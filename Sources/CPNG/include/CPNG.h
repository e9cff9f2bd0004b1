// PNG files, memory in, memory out, errors as text: read by libpng, written with zlib.
//
// libpng leaves a failed call with longjmp; that never crosses this header. Nothing here prints.
#ifndef VMIR_CPNG_H
#define VMIR_CPNG_H

#include <stddef.h>
#include <stdint.h>

/// How pixels are laid out: interleaved samples, rows without gaps, 16-bit samples in host order.
typedef struct {
  /// Pixels.
  uint32_t width, height;
  /// 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA.
  int channels;
  /// Bits of a sample, 8 or 16.
  int bit_depth;
  /// Bits that the file spends on a pixel before compression; reading only.
  int stored_pixel_bits;
} cpng_format;

/// What a reader takes from a file; chunks beyond it are left out with a warning.
typedef struct {
  /// Bytes of one chunk other than the pixels, at least 1.
  size_t chunk_byte_count;
  /// Chunks that are kept.
  uint32_t chunk_count;
} cpng_limits;

/// A chunk that was kept, without its length and checksum.
typedef struct {
  uint8_t name[4];
  const uint8_t *data;
  size_t byte_count;
  /// 1 where its checksum is wrong.
  int is_damaged;
} cpng_chunk;

// MARK: Reading

/// A PNG file that is being read.
typedef struct cpng_reader cpng_reader;

/// Starts reading `byte_count` bytes, which must outlive the reader; NULL without memory.
///
/// Chunks named in `kept` (`kept_count` names of 4 letters and a zero each) are kept as they are.
cpng_reader *cpng_reader_create(const void *bytes, size_t byte_count, const cpng_limits *limits,
                                const uint8_t *kept, int kept_count);
/// Reads all that stands before the pixels. Returns 0, or -1 with `cpng_reader_error` set.
int cpng_read_header(cpng_reader *reader, cpng_format *format);
/// Reads the pixels and the rest of the file. Called once, after `cpng_read_header`.
///
/// `byte_count` is that of the whole picture in the format that the header gave. Samples of fewer
/// than 8 bits are scaled to 8, a palette becomes RGB or RGBA, a colour key becomes alpha.
/// Returns 0, or -1 with `cpng_reader_error` set; the pixels are then worth nothing.
int cpng_read_pixels(cpng_reader *reader, void *pixels, size_t byte_count);
/// Why the last call failed; empty if it did not.
const char *cpng_reader_error(const cpng_reader *reader);
/// Bytes of the file that were taken so far.
size_t cpng_reader_offset(const cpng_reader *reader);
/// Row of the pixels that was being read, or -1 before and after.
int64_t cpng_reader_row(const cpng_reader *reader);
/// What libpng objected to in chunks that do not matter for the pixels, a line each.
const char *cpng_reader_warnings(const cpng_reader *reader);
/// Count of kept chunks.
int cpng_reader_chunk_count(const cpng_reader *reader);
/// A kept chunk, owned by the reader.
cpng_chunk cpng_reader_chunk(const cpng_reader *reader, int index);
/// Ends a reader; NULL is allowed.
void cpng_reader_destroy(cpng_reader *reader);

// MARK: Writing

/// A PNG file that is being written, row by row.
typedef struct cpng_writer cpng_writer;

/// Starts a file that is made on so many threads, the calling one included; NULL without memory.
///
/// `chunks` are written before the pixels, each as a big-endian length, a name and its data.
/// Failures are told by `cpng_writer_error`. The bytes do not depend on the number of threads, nor
/// on how many rows are added at a time.
cpng_writer *cpng_writer_create(const cpng_format *format, const uint8_t *chunks,
                                size_t chunk_byte_count, int thread_count);
/// Adds the next rows from the top; with the last one the file is complete. Returns 0, or -1 with
/// `cpng_writer_error` set, also where the picture has fewer rows.
int cpng_writer_add(cpng_writer *writer, const void *rows, size_t row_count);
/// The bytes of the file that were made since the start or the last `cpng_writer_clear`; valid until
/// the next call.
const uint8_t *cpng_writer_bytes(const cpng_writer *writer, size_t *byte_count);
/// Forgets the bytes that `cpng_writer_bytes` gave.
void cpng_writer_clear(cpng_writer *writer);
/// Why the last call failed; empty if it did not.
const char *cpng_writer_error(const cpng_writer *writer);
/// Bytes of memory that a writer takes at most, whose bytes are cleared after each row; the sides
/// are in `1 ..< 2^31`.
size_t cpng_writer_memory(const cpng_format *format, int thread_count);
/// Ends a writer; NULL is allowed.
void cpng_writer_destroy(cpng_writer *writer);

#endif
