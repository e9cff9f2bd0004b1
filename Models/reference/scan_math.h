// Exponential and softplus for the selective scans, float32, free of branches and of instruction
// sets: loops of a fixed count over them are what compilers turn into vectors.

#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

namespace {

constexpr float kLog2E = 1.44269504088896341f;

// 2^t, relative error below 1.1e-7, for t <= 127; 2^-126 below -126.
inline float power_of_two(float t) {
  const float clamped = t < -126.0f ? -126.0f : t;
  const float whole = std::nearbyint(clamped);
  const float r = clamped - whole;
  float p = 1.535336196e-04f;
  p = p * r + 1.339887502e-03f;
  p = p * r + 9.618436918e-03f;
  p = p * r + 5.550332367e-02f;
  p = p * r + 2.402264774e-01f;
  p = p * r + 6.931471825e-01f;
  p = p * r + 1.0f;
  std::int32_t bits;
  std::memcpy(&bits, &p, sizeof bits);
  // Adds to the exponent.
  bits += static_cast<std::int32_t>(whole) * (1 << 23);
  std::memcpy(&p, &bits, sizeof p);
  return p;
}

// log(1 + exp(v)), v itself above 20, as torch.nn.functional.softplus.
inline float softplus(float v) {
  const float e = power_of_two((v > 20.0f ? 20.0f : v) * kLog2E);
  const float w = 1.0f + e;
  std::int32_t bits;
  std::memcpy(&bits, &w, sizeof bits);
  // w = 2^exponent * (1 + m) with 1 + m in [sqrt(1/2), sqrt(2)).
  const std::int32_t shifted = bits - 0x3f3504f3;
  const float exponent = static_cast<float>(shifted >> 23);
  const std::int32_t mantissa = (shifted & 0x007fffff) + 0x3f3504f3;
  float m;
  std::memcpy(&m, &mantissa, sizeof m);
  m -= 1.0f;
  float p = 7.0376836292e-2f;
  p = p * m - 1.1514610310e-1f;
  p = p * m + 1.1676998740e-1f;
  p = p * m - 1.2420140846e-1f;
  p = p * m + 1.4249322787e-1f;
  p = p * m - 1.6668057665e-1f;
  p = p * m + 2.0000714765e-1f;
  p = p * m - 2.4999993993e-1f;
  p = p * m + 3.3333331174e-1f;
  const float square = m * m;
  float logarithm = p * m * square - 2.12194440e-4f * exponent - 0.5f * square + m;
  logarithm += 0.693359375f * exponent;
  // What rounding took from 1 + e.
  logarithm += (e - (w - 1.0f)) / w;
  return v > 20.0f ? v : logarithm;
}

}  // namespace
