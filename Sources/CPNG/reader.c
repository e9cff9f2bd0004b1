#include "CPNG.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

struct cpng_reader {
  png_structp png;
  png_infop info;
  const uint8_t *bytes;
  size_t byte_count;
  size_t offset;
  cpng_format format;
  int is_palette;
  int64_t row;
  int is_damaged;
  // Kept chunks with a wrong checksum: their places among the kept ones, and names.
  struct {
    int index;
    char name[4];
  } damaged[32];
  int damaged_count;
  // Names of the kept chunks, five bytes each.
  uint8_t kept[5 * 32];
  int kept_count;
  char error[256];
  char warnings[1024];
};

// MARK: Callbacks

// Whether a warning ("tRNS: invalid") is about a chunk that decides what the pixels are.
static int is_about_pixels(const char *message) {
  static const char *const names[] = {"IHDR", "PLTE", "IDAT", "tRNS"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (strncmp(message, names[i], 4) == 0) return 1;
  return 0;
}

static void set_error(cpng_reader *reader, const char *message) {
  if (reader->error[0] != 0) return;
  strncpy(reader->error, message, sizeof reader->error - 1);
}

static void on_error(png_structp png, png_const_charp message) {
  cpng_reader *reader = png_get_error_ptr(png);
  set_error(reader, message);
  png_longjmp(png, 1);
}

// Ancillary chunks of the specification that are left out.
static const png_byte unused[] = "bKGD\0hIST\0oFFs\0pCAL\0sBIT\0sCAL\0sPLT\0tIME";

static int is_known(const cpng_reader *reader, const char *name) {
  for (size_t i = 0; i < sizeof unused / 5; i++)
    if (memcmp(unused + 5 * i, name, 4) == 0) return 1;
  for (int i = 0; i < reader->kept_count; i++)
    if (memcmp(reader->kept + 5 * i, name, 4) == 0) return 1;
  return 0;
}

// Notes that the next kept chunk, if it has this name, is damaged; 0 where there is no room.
static int note_damage(cpng_reader *reader, const char *name) {
  int count = reader->damaged_count;
  if (count == sizeof reader->damaged / sizeof reader->damaged[0]) return 0;
  reader->damaged[count].index = cpng_reader_chunk_count(reader);
  memcpy(reader->damaged[count].name, name, 4);
  reader->damaged_count++;
  return 1;
}

// libpng only warns of some damage to the pixels; there it becomes the error that it is. Of other
// chunks with a wrong checksum the note is the caller's.
static void on_warning(png_structp png, png_const_charp message) {
  cpng_reader *reader = png_get_error_ptr(png);
  if (reader->row >= 0 || is_about_pixels(message)) {
    reader->is_damaged = 1;
    set_error(reader, message);
    return;
  }
  if (strlen(message) > 4 && strcmp(message + 4, ": CRC error") == 0) {
    // Under a name that nobody knows it may have been any chunk.
    if (is_known(reader, message) && note_damage(reader, message)) return;
    reader->is_damaged = 1;
    set_error(reader, message);
    return;
  }
  size_t used = strlen(reader->warnings), length = strlen(message);
  if (used + length + 2 > sizeof reader->warnings) return;
  memcpy(reader->warnings + used, message, length);
  memcpy(reader->warnings + used + length, "\n", 2);
}

static void on_read(png_structp png, png_bytep target, size_t count) {
  cpng_reader *reader = png_get_io_ptr(png);
  if (count > reader->byte_count - reader->offset) png_error(png, "the file ends too early");
  memcpy(target, reader->bytes + reader->offset, count);
  reader->offset += count;
}

// MARK: Reading

cpng_reader *cpng_reader_create(const void *bytes, size_t byte_count, const cpng_limits *limits,
                                const uint8_t *kept, int kept_count) {
  cpng_reader *reader = calloc(1, sizeof *reader);
  if (!reader) return NULL;
  reader->bytes = bytes;
  reader->byte_count = byte_count;
  reader->row = -1;
  reader->kept_count = kept_count < 32 ? kept_count : 32;
  memcpy(reader->kept, kept, 5 * (size_t)reader->kept_count);
  reader->png =
      png_create_read_struct(PNG_LIBPNG_VER_STRING, reader, on_error, on_warning);
  if (!reader->png) {
    free(reader);
    return NULL;
  }
  if (setjmp(png_jmpbuf(reader->png))) {
    cpng_reader_destroy(reader);
    return NULL;
  }
  reader->info = png_create_info_struct(reader->png);
  if (!reader->info) png_error(reader->png, "out of memory");
  png_set_read_fn(reader->png, reader, on_read);
  png_set_user_limits(reader->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_chunk_malloc_max(reader->png, limits->chunk_byte_count);
  // libpng keeps two chunks fewer than this number; 0 would mean no limit.
  png_set_chunk_cache_max(
      reader->png, limits->chunk_count > UINT32_MAX - 2 ? UINT32_MAX : limits->chunk_count + 2);
  png_set_crc_action(reader->png, PNG_CRC_ERROR_QUIT, PNG_CRC_WARN_DISCARD);
  png_set_keep_unknown_chunks(reader->png, PNG_HANDLE_CHUNK_NEVER, unused, sizeof unused / 5);
  png_set_keep_unknown_chunks(reader->png, PNG_HANDLE_CHUNK_ALWAYS, kept, kept_count);
  return reader;
}

// Sets the transformations and says what they lead to. A palette is looked up by `expand_palette`.
static void set_format(cpng_reader *reader) {
  png_structp png = reader->png;
  png_infop info = reader->info;
  cpng_format *format = &reader->format;
  int stored_depth = png_get_bit_depth(png, info);
  int colour = png_get_color_type(png, info);
  int has_transparency = png_get_valid(png, info, PNG_INFO_tRNS) != 0;
  format->width = png_get_image_width(png, info);
  format->height = png_get_image_height(png, info);
  format->bit_depth = stored_depth == 16 ? 16 : 8;
  format->stored_pixel_bits = stored_depth * png_get_channels(png, info);
  reader->is_palette = colour == PNG_COLOR_TYPE_PALETTE;
  if (reader->is_palette) {
    format->channels = has_transparency ? 4 : 3;
    png_set_packing(png);
    return;
  }
  format->channels = (colour & PNG_COLOR_MASK_COLOR ? 3 : 1) +
                     (has_transparency || (colour & PNG_COLOR_MASK_ALPHA) ? 1 : 0);
  png_set_expand(png);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  if (stored_depth == 16) png_set_swap(png);
#endif
}

int cpng_read_header(cpng_reader *reader, cpng_format *format) {
  if (setjmp(png_jmpbuf(reader->png))) return -1;
  png_read_info(reader->png, reader->info);
  if (reader->is_damaged) return -1;
  set_format(reader);
  *format = reader->format;
  return 0;
}

// Turns a row's palette indices, which are its last `width` bytes, into colours from its start on:
// no index is overwritten before it was read.
static void expand_palette(cpng_reader *reader, png_bytep row) {
  png_colorp colours = NULL;
  png_bytep alphas = NULL;
  int colour_count = 0, alpha_count = 0;
  png_get_PLTE(reader->png, reader->info, &colours, &colour_count);
  png_get_tRNS(reader->png, reader->info, &alphas, &alpha_count, NULL);
  size_t width = reader->format.width, channels = (size_t)reader->format.channels;
  const png_byte *indices = row + width * (channels - 1);
  for (size_t x = 0; x < width; x++) {
    int index = indices[x];
    if (index >= colour_count) png_error(reader->png, "a pixel's colour is not in the palette");
    row[x * channels] = colours[index].red;
    row[x * channels + 1] = colours[index].green;
    row[x * channels + 2] = colours[index].blue;
    if (channels == 4) row[x * channels + 3] = index < alpha_count ? alphas[index] : 255;
  }
}

int cpng_read_pixels(cpng_reader *reader, void *pixels, size_t byte_count) {
  if (setjmp(png_jmpbuf(reader->png))) return -1;
  png_structp png = reader->png;
  size_t width = reader->format.width, height = reader->format.height;
  size_t row_size = width * (size_t)reader->format.channels * (size_t)reader->format.bit_depth / 8;
  size_t read_size = reader->is_palette ? width : row_size;
  int pass_count = png_set_interlace_handling(png);
  png_read_update_info(png, reader->info);
  if (png_get_rowbytes(png, reader->info) != read_size || byte_count / height != row_size)
    png_error(png, "unexpected row size");
  // The last row of the last pass also reads to the end of the compressed data and checks it.
  for (int pass = 0; pass < pass_count; pass++) {
    for (size_t y = 0; y < height; y++) {
      reader->row = (int64_t)y;
      png_read_row(png, (png_bytep)pixels + y * row_size + (row_size - read_size), NULL);
      if (reader->is_damaged) return -1;
    }
  }
  for (size_t y = 0; reader->is_palette && y < height; y++) {
    reader->row = (int64_t)y;
    expand_palette(reader, (png_bytep)pixels + y * row_size);
  }
  reader->row = -1;
  png_read_end(png, reader->info);
  return reader->is_damaged ? -1 : 0;
}

// MARK: Results

const char *cpng_reader_error(const cpng_reader *reader) { return reader->error; }
size_t cpng_reader_offset(const cpng_reader *reader) { return reader->offset; }
int64_t cpng_reader_row(const cpng_reader *reader) { return reader->row; }
const char *cpng_reader_warnings(const cpng_reader *reader) { return reader->warnings; }

int cpng_reader_chunk_count(const cpng_reader *reader) {
  png_unknown_chunkp chunks = NULL;
  return png_get_unknown_chunks(reader->png, reader->info, &chunks);
}

cpng_chunk cpng_reader_chunk(const cpng_reader *reader, int index) {
  png_unknown_chunkp chunks = NULL;
  cpng_chunk chunk = {{0}, NULL, 0, 0};
  if (index < 0 || index >= png_get_unknown_chunks(reader->png, reader->info, &chunks))
    return chunk;
  memcpy(chunk.name, chunks[index].name, 4);
  chunk.data = chunks[index].data;
  chunk.byte_count = chunks[index].size;
  for (int i = 0; i < reader->damaged_count; i++) {
    if (reader->damaged[i].index == index && memcmp(reader->damaged[i].name, chunk.name, 4) == 0)
      chunk.is_damaged = 1;
  }
  return chunk;
}

void cpng_reader_destroy(cpng_reader *reader) {
  if (!reader) return;
  png_destroy_read_struct(&reader->png, &reader->info, NULL);
  free(reader);
}
