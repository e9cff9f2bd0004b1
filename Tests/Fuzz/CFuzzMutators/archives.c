// Zip archives of stored members, and safetensors.
#include "mutators.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { local_size = 30, central_size = 46, end_size = 22 };

/// One member as the central directory has it.
typedef struct {
  const uint8_t *central, *local, *content;
  size_t central_count, local_count, content_count;
} member;

/// The members of an archive that is sound as far as their places go; 0 where it isn't.
static size_t find_members(const uint8_t *data, size_t size, member *members, size_t capacity) {
  if (size < central_size + end_size) return 0;
  size_t end = size - end_size;
  while (end > 0 && little(data + end, 4) != 0x06054B50) end--;
  size_t count = little(data + end + 10, 2), offset = little(data + end + 16, 4);
  if (little(data + end, 4) != 0x06054B50 || count > capacity) return 0;
  for (size_t i = 0; i < count; i++) {
    if (offset > size - central_size) return 0;
    const uint8_t *central = data + offset;
    size_t local = little(central + 42, 4), stored = little(central + 20, 4);
    size_t length = central_size + little(central + 28, 2) + little(central + 30, 2) +
                    little(central + 32, 2);
    if (length > size - offset || local > size - local_size) return 0;
    size_t head = local_size + little(data + local + 26, 2) + little(data + local + 28, 2);
    if (head > size - local || stored > size - local - head) return 0;
    members[i] = (member){central, data + local, data + local + head, length, head, stored};
    offset += length;
  }
  return count;
}

/// A member whose name ends in `data.pkl` rather than any, every other time.
static size_t pick(const member *members, size_t count) {
  size_t any = random_below(count);
  if (random_below(2)) return any;
  for (size_t i = 0; i < count; i++) {
    size_t length = little(members[i].central + 28, 2);
    const char *name = (const char *)members[i].central + central_size;
    if (length >= 8 && memcmp(name + length - 8, "data.pkl", 8) == 0) return i;
  }
  return any;
}

/// The content of one member changes, or its entry; sizes, places and checksums follow.
size_t mutate_zip(uint8_t *data, size_t size, size_t capacity) {
  member members[64];
  size_t count = find_members(data, size, members, 64);
  if (count == 0) return 0;
  uint8_t *bytes = malloc(capacity), *directory = malloc(capacity), *content = malloc(capacity);
  growing archive = {bytes, 0, capacity, 0}, central = {directory, 0, capacity, 0};
  size_t changed = pick(members, count);
  int changes_entry = random_below(8) == 0;
  for (size_t i = 0; i < count; i++) {
    const member *m = &members[i];
    size_t length = m->content_count < capacity ? m->content_count : capacity;
    memcpy(content, m->content, length);
    if (i == changed && !changes_entry) {
      size_t room = length + 4096 < capacity ? length + 4096 : capacity;
      length = LLVMFuzzerMutate(content, length, room);
    }
    size_t local = archive.count, entry = central.count;
    append(&archive, m->local, m->local_count);
    append(&archive, content, length);
    append(&central, m->central, m->central_count);
    if (archive.is_cut || central.is_cut) break;
    int is_stored = little(m->central + 10, 2) == 0;
    uint8_t *heads[2] = {bytes + local + 14, directory + entry + 16};
    for (int h = 0; h < 2; h++) {
      // Of a deflated member the content's checksum and size are those of the seed.
      if (is_stored) {
        set_little(heads[h], 4, crc32(0, content, (uInt)length));
        set_little(heads[h] + 8, 4, length);
      }
      set_little(heads[h] + 4, 4, length);
    }
    set_little(directory + entry + 42, 4, local);
    if (i == changed && changes_entry)
      directory[entry + 4 + random_below(central_size - 4)] ^= (uint8_t)(1u << random_below(8));
  }
  uint8_t end[end_size] = {0x50, 0x4B, 5, 6};
  set_little(end + 8, 2, count);
  set_little(end + 10, 2, count);
  set_little(end + 12, 4, central.count);
  set_little(end + 16, 4, archive.count);
  append(&archive, directory, central.count);
  append(&archive, end, end_size);
  size_t result = archive.is_cut || central.is_cut ? 0 : archive.count;
  memcpy(data, bytes, result);
  free(bytes);
  free(directory);
  free(content);
  return result;
}

/// The header of a safetensors file changes and its length follows.
size_t mutate_safetensors(uint8_t *data, size_t size, size_t capacity) {
  if (size < 8) return 0;
  size_t length = little(data, 8), count;
  if (length > size - 8) return 0;
  size = mutate_part(data, size, capacity, 8, length, &count);
  set_little(data, 8, count);
  return size;
}
