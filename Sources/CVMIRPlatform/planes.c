#include "vmir_platform.h"

#include <string.h>

typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef uint32_t words4 __attribute__((vector_size(16)));

/// The bytes of `low` and `high` in turn: of their first halves, and of their second.
#define INTERLEAVE_FIRST(low, high) \
  __builtin_shufflevector(low, high, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define INTERLEAVE_SECOND(low, high) \
  __builtin_shufflevector(low, high, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
/// As above, two bytes at a time.
#define INTERLEAVE_PAIRS_FIRST(low, high) \
  __builtin_shufflevector(low, high, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23)
#define INTERLEAVE_PAIRS_SECOND(low, high) \
  __builtin_shufflevector(low, high, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31)

static bytes16 load(const uint8_t *source) {
  bytes16 bytes;
  memcpy(&bytes, source, sizeof bytes);
  return bytes;
}

/// Stores four words, each rotated right by one bit.
static void store_rotated(uint8_t *target, bytes16 bytes) {
  words4 words = (words4)bytes;
  words = words >> 1 | words << 31;
  memcpy(target, &words, sizeof words);
}

void vp_join_planes2(const void *restrict planes, size_t count, void *restrict target) {
  const uint8_t *p0 = planes, *p1 = p0 + count;
  uint8_t *elements = target;
  for (size_t i = 0; i < count; i++) {
    uint16_t rotated = (uint16_t)(p0[i] << 8 | p1[i]);
    uint16_t bits = (uint16_t)(rotated >> 1 | rotated << 15);
    elements[2 * i] = (uint8_t)bits;
    elements[2 * i + 1] = (uint8_t)(bits >> 8);
  }
}

void vp_join_planes4(const void *restrict planes, size_t count, void *restrict target) {
  const uint8_t *p0 = planes, *p1 = p0 + count, *p2 = p1 + count, *p3 = p2 + count;
  uint8_t *elements = target;
  size_t i = 0;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  for (; i + 16 <= count; i += 16) {
    bytes16 a = load(p0 + i), b = load(p1 + i), c = load(p2 + i), d = load(p3 + i);
    bytes16 low = INTERLEAVE_FIRST(d, c), high = INTERLEAVE_FIRST(b, a);
    store_rotated(elements + 4 * i, INTERLEAVE_PAIRS_FIRST(low, high));
    store_rotated(elements + 4 * i + 16, INTERLEAVE_PAIRS_SECOND(low, high));
    low = INTERLEAVE_SECOND(d, c), high = INTERLEAVE_SECOND(b, a);
    store_rotated(elements + 4 * i + 32, INTERLEAVE_PAIRS_FIRST(low, high));
    store_rotated(elements + 4 * i + 48, INTERLEAVE_PAIRS_SECOND(low, high));
  }
#endif
  for (; i < count; i++) {
    uint32_t rotated = (uint32_t)p0[i] << 24 | (uint32_t)p1[i] << 16 | (uint32_t)p2[i] << 8 | p3[i];
    uint32_t bits = rotated >> 1 | rotated << 31;
    elements[4 * i] = (uint8_t)bits;
    elements[4 * i + 1] = (uint8_t)(bits >> 8);
    elements[4 * i + 2] = (uint8_t)(bits >> 16);
    elements[4 * i + 3] = (uint8_t)(bits >> 24);
  }
}
