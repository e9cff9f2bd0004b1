#include "mutators.h"
#include "fuzz_mutators.h"

#include <stdlib.h>
#include <string.h>

static uint64_t state = 1;
static mutator *chosen;

size_t random_below(size_t bound) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (size_t)(state >> 33) % bound;
}

void append(growing *target, const void *bytes, size_t count) {
  if (count > target->capacity - target->count) {
    target->is_cut = 1;
    return;
  }
  memcpy(target->bytes + target->count, bytes, count);
  target->count += count;
}

void append_varint(growing *target, uint64_t value) {
  uint8_t bytes[10];
  size_t count = 0;
  do {
    bytes[count++] = (uint8_t)(value & 0x7F) | (value > 0x7F ? 0x80 : 0);
    value >>= 7;
  } while (value);
  append(target, bytes, count);
}

size_t mutate_part(uint8_t *data, size_t size, size_t capacity, size_t offset, size_t count,
                   size_t *new_count) {
  size_t room = capacity - size < 4096 ? capacity - size : 4096;
  uint8_t *part = malloc(count + room + 1);
  memcpy(part, data + offset, count);
  *new_count = count + room ? LLVMFuzzerMutate(part, count, count + room) : 0;
  memmove(data + offset + *new_count, data + offset + count, size - offset - count);
  memcpy(data + offset, part, *new_count);
  free(part);
  return size - count + *new_count;
}

void fuzz_choose_mutator(const char *target) {
  static const struct {
    const char *target;
    mutator *mutator;
  } mutators[] = {
      {"png", mutate_png}, {"jpeg", mutate_jpeg}, {"zip", mutate_zip}, {"torch", mutate_zip},
      {"convert", mutate_zip}, {"vmir", mutate_vmir}, {"onnx", mutate_onnx},
      {"plan", mutate_vmir}, {"graph", mutate_onnx},
      {"safetensors", mutate_safetensors}, {"npy", mutate_npy}};
  chosen = NULL;
  for (size_t i = 0; i < sizeof mutators / sizeof mutators[0]; i++) {
    if (strcmp(mutators[i].target, target) == 0) chosen = mutators[i].mutator;
  }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t capacity, unsigned seed);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t capacity, unsigned seed) {
  state = seed * 0x9E3779B97F4A7C15u + 1;
  // Bytes anywhere, now and then, so that the checks themselves are tried too.
  if (chosen && random_below(8) > 0) {
    size_t changed = chosen(data, size, capacity);
    if (changed > 0) return changed;
  }
  return LLVMFuzzerMutate(data, size, capacity);
}
