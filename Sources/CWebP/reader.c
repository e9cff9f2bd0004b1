#include "CWebP.h"

#include <string.h>
#include <webp/decode.h>

static const char *text_of(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_OK: return NULL;
    case VP8_STATUS_OUT_OF_MEMORY: return "out of memory";
    case VP8_STATUS_NOT_ENOUGH_DATA: return "the file ends too early";
    case VP8_STATUS_UNSUPPORTED_FEATURE: return "it has a feature that is not known";
    case VP8_STATUS_BITSTREAM_ERROR: return "its compressed data is not valid";
    case VP8_STATUS_INVALID_PARAM:
    case VP8_STATUS_SUSPENDED:
    case VP8_STATUS_USER_ABORT: break;
  }
  return "it can't be decoded";
}

const char *cwebp_read_header(const void *bytes, size_t byte_count, cwebp_format *format) {
  WebPBitstreamFeatures features;
  const char *error = text_of(WebPGetFeatures(bytes, byte_count, &features));
  if (error) return error;
  if (features.width <= 0 || features.height <= 0) return "it has no pixels";
  *format = (cwebp_format){
      .width = (uint32_t)features.width,
      .height = (uint32_t)features.height,
      .channels = features.has_alpha ? 4 : 3,
      .is_animated = features.has_animation,
      .is_lossless = features.format != 1,
  };
  return NULL;
}

const char *cwebp_read_pixels(const void *bytes, size_t byte_count, const cwebp_format *format,
                              uint8_t *pixels, size_t pixel_byte_count) {
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) return "the library has another version";
  const size_t row_size = (size_t)format->width * (size_t)format->channels;
  config.output.colorspace = format->channels == 4 ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = pixels;
  config.output.u.RGBA.stride = (int)row_size;
  config.output.u.RGBA.size = pixel_byte_count;
  const char *error = text_of(WebPDecode(bytes, byte_count, &config));
  const int is_same = (uint32_t)config.output.width == format->width &&
                      (uint32_t)config.output.height == format->height;
  WebPFreeDecBuffer(&config.output);
  if (error) return error;
  return is_same ? NULL : "its parts have different sizes";
}
