// Shared by the mutators: random numbers, growing bytes, numbers in files.
#ifndef VMIR_MUTATORS_H
#define VMIR_MUTATORS_H

#include <stddef.h>
#include <stdint.h>

/// libFuzzer's own: changes `size` bytes in place, up to `capacity` of them; returns how many.
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t capacity);

/// A mutator: changes an input in place and returns its new size, 0 where it can't.
typedef size_t mutator(uint8_t *data, size_t size, size_t capacity);
mutator mutate_png, mutate_jpeg, mutate_zip, mutate_vmir, mutate_onnx, mutate_safetensors,
    mutate_npy;

/// A number below `bound`, which is not 0.
size_t random_below(size_t bound);

/// Replaces the `count` bytes at `offset` by changed ones and moves what follows; returns the new
/// size of the input and sets `*new_count`.
size_t mutate_part(uint8_t *data, size_t size, size_t capacity, size_t offset, size_t count,
                   size_t *new_count);

/// Bytes that grow up to a limit; beyond it they are marked as not whole.
typedef struct {
  uint8_t *bytes;
  size_t count, capacity;
  int is_cut;
} growing;
void append(growing *target, const void *bytes, size_t count);
void append_varint(growing *target, uint64_t value);

/// Changes one field of a protobuf message, wherever it is nested; lengths around it follow.
size_t mutate_message(const uint8_t *message, size_t size, uint8_t *target, size_t capacity);

static inline uint64_t little(const uint8_t *bytes, int count) {
  uint64_t value = 0;
  for (int i = count - 1; i >= 0; i--) value = value << 8 | bytes[i];
  return value;
}
static inline void set_little(uint8_t *bytes, int count, uint64_t value) {
  for (int i = 0; i < count; i++) bytes[i] = (uint8_t)(value >> 8 * i);
}
static inline uint64_t big(const uint8_t *bytes, int count) {
  uint64_t value = 0;
  for (int i = 0; i < count; i++) value = value << 8 | bytes[i];
  return value;
}
static inline void set_big(uint8_t *bytes, int count, uint64_t value) {
  for (int i = 0; i < count; i++) bytes[i] = (uint8_t)(value >> 8 * (count - 1 - i));
}

#endif
