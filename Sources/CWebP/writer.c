#include "CWebP.h"

#include <stdlib.h>
#include <string.h>
#include <webp/encode.h>

struct cwebp_writer {
  WebPConfig config;
  WebPPicture picture;
  WebPMemoryWriter file;
  int channels;
  size_t row_count;
  int is_done;
  const char *error;
};

static int fail(cwebp_writer *writer, const char *reason) {
  if (!writer->error[0]) writer->error = reason;
  return -1;
}

static const char *text_of(WebPEncodingError error) {
  switch (error) {
    case VP8_ENC_ERROR_OUT_OF_MEMORY:
    case VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY: return "out of memory";
    case VP8_ENC_ERROR_BAD_DIMENSION: return "WebP has sides of 1 to 16383 pixels";
    case VP8_ENC_ERROR_PARTITION0_OVERFLOW:
    case VP8_ENC_ERROR_PARTITION_OVERFLOW:
    case VP8_ENC_ERROR_FILE_TOO_BIG: return "the file would be larger than WebP allows";
    default: return "libwebp refuses the picture";
  }
}

cwebp_writer *cwebp_writer_create(uint32_t width, uint32_t height, int channels, int quality,
                                  int thread_count) {
  cwebp_writer *writer = calloc(1, sizeof *writer);
  if (!writer) return NULL;
  writer->error = "";
  writer->channels = channels;
  WebPMemoryWriterInit(&writer->file);
  if (!WebPConfigInit(&writer->config) || !WebPPictureInit(&writer->picture)) {
    fail(writer, "the library has another version");
    return writer;
  }
  if (quality >= 100) {
    WebPConfigLosslessPreset(&writer->config, 6);
    // The colours of pixels that can't be seen stay.
    writer->config.exact = 1;
  } else {
    writer->config.quality = (float)quality;
    // A third of the memory for noise, in a quarter more time.
    writer->config.low_memory = 1;
  }
  writer->config.thread_level = thread_count > 1;
  if (width == 0 || height == 0 || width > WEBP_MAX_DIMENSION || height > WEBP_MAX_DIMENSION) {
    fail(writer, "WebP has sides of 1 to 16383 pixels");
    return writer;
  }
  writer->picture.use_argb = 1;
  writer->picture.width = (int)width;
  writer->picture.height = (int)height;
  writer->picture.writer = WebPMemoryWrite;
  writer->picture.custom_ptr = &writer->file;
  if (!WebPPictureAlloc(&writer->picture)) fail(writer, "out of memory");
  return writer;
}

static void put_row(uint32_t *target, const uint8_t *source, size_t count, int channels) {
  const int is_grey = channels < 3, has_alpha = channels % 2 == 0;
  for (size_t x = 0; x < count; x++, source += channels) {
    const uint32_t red = source[0], green = is_grey ? red : source[1];
    const uint32_t blue = is_grey ? red : source[2], alpha = has_alpha ? source[channels - 1] : 255;
    target[x] = alpha << 24 | red << 16 | green << 8 | blue;
  }
}

int cwebp_writer_add(cwebp_writer *writer, const uint8_t *rows, size_t row_count) {
  if (writer->error[0]) return -1;
  const size_t width = (size_t)writer->picture.width, height = (size_t)writer->picture.height;
  if (row_count > height - writer->row_count) return fail(writer, "too many rows");
  for (size_t row = 0; row < row_count; row++, writer->row_count++) {
    put_row(writer->picture.argb + writer->row_count * (size_t)writer->picture.argb_stride,
            rows + row * width * (size_t)writer->channels, width, writer->channels);
  }
  if (writer->row_count < height || writer->is_done) return 0;
  if (!WebPEncode(&writer->config, &writer->picture))
    return fail(writer, text_of(writer->picture.error_code));
  WebPPictureFree(&writer->picture);
  writer->picture.height = (int)height;
  writer->is_done = 1;
  return 0;
}

int cwebp_writer_is_done(const cwebp_writer *writer) { return writer->is_done; }

const uint8_t *cwebp_writer_bytes(const cwebp_writer *writer, size_t *byte_count) {
  *byte_count = writer->is_done ? writer->file.size : 0;
  return writer->file.mem;
}

const char *cwebp_writer_error(const cwebp_writer *writer) { return writer->error; }

void cwebp_writer_destroy(cwebp_writer *writer) {
  if (!writer) return;
  WebPPictureFree(&writer->picture);
  WebPMemoryWriterClear(&writer->file);
  free(writer);
}
