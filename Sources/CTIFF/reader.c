#include "CTIFF.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

#if TIFFLIB_VERSION < 20221213
#error "libtiff 4.5 or later is needed: its errors are told by file"
#endif

struct ctiff_reader {
  const uint8_t *bytes;
  uint64_t byte_count;
  uint64_t offset;
  TIFF *tiff;
  ctiff_format format;
  uint16_t photometric, bits, samples, planar;
  // Where a stored sample goes: a channel, or -1.
  int8_t targets[32];
  int is_associated;
  const uint16_t *palette[3];
  int palette_shift;
  uint8_t *block;
  int64_t row;
  ctiff_result result;
  char error[256];
  char warning[256];
};

/// Notes why the file is refused; the first reason counts.
static ctiff_result refuse(ctiff_reader *reader, ctiff_result result, const char *reason) {
  if (reader->result == CTIFF_DONE) {
    reader->result = result;
    snprintf(reader->error, sizeof reader->error, "%s", reason);
  }
  return reader->result;
}

// MARK: Callbacks

static int on_error(TIFF *tiff, void *context, const char *module, const char *format,
                    va_list arguments) {
  (void)tiff, (void)module;
  char text[256];
  vsnprintf(text, sizeof text, format, arguments);
  const size_t length = strlen(text);
  if (length > 0 && text[length - 1] == '.') text[length - 1] = 0;
  refuse(context, CTIFF_CORRUPT, text);
  return 1;
}

static int on_warning(TIFF *tiff, void *context, const char *module, const char *format,
                      va_list arguments) {
  (void)tiff, (void)context, (void)module, (void)format, (void)arguments;
  return 1;
}

static tmsize_t on_read(thandle_t handle, void *target, tmsize_t count) {
  ctiff_reader *reader = handle;
  if (count < 0 || reader->offset >= reader->byte_count) return 0;
  const uint64_t left = reader->byte_count - reader->offset;
  const size_t taken = (uint64_t)count < left ? (size_t)count : (size_t)left;
  memcpy(target, reader->bytes + reader->offset, taken);
  reader->offset += taken;
  return (tmsize_t)taken;
}

static tmsize_t on_write(thandle_t handle, void *source, tmsize_t count) {
  (void)handle, (void)source, (void)count;
  return -1;
}

static toff_t on_seek(thandle_t handle, toff_t offset, int whence) {
  ctiff_reader *reader = handle;
  const uint64_t base = whence == SEEK_CUR   ? reader->offset
                        : whence == SEEK_END ? reader->byte_count
                                             : 0;
  reader->offset = base + offset;
  return reader->offset;
}

static int on_close(thandle_t handle) { return (void)handle, 0; }

static toff_t on_size(thandle_t handle) { return ((ctiff_reader *)handle)->byte_count; }

// MARK: Header

ctiff_reader *ctiff_reader_create(const void *bytes, size_t byte_count) {
  ctiff_reader *reader = calloc(1, sizeof *reader);
  if (!reader) return NULL;
  reader->bytes = bytes;
  reader->byte_count = byte_count;
  reader->row = -1;
  TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
  if (!options) {
    free(reader);
    return NULL;
  }
  TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, reader);
  TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, reader);
  const tmsize_t most = 64 << 20;
  TIFFOpenOptionsSetMaxSingleMemAlloc(
      options, (tmsize_t)byte_count > most ? (tmsize_t)byte_count + (1 << 20) : most);
  // Read, not mapped.
  reader->tiff = TIFFClientOpenExt("picture", "rm", reader, on_read, on_write, on_seek, on_close,
                                   on_size, NULL, NULL, options);
  TIFFOpenOptionsFree(options);
  // The directory is there: what libtiff objected to is no part of the pixels.
  if (reader->tiff && reader->result != CTIFF_DONE) {
    memcpy(reader->warning, reader->error, sizeof reader->warning);
    reader->error[0] = 0;
    reader->result = CTIFF_DONE;
  }
  return reader;
}

/// What the compression is, and how far it can go; NULL where it is read.
static const char *check_compression(ctiff_reader *reader, uint16_t compression) {
  uint32_t ratio = 0;
  switch (compression) {
    case COMPRESSION_NONE: ratio = 1; break;
    case COMPRESSION_PACKBITS: ratio = 64; break;
    // 12 bits for 4096 bytes at most.
    case COMPRESSION_LZW: ratio = 2731; break;
    case COMPRESSION_ADOBE_DEFLATE:
    case COMPRESSION_DEFLATE: ratio = 1032; break;
    // 64 samples take a bit at least, in blocks of which others may have four times the pixels.
    case COMPRESSION_JPEG: ratio = 8 * 64 * 4; break;
    // 128 KiB for four bytes.
    case COMPRESSION_ZSTD: ratio = 1 << 15; break;
    case COMPRESSION_CCITTRLE:
    case COMPRESSION_CCITTRLEW:
    case COMPRESSION_CCITTFAX3:
    case COMPRESSION_CCITTFAX4: break;
    case COMPRESSION_OJPEG: return "its compression is the JPEG of TIFF before 1995";
    case COMPRESSION_LZMA: return "its compression is LZMA";
    case COMPRESSION_WEBP: return "its compression is WebP";
    case COMPRESSION_JBIG: return "its compression is JBIG";
    case 33003:
    case 33005:
    case COMPRESSION_JP2000: return "its compression is JPEG 2000";
    case COMPRESSION_LERC: return "its compression is LERC";
    default: return "its compression is not known";
  }
  if (!TIFFIsCODECConfigured(compression)) return "its compression is not in this libtiff";
  reader->format.compression_ratio = ratio;
  return NULL;
}

/// What the colours are; NULL where they are read.
static const char *check_colours(ctiff_reader *reader, uint16_t compression) {
  switch (reader->photometric) {
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_MINISBLACK: return NULL;
    case PHOTOMETRIC_RGB: return NULL;
    case PHOTOMETRIC_PALETTE: return NULL;
    case PHOTOMETRIC_YCBCR:
      if (compression != COMPRESSION_JPEG || reader->planar != PLANARCONFIG_CONTIG)
        return "its colours are YCbCr without JPEG; convert it to RGB";
      // libjpeg makes RGB of them.
      TIFFSetField(reader->tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
      reader->photometric = PHOTOMETRIC_RGB;
      return NULL;
    case PHOTOMETRIC_SEPARATED: return "its colours are CMYK; convert it to RGB";
    case PHOTOMETRIC_MASK: return "it is a mask for another picture";
    case PHOTOMETRIC_CIELAB:
    case PHOTOMETRIC_ICCLAB:
    case PHOTOMETRIC_ITULAB: return "its colours are Lab; convert it to RGB";
    case PHOTOMETRIC_LOGL:
    case PHOTOMETRIC_LOGLUV: return "its colours are LogLuv; convert it to RGB";
    case PHOTOMETRIC_CFA: return "it is a raw picture of a camera; develop it first";
    default: return "its colours are of a kind that is not known";
  }
}

/// Which stored sample becomes which channel; NULL where that is clear.
static const char *choose_channels(ctiff_reader *reader) {
  const int is_rgb = reader->photometric == PHOTOMETRIC_RGB;
  const int is_palette = reader->photometric == PHOTOMETRIC_PALETTE;
  const int colours = is_rgb ? 3 : 1;
  if (reader->samples < colours) return "it has fewer channels than its colours need";
  if (reader->samples > sizeof reader->targets) return "it has more than 32 channels";
  uint16_t extra_count = 0, *extra = NULL;
  TIFFGetField(reader->tiff, TIFFTAG_EXTRASAMPLES, &extra_count, &extra);
  int alpha = -1;
  for (int i = 0; i < extra_count && alpha < 0; i++) {
    if (extra[i] != EXTRASAMPLE_ASSOCALPHA && extra[i] != EXTRASAMPLE_UNASSALPHA) continue;
    alpha = reader->samples - extra_count + i;
    reader->is_associated = extra[i] == EXTRASAMPLE_ASSOCALPHA;
  }
  // A fourth channel that nothing is said of.
  if (extra_count == 0 && is_rgb && reader->samples == 4) alpha = 3;
  if (alpha >= 0 && alpha < colours) return "its channels contradict each other";
  if (is_palette && alpha >= 0) return "it has a palette and alpha";
  for (int i = 0; i < reader->samples; i++)
    reader->targets[i] = (int8_t)(i < colours ? i : i == alpha ? colours : -1);
  reader->format.channels = (is_palette ? 3 : colours) + (alpha >= 0);
  reader->format.dropped_channels = reader->samples - colours - (alpha >= 0);
  return NULL;
}

static const char *check_depth(ctiff_reader *reader) {
  uint16_t sample_format = SAMPLEFORMAT_UINT;
  TIFFGetFieldDefaulted(reader->tiff, TIFFTAG_SAMPLEFORMAT, &sample_format);
  if (sample_format == SAMPLEFORMAT_IEEEFP) return "its samples are floating-point numbers";
  if (sample_format != SAMPLEFORMAT_UINT && sample_format != SAMPLEFORMAT_VOID)
    return "its samples are not unsigned integers";
  const int bits = reader->bits;
  const int is_small = bits == 1 || bits == 2 || bits == 4;
  if (bits != 8 && bits != 16 && !is_small)
    return "its samples have other than 1, 2, 4, 8 or 16 bits";
  if (is_small && reader->samples != 1) return "its channels have fewer than 8 bits";
  if (reader->photometric != PHOTOMETRIC_PALETTE) {
    reader->format.bit_depth = bits == 16 ? 16 : 8;
    return NULL;
  }
  if (bits == 16) return "its palette has 65536 colours";
  uint16_t *red, *green, *blue;
  if (!TIFFGetField(reader->tiff, TIFFTAG_COLORMAP, &red, &green, &blue))
    return "its palette is missing";
  reader->palette[0] = red, reader->palette[1] = green, reader->palette[2] = blue;
  // Colours of 8 bits where there should be 16, as some programs write them.
  for (int i = 0; i < 1 << bits; i++)
    if (red[i] > 255 || green[i] > 255 || blue[i] > 255) reader->palette_shift = 8;
  reader->format.bit_depth = 8;
  return NULL;
}

ctiff_result ctiff_read_header(ctiff_reader *reader, ctiff_format *format) {
  TIFF *tiff = reader->tiff;
  if (!tiff) return refuse(reader, CTIFF_CORRUPT, "its first directory can't be read");
  if (reader->result != CTIFF_DONE) return reader->result;
  uint32_t width = 0, height = 0, subfile = 0;
  uint16_t compression = COMPRESSION_NONE, orientation = 1;
  TIFFGetField(tiff, TIFFTAG_SUBFILETYPE, &subfile);
  if (subfile & FILETYPE_REDUCEDIMAGE)
    return refuse(reader, CTIFF_UNSUPPORTED,
                  "its first page is a reduced picture, as in a camera's raw file");
  if (!TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width) ||
      !TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height) || width == 0 || height == 0)
    return refuse(reader, CTIFF_CORRUPT, "its width or height is missing");
  if (!TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &reader->photometric))
    return refuse(reader, CTIFF_CORRUPT, "it does not say what its colours are");
  TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &compression);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &reader->bits);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &reader->samples);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &reader->planar);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_ORIENTATION, &orientation);
  const char *reason = check_compression(reader, compression);
  if (!reason) reason = check_colours(reader, compression);
  if (!reason) reason = choose_channels(reader);
  if (!reason) reason = check_depth(reader);
  if (reason) return refuse(reader, CTIFF_UNSUPPORTED, reason);
  reader->format.width = width;
  reader->format.height = height;
  reader->format.orientation = orientation >= 1 && orientation <= 8 ? orientation : 1;
  reader->format.stored_pixel_bits = (uint32_t)reader->bits * reader->samples;
  reader->format.block_byte_count = TIFFIsTiled(tiff) ? TIFFTileSize64(tiff)
                                                      : TIFFScanlineSize64(tiff);
  reader->format.has_more_pages = !TIFFLastDirectory(tiff);
  if (reader->format.block_byte_count == 0)
    refuse(reader, CTIFF_CORRUPT, "its rows or tiles can't be counted");
  *format = reader->format;
  return reader->result;
}

// MARK: Pixels

/// A sample of a row that was read, the highest bits first.
static unsigned sample_at(const uint8_t *row, size_t index, unsigned bits) {
  if (bits == 8) return row[index];
  if (bits == 16) {
    uint16_t value;
    memcpy(&value, row + 2 * index, 2);
    return value;
  }
  const size_t position = index * bits;
  return row[position / 8] >> (8 - bits - position % 8) & ((1u << bits) - 1);
}

/// Puts the samples of `count` pixels of a row, of one plane or of all, where they belong.
static void put_row(const ctiff_reader *reader, uint8_t *target, ptrdiff_t step,
                    const uint8_t *row, size_t count, int plane) {
  const unsigned bits = reader->bits;
  const unsigned most = (1u << bits) - 1, scale = bits < 8 ? 255 / most : 1;
  const int is_inverted = reader->photometric == PHOTOMETRIC_MINISWHITE;
  const size_t stored = plane < 0 ? reader->samples : 1;
  for (size_t sample = 0; sample < stored; sample++) {
    const int channel = reader->targets[plane < 0 ? sample : (size_t)plane];
    if (channel < 0) continue;
    uint8_t *to = target;
    for (size_t x = 0; x < count; x++, to += step) {
      unsigned value = sample_at(row, x * stored + sample, bits);
      if (reader->photometric == PHOTOMETRIC_PALETTE) {
        for (int c = 0; c < 3; c++)
          to[c] = (uint8_t)(reader->palette[c][value] >> reader->palette_shift);
        continue;
      }
      if (is_inverted && channel == 0) value = most - value;
      if (bits == 16) {
        const uint16_t wide = (uint16_t)value;
        memcpy(to + 2 * channel, &wide, 2);
      } else {
        to[channel] = (uint8_t)(value * scale);
      }
    }
  }
}

/// Divides colours that were multiplied with alpha by it.
static void divide_by_alpha(const ctiff_reader *reader, uint8_t *pixels, size_t count) {
  const size_t channels = (size_t)reader->format.channels;
  const unsigned bits = (unsigned)reader->format.bit_depth, most = (1u << bits) - 1;
  for (size_t pixel = 0; pixel < count; pixel++) {
    const size_t first = pixel * channels;
    const unsigned alpha = sample_at(pixels, first + channels - 1, bits);
    for (size_t c = 0; c + 1 < channels; c++) {
      uint64_t value = sample_at(pixels, first + c, bits);
      value = alpha == 0 ? 0 : (value * most + alpha / 2) / alpha;
      if (value > most) value = most;
      if (bits == 16) {
        const uint16_t wide = (uint16_t)value;
        memcpy(pixels + 2 * (first + c), &wide, 2);
      } else {
        pixels[first + c] = (uint8_t)value;
      }
    }
  }
}

static ctiff_result read_rows(ctiff_reader *reader, uint8_t *pixels, ctiff_placement to) {
  const int plane_count = reader->planar == PLANARCONFIG_SEPARATE ? reader->samples : 1;
  for (int plane = 0; plane < plane_count; plane++) {
    if (plane_count > 1 && reader->targets[plane] < 0) continue;
    for (uint32_t y = 0; y < reader->format.height; y++) {
      reader->row = y;
      if (TIFFReadScanline(reader->tiff, reader->block, y, (uint16_t)plane) != 1)
        refuse(reader, CTIFF_CORRUPT, "a row can't be read");
      if (reader->result != CTIFF_DONE) return reader->result;
      put_row(reader, pixels + to.first + (ptrdiff_t)y * to.row_step, to.pixel_step, reader->block,
              reader->format.width, plane_count > 1 ? plane : -1);
    }
  }
  return CTIFF_DONE;
}

static ctiff_result read_tile(ctiff_reader *reader, uint8_t *pixels, ctiff_placement to, uint32_t x,
                              uint32_t y, int plane, uint32_t tile_width, uint32_t tile_height) {
  const int is_planar = reader->planar == PLANARCONFIG_SEPARATE;
  const tmsize_t row_size = TIFFTileRowSize(reader->tiff);
  const tmsize_t size = (tmsize_t)reader->format.block_byte_count;
  const uint32_t tile = TIFFComputeTile(reader->tiff, x, y, 0, (uint16_t)plane);
  // A tile that is cut short must not leave what an earlier one had.
  if (TIFFReadEncodedTile(reader->tiff, tile, reader->block, size) != size)
    refuse(reader, CTIFF_CORRUPT, "a tile can't be read");
  if (reader->result != CTIFF_DONE) return reader->result;
  uint32_t columns = reader->format.width - x, rows = reader->format.height - y;
  if (columns > tile_width) columns = tile_width;
  if (rows > tile_height) rows = tile_height;
  if (row_size <= 0 || (uint64_t)row_size * rows > (uint64_t)size)
    return refuse(reader, CTIFF_CORRUPT, "its tiles can't be counted");
  for (uint32_t row = 0; row < rows; row++) {
    uint8_t *target = pixels + to.first + (ptrdiff_t)(y + row) * to.row_step +
                      (ptrdiff_t)x * to.pixel_step;
    put_row(reader, target, to.pixel_step, reader->block + (size_t)row * (size_t)row_size, columns,
            is_planar ? plane : -1);
  }
  return CTIFF_DONE;
}

static ctiff_result read_tiles(ctiff_reader *reader, uint8_t *pixels, ctiff_placement to) {
  uint32_t tile_width = 0, tile_height = 0;
  TIFFGetField(reader->tiff, TIFFTAG_TILEWIDTH, &tile_width);
  TIFFGetField(reader->tiff, TIFFTAG_TILELENGTH, &tile_height);
  if (tile_width == 0 || tile_height == 0)
    return refuse(reader, CTIFF_CORRUPT, "its tiles have no size");
  const int plane_count = reader->planar == PLANARCONFIG_SEPARATE ? reader->samples : 1;
  for (uint64_t y = 0; y < reader->format.height; y += tile_height) {
    for (uint64_t x = 0; x < reader->format.width; x += tile_width) {
      for (int plane = 0; plane < plane_count; plane++) {
        if (plane_count > 1 && reader->targets[plane] < 0) continue;
        reader->row = (int64_t)y;
        if (read_tile(reader, pixels, to, (uint32_t)x, (uint32_t)y, plane, tile_width,
                      tile_height) != CTIFF_DONE)
          return reader->result;
      }
    }
  }
  return CTIFF_DONE;
}

ctiff_result ctiff_read_pixels(ctiff_reader *reader, void *pixels, size_t byte_count,
                               ctiff_placement to) {
  if (reader->result != CTIFF_DONE) return reader->result;
  const ctiff_format *format = &reader->format;
  const size_t pixel_size = (size_t)format->channels * (size_t)format->bit_depth / 8;
  if (byte_count / pixel_size / format->width != format->height)
    return refuse(reader, CTIFF_CORRUPT, "unexpected row size");
  // What a decoder leaves out is 0.
  reader->block = calloc(1, (size_t)format->block_byte_count);
  if (!reader->block) return refuse(reader, CTIFF_NO_MEMORY, "out of memory");
  if (TIFFIsTiled(reader->tiff))
    read_tiles(reader, pixels, to);
  else
    read_rows(reader, pixels, to);
  if (reader->result != CTIFF_DONE) return reader->result;
  reader->row = -1;
  if (reader->is_associated)
    divide_by_alpha(reader, pixels, (size_t)format->width * format->height);
  return CTIFF_DONE;
}

// MARK: Results

const char *ctiff_reader_error(const ctiff_reader *reader) { return reader->error; }

const char *ctiff_reader_warning(const ctiff_reader *reader) { return reader->warning; }

int64_t ctiff_reader_row(const ctiff_reader *reader) { return reader->row; }

void ctiff_reader_destroy(ctiff_reader *reader) {
  if (!reader) return;
  if (reader->tiff) TIFFClose(reader->tiff);
  free(reader->block);
  free(reader);
}
