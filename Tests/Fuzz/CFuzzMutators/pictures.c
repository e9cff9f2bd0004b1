// PNG, JPEG, NPY: parts with lengths.
#include "mutators.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/// One chunk changes, goes, comes twice or gets another name; its length and checksum follow.
size_t mutate_png(uint8_t *data, size_t size, size_t capacity) {
  size_t starts[256], count = 0, offset = 8;
  while (count < 256 && offset + 12 <= size && big(data + offset, 4) <= size - offset - 12) {
    starts[count++] = offset;
    offset += 12 + big(data + offset, 4);
  }
  if (count == 0) return 0;
  size_t start = starts[random_below(count)], length = big(data + start, 4);
  switch (random_below(12)) {
    case 0:
      memmove(data + start, data + start + 12 + length, size - start - 12 - length);
      return size - 12 - length;
    case 1:
      if (capacity - size < 12 + length) return 0;
      memmove(data + start + 12 + length, data + start, size - start);
      return size + 12 + length;
    case 2: {
      static const char names[][5] = {"PLTE", "tRNS", "IDAT", "iCCP", "gAMA", "cHRM", "sRGB",
                                      "pHYs", "eXIf", "tEXt", "zTXt", "iTXt", "cICP", "acTL"};
      memcpy(data + start + 4, names[random_below(sizeof names / 5)], 4);
      break;
    }
    default:
      size = mutate_part(data, size, capacity, start + 8, length, &length);
      set_big(data + start, 4, length);
  }
  set_big(data + start + 8 + length, 4, crc32(0, data + start + 4, (uInt)length + 4));
  return size;
}

/// One segment changes, goes or comes twice; its length follows.
size_t mutate_jpeg(uint8_t *data, size_t size, size_t capacity) {
  size_t starts[128], count = 0, offset = 2;
  while (count < 128 && offset + 4 <= size && data[offset] == 0xFF && data[offset + 1] != 0xD9) {
    size_t length = big(data + offset + 2, 2);
    if (length < 2 || length > size - offset - 2) break;
    starts[count++] = offset;
    offset += 2 + length;
    // Behind a start of scan come coded pixels, up to the next marker.
    while (data[starts[count - 1] + 1] == 0xDA && offset + 1 < size &&
           (data[offset] != 0xFF || data[offset + 1] == 0 || (data[offset + 1] & 0xF8) == 0xD0))
      offset++;
  }
  if (count == 0) return 0;
  size_t start = starts[random_below(count)], length = big(data + start + 2, 2) - 2, added;
  switch (random_below(10)) {
    case 0:
      memmove(data + start, data + start + 4 + length, size - start - 4 - length);
      return size - 4 - length;
    case 1:
      if (capacity - size < 4 + length) return 0;
      memmove(data + start + 4 + length, data + start, size - start);
      return size + 4 + length;
    case 2: data[start + 1] = (uint8_t)(0xC0 + random_below(0x40)); return size;
    case 3: {
      size_t pixels = start + 4 + length;
      return pixels < size ? mutate_part(data, size, capacity, pixels, size - pixels, &added) : 0;
    }
    default:
      size = mutate_part(data, size, capacity, start + 4, length, &added);
      set_big(data + start + 2, 2, added + 2);
      return size;
  }
}

/// The text of the header changes, or the elements; the header's length follows.
size_t mutate_npy(uint8_t *data, size_t size, size_t capacity) {
  if (size < 12) return 0;
  int wide = data[6] > 1;
  size_t text = wide ? 12 : 10, length = little(data + 8, wide ? 4 : 2), count;
  if (text > size || length > size - text) return 0;
  if (random_below(4) == 0)
    return mutate_part(data, size, capacity, text + length, size - text - length, &count);
  size = mutate_part(data, size, capacity, text, length, &count);
  set_little(data + 8, wide ? 4 : 2, count);
  return size;
}
