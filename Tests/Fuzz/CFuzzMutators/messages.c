// Protobuf messages without their schema, ONNX models, and `.vmir` files around such a message.
#include "mutators.h"

#include <stdlib.h>
#include <string.h>

enum { depth_limit = 12 };

static int read_varint(const uint8_t **at, const uint8_t *end, uint64_t *value) {
  *value = 0;
  for (int shift = 0; shift < 64 && *at < end; shift += 7) {
    uint8_t byte = *(*at)++;
    *value |= (uint64_t)(byte & 0x7F) << shift;
    if (!(byte & 0x80)) return 1;
  }
  return 0;
}

/// One field: its number and form, and where its value is.
typedef struct {
  uint64_t key, number;
  const uint8_t *value;
  size_t count;
} field;

static int read_field(const uint8_t **at, const uint8_t *end, field *found) {
  if (!read_varint(at, end, &found->key) || found->key >> 3 == 0) return 0;
  found->value = *at;
  switch (found->key & 7) {
    case 0: return read_varint(at, end, &found->number);
    case 1: found->count = 8; break;
    case 5: found->count = 4; break;
    case 2: {
      uint64_t length;
      if (!read_varint(at, end, &length) || length > (uint64_t)(end - *at)) return 0;
      found->value = *at;
      found->count = (size_t)length;
      break;
    }
    default: return 0;
  }
  if (found->count > (size_t)(end - *at)) return 0;
  *at += found->count;
  return 1;
}

/// Fields of a message and of those inside it; 0 where the bytes are none.
static size_t field_count(const uint8_t *bytes, size_t size, int depth) {
  const uint8_t *at = bytes, *end = bytes + size;
  size_t count = 0;
  field found;
  while (at < end) {
    if (!read_field(&at, end, &found)) return 0;
    count++;
    if ((found.key & 7) == 2 && depth < depth_limit && found.count > 1)
      count += field_count(found.value, found.count, depth + 1);
  }
  return count;
}

static uint64_t other_number(uint64_t value) {
  static const uint64_t edges[] = {
      0, 1, 2, 3, 8, 15, 16, 127, 128, 255, 4096, 65535, 65536, 1u << 24, 0x7FFFFFFF, 0x80000000,
      0xFFFFFFFF, 1ull << 32, 1ull << 61, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000, ~0ull};
  switch (random_below(5)) {
    case 0: return edges[random_below(sizeof edges / sizeof edges[0])];
    case 1: return value + 1;
    case 2: return value - 1;
    case 3: return value ^ 1ull << random_below(64);
    default: return random_below(64);
  }
}

/// Writes a field's value in another form of the same kind.
static void append_changed(growing *target, const field *old) {
  append_varint(target, old->key);
  uint8_t fixed[8] = {0};
  switch (old->key & 7) {
    case 0: append_varint(target, other_number(old->number)); return;
    case 1:
    case 5:
      set_little(fixed, (int)old->count, other_number(little(old->value, (int)old->count)));
      append(target, fixed, old->count);
      return;
    default: {
      size_t room = old->count + 1024;
      uint8_t *bytes = malloc(room);
      memcpy(bytes, old->value, old->count);
      size_t count = LLVMFuzzerMutate(bytes, old->count, room);
      append_varint(target, count);
      append(target, bytes, count);
      free(bytes);
    }
  }
}

/// Copies a message; the field with the number `*left`, counted as `field_count` does, is changed,
/// left out, doubled or given another number.
static void copy(const uint8_t *bytes, size_t size, int depth, size_t *left, growing *target) {
  const uint8_t *at = bytes, *end = bytes + size;
  field found;
  while (at < end && !target->is_cut) {
    const uint8_t *start = at;
    if (!read_field(&at, end, &found)) {
      append(target, start, (size_t)(end - start));
      return;
    }
    size_t whole = (size_t)(at - start);
    if ((*left)-- == 0) {
      switch (random_below(8)) {
        case 0: break;
        case 1:
          append(target, start, whole);
          append(target, start, whole);
          break;
        case 2:
          append_varint(target, (found.key & 7) | (uint64_t)(1 + random_below(40)) << 3);
          append(target, start + 1, whole - 1);
          break;
        default: append_changed(target, &found);
      }
      continue;
    }
    int is_message = (found.key & 7) == 2 && depth < depth_limit && found.count > 1 &&
                     field_count(found.value, found.count, depth + 1) > 0;
    if (!is_message) {
      append(target, start, whole);
      continue;
    }
    growing inner = {malloc(found.count + 4096), 0, found.count + 4096, 0};
    copy(found.value, found.count, depth + 1, left, &inner);
    append_varint(target, found.key);
    append_varint(target, inner.count);
    append(target, inner.bytes, inner.count);
    target->is_cut |= inner.is_cut;
    free(inner.bytes);
  }
}

size_t mutate_message(const uint8_t *message, size_t size, uint8_t *target, size_t capacity) {
  size_t count = field_count(message, size, 0);
  if (count == 0) return 0;
  growing result = {target, 0, capacity, 0};
  size_t left = random_below(count);
  copy(message, size, 0, &left, &result);
  return result.is_cut ? 0 : result.count;
}

size_t mutate_onnx(uint8_t *data, size_t size, size_t capacity) {
  uint8_t *changed = malloc(capacity);
  size_t count = mutate_message(data, size, changed, capacity);
  memcpy(data, changed, count);
  free(changed);
  return count;
}

// MARK: .vmir

static uint64_t rotated(uint64_t x, int n) { return x << n | x >> (64 - n); }

/// XXH64 with seed 0, by the published specification.
static uint64_t xxh64(const uint8_t *bytes, size_t size) {
  static const uint64_t p1 = 0x9E3779B185EBCA87, p2 = 0xC2B2AE3D27D4EB4F, p3 = 0x165667B19E3779F9,
                        p4 = 0x85EBCA77C2B2AE63, p5 = 0x27D4EB2F165667C5;
  uint64_t lanes[4] = {p1 + p2, p2, 0, 0 - p1}, hash = p5;
  size_t i = 0;
  if (size >= 32) {
    for (; i + 32 <= size; i += 32) {
      for (int lane = 0; lane < 4; lane++)
        lanes[lane] = rotated(lanes[lane] + little(bytes + i + 8 * lane, 8) * p2, 31) * p1;
    }
    hash = rotated(lanes[0], 1) + rotated(lanes[1], 7) + rotated(lanes[2], 12) +
           rotated(lanes[3], 18);
    for (int lane = 0; lane < 4; lane++)
      hash = (hash ^ rotated(lanes[lane] * p2, 31) * p1) * p1 + p4;
  }
  hash += size;
  for (; i + 8 <= size; i += 8)
    hash = rotated(hash ^ rotated(little(bytes + i, 8) * p2, 31) * p1, 27) * p1 + p4;
  if (i + 4 <= size) {
    hash = rotated(hash ^ little(bytes + i, 4) * p1, 23) * p2 + p3;
    i += 4;
  }
  for (; i < size; i++) hash = rotated(hash ^ bytes[i] * p5, 11) * p1;
  hash = (hash ^ hash >> 33) * p2;
  hash = (hash ^ hash >> 29) * p3;
  return hash ^ hash >> 32;
}

enum { header_size = 32, entry_size = 40 };

/// Gives sections places one behind the other, and all checksums their values.
static void repair(uint8_t *data, size_t size, size_t section_count) {
  size_t table = header_size + entry_size * section_count, offset = table;
  // A section that was said to lie in the table may have shrunk it.
  if (table > size) return;
  for (size_t i = 0; i < section_count; i++) {
    uint8_t *entry = data + header_size + entry_size * i;
    uint64_t length = little(entry + 16, 8);
    if (length > size - offset) break;
    set_little(entry + 8, 8, offset);
    set_little(entry + 32, 8, xxh64(data + offset, (size_t)length));
    offset += (size_t)length;
  }
  set_little(data + 16, 8, size);
  uint8_t *covered = malloc(table);
  memcpy(covered, data, 24);
  memcpy(covered + 24, data + header_size, table - header_size);
  set_little(data + 24, 8, xxh64(covered, table - 8));
  free(covered);
}

/// The graph changes, or another section, or the table; places and checksums follow.
size_t mutate_vmir(uint8_t *data, size_t size, size_t capacity) {
  if (size < header_size) return 0;
  size_t count = little(data + 12, 4), table = header_size + entry_size * count;
  if (count == 0 || count > 4096 || table > size) return 0;
  if (random_below(10) == 0) {
    data[header_size + random_below(table - header_size)] ^= (uint8_t)(1u << random_below(8));
    repair(data, size, count);
    return size;
  }
  size_t index = random_below(8) ? 0 : random_below(count);
  uint8_t *entry = data + header_size + entry_size * index;
  uint64_t start = little(entry + 8, 8), length = little(entry + 16, 8);
  if (start > size || length > size - start) return 0;
  size_t changed;
  if (index == 0 && entry[2] == 0 && random_below(8)) {
    size_t room = (size_t)length + (capacity - size);
    uint8_t *message = malloc(room + 1);
    changed = mutate_message(data + start, (size_t)length, message, room);
    if (changed == 0) {
      free(message);
      return 0;
    }
    memmove(data + start + changed, data + start + length, size - start - length);
    memcpy(data + start, message, changed);
    free(message);
    size = size - (size_t)length + changed;
  } else {
    size = mutate_part(data, size, capacity, (size_t)start, (size_t)length, &changed);
  }
  set_little(entry + 16, 8, changed);
  if (entry[2] == 0) set_little(entry + 24, 8, changed);
  repair(data, size, count);
  return size;
}
