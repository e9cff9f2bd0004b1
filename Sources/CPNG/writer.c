// Writes PNG files without libpng: rows are filtered and deflated in strips, on several threads.
//
// The pixels are one zlib stream (RFC 1950): every strip ends at a byte (Z_SYNC_FLUSH), starts with
// the last 32 KiB of filtered bytes before it as its dictionary, and its Adler-32 is combined with
// that of the others. Strips do not depend on the number of threads, so neither do the bytes.
//
// Rows are kept until there are some strips for each thread, and those that the next strips look
// back at after that.
#include "CPNG.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/// Filtered bytes of a strip, about: its dictionary is filtered twice.
#define STRIP_BYTES (256 * 1024)
#define WINDOW_BYTES 32768
#define FILTER_COUNT 5
#define MAX_THREADS 64
/// Strips that a thread writes between two joins: threads wait for the slowest.
#define STRIPS_PER_THREAD 4

// MARK: Strips

typedef struct {
  /// Deflated bytes; NULL without memory.
  uint8_t *bytes;
  size_t byte_count;
  uLong adler;
  size_t filtered_count;
} strip;

struct cpng_writer {
  cpng_format format;
  /// Bytes of a row of pixels, and of one pixel.
  size_t row_size, step;
  /// Rows of a strip, those before it that its dictionary and first filter are made of, and those
  /// of the strips that are written together.
  size_t strip_rows, context_rows, batch_rows;
  int thread_count;
  /// Rows `first_row ..< row_count` of the picture; those before `written_rows` are written.
  uint8_t *rows;
  size_t first_row, written_rows, row_count;
  /// The strips that are being written, from row `written_rows`.
  strip *strips;
  size_t strip_count;
  atomic_size_t next;
  uLong adler;
  /// The file's bytes that were not taken yet.
  uint8_t *bytes;
  size_t byte_count, capacity;
  char error[160];
};

static uint8_t paeth(uint8_t a, uint8_t b, uint8_t c) {
  const int pa = abs(b - c), pb = abs(a - c), pc = abs(a + b - 2 * c);
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

/// Sum of the magnitudes of filtered bytes as signed numbers: small where they compress well.
static size_t magnitude(const uint8_t *row, size_t count) {
  size_t total = 0;
  for (size_t i = 0; i < count;) {
    const size_t end = count - i < 8192 ? count : i + 8192;
    uint32_t sum = 0;
    for (; i < end; i++) sum += row[i] < 128 ? row[i] : 256u - row[i];
    total += sum;
  }
  return total;
}

/// Filters a row (PNG 3rd edition, 9.2): `x` and the row above it, both with `step` zeros before
/// them. `target` takes the filter's number and the bytes; `trial` has room for as many.
static void filter_row(const uint8_t *restrict x, const uint8_t *restrict above, size_t count,
                       size_t step, uint8_t *restrict target, uint8_t *restrict trial) {
  size_t best = SIZE_MAX;
  for (int filter = 0; filter < FILTER_COUNT; filter++) {
    uint8_t *restrict y = trial + 1;
    trial[0] = (uint8_t)filter;
    switch (filter) {
      case 0: memcpy(y, x, count); break;
      case 1:
        for (size_t i = 0; i < count; i++) y[i] = (uint8_t)(x[i] - (x - step)[i]);
        break;
      case 2:
        for (size_t i = 0; i < count; i++) y[i] = (uint8_t)(x[i] - above[i]);
        break;
      case 3:
        for (size_t i = 0; i < count; i++)
          y[i] = (uint8_t)(x[i] - ((x - step)[i] + above[i]) / 2);
        break;
      default:
        for (size_t i = 0; i < count; i++)
          y[i] = (uint8_t)(x[i] - paeth((x - step)[i], above[i], (above - step)[i]));
    }
    const size_t sum = magnitude(y, count);
    if (sum >= best) continue;
    best = sum;
    memcpy(target, trial, count + 1);
  }
}

/// Copies a row in the byte order of files.
static void load_row(const cpng_writer *w, size_t row, uint8_t *target) {
  const uint8_t *source = w->rows + (row - w->first_row) * w->row_size;
  memcpy(target, source, w->row_size);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  if (w->format.bit_depth != 16) return;
  for (size_t i = 0; i + 1 < w->row_size; i += 2) {
    target[i] = source[i + 1];
    target[i + 1] = source[i];
  }
#endif
}

/// Filters rows `begin ..< end` into `target`. 0, or -1 without memory.
static int filter_rows(const cpng_writer *w, size_t begin, size_t end, uint8_t *target) {
  const size_t line = w->step + w->row_size;
  uint8_t *memory = calloc(3 * line + 1, 1);
  if (!memory) return -1;
  uint8_t *x = memory + w->step, *above = x + line, *trial = memory + 2 * line;
  if (begin > 0) load_row(w, begin - 1, above);
  for (size_t row = begin; row < end; row++, target += w->row_size + 1) {
    load_row(w, row, x);
    filter_row(x, above, w->row_size, w->step, target, trial);
    uint8_t *last = above;
    above = x;
    x = last;
  }
  free(memory);
  return 0;
}

/// Deflates `count` bytes into at most `capacity`; 0 where zlib has no memory.
static size_t deflate_part(z_stream *z, const uint8_t *bytes, size_t count, int flush,
                           uint8_t *target, size_t capacity) {
  size_t taken = 0, made = 0;
  for (;;) {
    // zlib counts with 32 bits.
    const size_t part = count - taken < INT_MAX ? count - taken : INT_MAX;
    const size_t room = capacity - made < INT_MAX ? capacity - made : INT_MAX;
    const int mode = taken + part < count ? Z_NO_FLUSH : flush;
    z->next_in = (Bytef *)(bytes + taken);
    z->avail_in = (uInt)part;
    z->next_out = target + made;
    z->avail_out = (uInt)room;
    const int code = deflate(z, mode);
    if (code == Z_STREAM_ERROR || (z->avail_out == room && z->avail_in == part)) return 0;
    taken += part - z->avail_in;
    made += room - z->avail_out;
    if (mode == Z_FINISH ? code == Z_STREAM_END : mode == flush && z->avail_out > 0) return made;
  }
}

static int start_deflating(z_stream *z, int strategy) {
  memset(z, 0, sizeof *z);
  return deflateInit2(z, 6, Z_DEFLATED, -15, 8, strategy) == Z_OK ? 0 : -1;
}

/// Whether a search for repetitions saves a fourteenth of a part of the bytes.
///
/// In photographs it saves 0 to 3 % and takes eight times as long as looking for runs alone; in
/// drawings and text it may halve the file.
static int has_repetitions(const uint8_t *bytes, size_t count) {
  enum { SAMPLE = WINDOW_BYTES };
  uint8_t target[SAMPLE + SAMPLE / 8 + 64];
  if (count > SAMPLE) {
    bytes += (count - SAMPLE) / 2;
    count = SAMPLE;
  }
  size_t sizes[2];
  for (int i = 0; i < 2; i++) {
    z_stream z;
    if (start_deflating(&z, i == 0 ? Z_RLE : Z_FILTERED) != 0) return 0;
    sizes[i] = deflate_part(&z, bytes, count, Z_FINISH, target, sizeof target);
    deflateEnd(&z);
  }
  return sizes[1] + sizes[0] / 14 < sizes[0];
}

/// Deflates `count` bytes that stand behind `before` bytes of dictionary. 0, or -1 without memory.
static int deflate_strip(strip *s, const uint8_t *bytes, size_t before, size_t count, int is_last) {
  z_stream z;
  if (start_deflating(&z, has_repetitions(bytes, count) ? Z_FILTERED : Z_RLE) != 0) return -1;
  // The bound of one call, and what a flush adds.
  const size_t bound = deflateBound(&z, (uLong)count) + 16;
  s->bytes = malloc(bound);
  s->byte_count = 0;
  if (s->bytes && (before == 0 || deflateSetDictionary(&z, bytes - before, (uInt)before) == Z_OK))
    s->byte_count =
        deflate_part(&z, bytes, count, is_last ? Z_FINISH : Z_SYNC_FLUSH, s->bytes, bound);
  deflateEnd(&z);
  return s->byte_count > 0 ? 0 : -1;
}

static int write_strip(const cpng_writer *w, size_t index) {
  strip *s = &w->strips[index];
  const size_t line = w->row_size + 1, begin = w->written_rows + index * w->strip_rows;
  const size_t end = w->row_count - begin < w->strip_rows ? w->row_count : begin + w->strip_rows;
  // Rows whose filtered bytes fill the window before the strip.
  size_t before = w->context_rows - 1;
  if (before > begin) before = begin;
  uint8_t *filtered = malloc((end - begin + before) * line);
  if (!filtered || filter_rows(w, begin - before, end, filtered) != 0) {
    free(filtered);
    return -1;
  }
  const uint8_t *bytes = filtered + before * line;
  const size_t window = before * line < WINDOW_BYTES ? before * line : WINDOW_BYTES;
  s->filtered_count = (end - begin) * line;
  s->adler = adler32_z(adler32(0, NULL, 0), bytes, s->filtered_count);
  const int result = deflate_strip(s, bytes, window, s->filtered_count, end == w->format.height);
  free(filtered);
  return result;
}

/// Writes strips until there are none left; a strip that fails has no bytes.
static void *work(void *context) {
  cpng_writer *w = context;
  for (;;) {
    const size_t index = atomic_fetch_add(&w->next, 1);
    if (index >= w->strip_count) return NULL;
    if (write_strip(w, index) != 0) {
      free(w->strips[index].bytes);
      w->strips[index].bytes = NULL;
    }
  }
}

static void work_on_threads(cpng_writer *w) {
  pthread_t threads[MAX_THREADS];
  int started = 0;
  while (started < w->thread_count - 1 && (size_t)started + 1 < w->strip_count) {
    if (pthread_create(&threads[started], NULL, work, w) != 0) break;
    started++;
  }
  work(w);
  for (int i = 0; i < started; i++) pthread_join(threads[i], NULL);
}

// MARK: Files

static void put32(uint8_t *target, uint32_t value) {
  for (int i = 0; i < 4; i++) target[i] = (uint8_t)(value >> (24 - 8 * i));
}

/// Puts the length before a chunk's name and the checksum behind its `length` bytes; `chunk` starts
/// at the length.
static void seal(uint8_t *chunk, size_t length) {
  put32(chunk, (uint32_t)length);
  put32(chunk + 8 + length, (uint32_t)crc32_z(crc32(0, NULL, 0), chunk + 4, 4 + length));
}

static uint8_t *copy(uint8_t *target, const void *source, size_t count) {
  if (count > 0) memcpy(target, source, count);
  return target + count;
}

/// Signature and IHDR.
static uint8_t *write_start(uint8_t *target, const cpng_format *format) {
  static const uint8_t colour_types[] = {0, 4, 2, 6};
  target = copy(target, "\x89PNG\r\n\x1a\n", 8);
  memcpy(target + 4, "IHDR", 4);
  put32(target + 8, format->width);
  put32(target + 12, format->height);
  target[16] = (uint8_t)format->bit_depth;
  target[17] = colour_types[format->channels - 1];
  // Deflate, the five filters, no interlacing.
  target[18] = target[19] = target[20] = 0;
  seal(target, 13);
  return target + 25;
}

/// The chunks that come before the pixels, sealed; NULL where one is longer than its bytes.
static uint8_t *write_chunks(uint8_t *target, const uint8_t *chunks, size_t byte_count) {
  while (byte_count >= 8) {
    const size_t length = (size_t)chunks[0] << 24 | (size_t)chunks[1] << 16 |
                          (size_t)chunks[2] << 8 | chunks[3];
    if (length > byte_count - 8) return NULL;
    memcpy(target, chunks, 8 + length);
    seal(target, length);
    target += 12 + length;
    chunks += 8 + length;
    byte_count -= 8 + length;
  }
  return target;
}

/// The IDAT chunk of a strip; `target` may not be larger than the strip and its margins.
static uint8_t *write_pixels(uint8_t *target, const strip *s, int is_first, const uLong *adler) {
  size_t length = s->byte_count;
  uint8_t *data = target + 8;
  memcpy(target + 4, "IDAT", 4);
  if (is_first) {
    // A window of 32 KiB; the second byte makes the two a multiple of 31.
    data[0] = 0x78;
    data[1] = 0x9C;
    data += 2;
    length += 2;
  }
  data = copy(data, s->bytes, s->byte_count);
  if (adler) {
    put32(data, (uint32_t)*adler);
    length += 4;
  }
  seal(target, length);
  return target + 12 + length;
}

static int fail(cpng_writer *w, const char *reason) {
  strcpy(w->error, reason);
  return -1;
}

/// Room for so many more bytes of the file; NULL without memory.
static uint8_t *reserve(cpng_writer *w, size_t byte_count) {
  if (byte_count > SIZE_MAX / 2 - w->byte_count) return NULL;
  const size_t needed = w->byte_count + byte_count;
  if (needed > w->capacity) {
    const size_t capacity = needed + w->capacity / 2;
    uint8_t *bytes = realloc(w->bytes, capacity);
    if (!bytes) return NULL;
    w->bytes = bytes;
    w->capacity = capacity;
  }
  return w->bytes + w->byte_count;
}

/// Writes the rows that are there and no strip has yet. 0, or -1 with the error set.
static int write_strips(cpng_writer *w) {
  w->strip_count = (w->row_count - w->written_rows + w->strip_rows - 1) / w->strip_rows;
  atomic_store(&w->next, 0);
  work_on_threads(w);
  int result = 0;
  for (size_t i = 0; i < w->strip_count; i++) {
    strip *s = &w->strips[i];
    const int is_first = w->written_rows == 0 && i == 0;
    const int is_last = w->row_count == w->format.height && i + 1 == w->strip_count;
    // Length, name and checksum of two chunks, and what stands around the deflated bytes.
    uint8_t *target = result == 0 && s->bytes ? reserve(w, s->byte_count + 32) : NULL;
    if (target) {
      w->adler = adler32_combine(w->adler, s->adler, (z_off_t)s->filtered_count);
      target = write_pixels(target, s, is_first, is_last ? &w->adler : NULL);
      if (is_last) {
        memcpy(target + 4, "IEND", 4);
        seal(target, 0);
        target += 12;
      }
      w->byte_count = (size_t)(target - w->bytes);
    } else {
      result = fail(w, "out of memory");
    }
    free(s->bytes);
    s->bytes = NULL;
  }
  w->written_rows = w->row_count;
  return result;
}

/// Forgets the rows that no later strip looks at.
static void keep_context(cpng_writer *w) {
  if (w->written_rows - w->first_row <= w->context_rows) return;
  const size_t first = w->written_rows - w->context_rows;
  memmove(w->rows, w->rows + (first - w->first_row) * w->row_size,
          (w->row_count - first) * w->row_size);
  w->first_row = first;
}

/// Sizes of strips and of what is kept, for a format whose sides are checked.
static void measure(cpng_writer *w, const cpng_format *format, int thread_count) {
  w->format = *format;
  w->thread_count = thread_count < 1 ? 1 : thread_count < MAX_THREADS ? thread_count : MAX_THREADS;
  w->step = (size_t)format->channels * (size_t)format->bit_depth / 8;
  w->row_size = w->step * format->width;
  const size_t line = w->row_size + 1;
  w->strip_rows = (STRIP_BYTES + w->row_size) / line;
  // The window, and the row above its first one.
  w->context_rows = (WINDOW_BYTES + line - 1) / line + 1;
  size_t strip_count = (size_t)w->thread_count * STRIPS_PER_THREAD;
  const size_t all = (format->height + w->strip_rows - 1) / w->strip_rows;
  if (strip_count > all) strip_count = all;
  w->batch_rows = strip_count * w->strip_rows;
}

cpng_writer *cpng_writer_create(const cpng_format *format, const uint8_t *chunks,
                                size_t chunk_byte_count, int thread_count) {
  cpng_writer *w = calloc(1, sizeof *w);
  if (!w) return NULL;
  if (format->width == 0 || format->height == 0 || format->width > INT32_MAX ||
      format->height > INT32_MAX) {
    fail(w, "PNG has sides of 1 to 2147483647 pixels");
    return w;
  }
  measure(w, format, thread_count);
  w->adler = adler32(0, NULL, 0);
  w->rows = malloc((w->context_rows + w->batch_rows) * w->row_size);
  w->strips = calloc(w->batch_rows / w->strip_rows, sizeof *w->strips);
  // Twelve bytes around each of at most chunk_byte_count / 8 chunks.
  uint8_t *target = reserve(w, 64 + chunk_byte_count + chunk_byte_count / 8 * 4);
  if (!w->rows || !w->strips || !target) {
    fail(w, "out of memory");
    return w;
  }
  target = write_chunks(write_start(target, format), chunks, chunk_byte_count);
  if (target) {
    w->byte_count = (size_t)(target - w->bytes);
  } else {
    fail(w, "a chunk is longer than its bytes");
  }
  return w;
}

int cpng_writer_add(cpng_writer *w, const void *rows, size_t row_count) {
  const uint8_t *source = rows;
  if (w->error[0]) return -1;
  if (row_count > w->format.height - w->row_count) return fail(w, "too many rows");
  while (row_count > 0) {
    size_t count = w->written_rows + w->batch_rows - w->row_count;
    if (count > row_count) count = row_count;
    memcpy(w->rows + (w->row_count - w->first_row) * w->row_size, source, count * w->row_size);
    source += count * w->row_size;
    w->row_count += count;
    row_count -= count;
    if (w->row_count == w->written_rows + w->batch_rows || w->row_count == w->format.height) {
      if (write_strips(w) != 0) return -1;
      keep_context(w);
    }
  }
  return 0;
}

const uint8_t *cpng_writer_bytes(const cpng_writer *w, size_t *byte_count) {
  *byte_count = w->byte_count;
  return w->bytes;
}

void cpng_writer_clear(cpng_writer *w) { w->byte_count = 0; }

const char *cpng_writer_error(const cpng_writer *w) { return w->error; }

size_t cpng_writer_memory(const cpng_format *format, int thread_count) {
  cpng_writer w;
  measure(&w, format, thread_count);
  const size_t line = w.row_size + 1;
  // The rows; the deflated strips and the file's bytes, which grow by half; what a thread works on.
  return (w.context_rows + w.batch_rows) * w.row_size + 3 * w.batch_rows * (line + line / 8) +
         (size_t)w.thread_count * ((w.strip_rows + w.context_rows) * line + (512 << 10));
}

void cpng_writer_destroy(cpng_writer *w) {
  if (!w) return;
  free(w->rows);
  free(w->strips);
  free(w->bytes);
  free(w);
}
