// Paths are bytes to Linux and valid UTF-8 to Swift. A byte that is no part of valid UTF-8 is
// written as the character U+10FE00 plus its value, of Unicode's last area for private use; so are
// the bytes of such characters themselves, so that every path has one text and comes back from it.
#include "paths.h"
#include "vmir_platform.h"

#include <stdint.h>
#include <string.h>

/// Bytes of the UTF-8 sequence at `bytes`, which ends in a zero, or 0 where it is none.
static size_t sequence_length(const unsigned char *bytes) {
  unsigned char first = bytes[0];
  if (first < 0x80) return 1;
  size_t length = first >= 0xC2 && first <= 0xDF ? 2
                  : first >= 0xE0 && first <= 0xEF ? 3
                  : first >= 0xF0 && first <= 0xF4 ? 4 : 0;
  for (size_t i = 1; i < length; i++) {
    if ((bytes[i] & 0xC0) != 0x80) return 0;
  }
  // Overlong, a surrogate, or beyond U+10FFFF.
  if ((first == 0xE0 && bytes[1] < 0xA0) || (first == 0xED && bytes[1] > 0x9F) ||
      (first == 0xF0 && bytes[1] < 0x90) || (first == 0xF4 && bytes[1] > 0x8F))
    return 0;
  return length;
}

/// Whether an escape stands at `bytes`, U+10FE80 to U+10FEFF.
static int is_escape(const unsigned char *bytes) {
  return bytes[0] == 0xF4 && bytes[1] == 0x8F && (bytes[2] == 0xBA || bytes[2] == 0xBB) &&
         (bytes[3] & 0xC0) == 0x80;
}

const char *path_bytes(const char *text, char buffer[PATH_CAPACITY]) {
  if (!strchr(text, 0xF4)) return text;
  const unsigned char *from = (const unsigned char *)text;
  size_t count = 0;
  while (*from) {
    if (count + 1 >= PATH_CAPACITY) return NULL;
    if (is_escape(from)) {
      buffer[count++] = (char)(0x80 | (from[2] & 1) << 6 | (from[3] & 0x3F));
      from += 4;
    } else {
      buffer[count++] = (char)*from++;
    }
  }
  buffer[count] = '\0';
  return buffer;
}

int path_text(const char *bytes, char *text, size_t capacity) {
  const unsigned char *from = (const unsigned char *)bytes;
  size_t count = 0;
  while (*from) {
    size_t length = sequence_length(from);
    int is_plain = length > 0 && !is_escape(from);
    if (count + (is_plain ? length : 4) >= capacity) return 0;
    if (is_plain) {
      memcpy(text + count, from, length);
      count += length;
      from += length;
    } else {
      const unsigned char escape[4] = {
          0xF4, 0x8F, 0xBA | (*from >> 6 & 1), 0x80 | (*from & 0x3F)};
      memcpy(text + count, escape, 4);
      count += 4;
      from += 1;
    }
  }
  text[count] = '\0';
  return 1;
}

size_t vp_path_text(const char *bytes, char *text, size_t capacity) {
  size_t most = 4 * strlen(bytes) + 1;
  if (most <= capacity) path_text(bytes, text, capacity);
  return most;
}
