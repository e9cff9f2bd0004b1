// What vmir-run --self-test restores: a network of most operators, and its result.
//
// Made by Tests/self_test_data.py from Formats/vectors/good/every-operator.vmir.
#ifndef VMIR_SELF_TEST_H
#define VMIR_SELF_TEST_H

#include <stddef.h>
#include <stdint.h>

enum {
  /// Pixels of the input, whose value of channel c, row y and column x is
  /// `((7 * c + 5 * y + 3 * x) % 11) / 10`.
  vst_height = 8,
  vst_width = 8,
  vst_stride = 13,
};

/// The bytes of a `.vmir` file.
const uint8_t *vst_model(size_t *count);
/// Every `vst_stride`-th value of the result `[4 * height, 4 * width, 4]`, row by row, channels
/// innermost, from the first on.
const float *vst_result(size_t *count);

#endif
