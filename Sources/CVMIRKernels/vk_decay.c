#include "vk_internal.h"

#include <stdint.h>
#include <string.h>

/// 1 / i!.
static const double inverse_factorials[15] = {
    1,
    1,
    1.0 / 2,
    1.0 / 6,
    1.0 / 24,
    1.0 / 120,
    1.0 / 720,
    1.0 / 5040,
    1.0 / 40320,
    1.0 / 362880,
    1.0 / 3628800,
    1.0 / 39916800,
    1.0 / 479001600,
    1.0 / 6227020800,
    1.0 / 87178291200,
};

float vk_decay(float a_log) {
  if (a_log != a_log) return a_log;
  // Outside, the result is a float32 0 or under the limit -1e20 anyway.
  double x = a_log < -200 ? -200 : a_log > 100 ? 100 : a_log;
  // e^x = 2^n e^r with |r| <= ln(2) / 2; written out because not every program links libm.
  int n = (int)(x * 1.4426950408889634 + (x < 0 ? -0.5 : 0.5));
  double r = x - n * 0.6931471805599453;
  double sum = inverse_factorials[14];
  for (int i = 13; i >= 0; i--) sum = inverse_factorials[i] + sum * r;
  uint64_t bits = (uint64_t)(1023 + n) << 52;
  double power;
  memcpy(&power, &bits, sizeof power);
  double decay = -sum * power * 1.4426950408889634;
  return decay < -1e20 ? -1e20f : (float)decay;
}
