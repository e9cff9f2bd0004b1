#include "vk_internal.h"

#include <stdint.h>
#include <string.h>

float vk_decay(float a_log) {
  if (a_log != a_log) return a_log;
  // Outside, the result is a float32 0 or under the limit -1e20 anyway.
  double x = a_log < -200 ? -200 : a_log > 100 ? 100 : a_log;
  // e^x = 2^n e^r with |r| <= ln(2) / 2; written out because not every program links libm.
  int n = (int)(x * 1.4426950408889634 + (x < 0 ? -0.5 : 0.5));
  double r = x - n * 0.6931471805599453;
  double sum = 1;
  for (int i = 14; i > 0; i--) sum = 1 + sum * r / i;
  uint64_t bits = (uint64_t)(1023 + n) << 52;
  double power;
  memcpy(&power, &bits, sizeof power);
  double decay = -sum * power * 1.4426950408889634;
  return decay < -1e20 ? -1e20f : (float)decay;
}
