// The selective scan, forward, float32; called by selective_scan.py.
//
// Lanes are channels: sixteen channels of a direction advance together and every state is one
// vector, so that no sum runs across lanes. Nothing here names an instruction set: loops of a fixed
// count over `Lanes` are what compilers turn into vectors.

#include <cmath>
#include <cstdint>
#include <cstring>

namespace {

constexpr int kLanes = 16;
constexpr int kMostStates = 64;
constexpr float kLog2E = 1.44269504088896341f;

struct Lanes {
  float at[kLanes];
};

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

// One group of at most sixteen channels along one direction.
//
// u, delta, y point to the group's first channel, rows are `channels` apart; a is [channels, S] from
// the group's first channel; b, c are [L, S].
template <int S>
void scan_group(const float* u, const float* delta, const float* a, const float* b, const float* c,
                const float* d, const float* bias, const std::int64_t* order, float* y,
                std::int64_t length, std::int64_t channels, int count, int states) {
  const int state_count = S > 0 ? S : states;
  Lanes rates[S > 0 ? S : kMostStates], state[S > 0 ? S : kMostStates];
  Lanes skip{}, offset{};
  for (int s = 0; s < state_count; s++) {
    for (int i = 0; i < kLanes; i++) {
      rates[s].at[i] = i < count ? a[i * state_count + s] * kLog2E : 0.0f;
      state[s].at[i] = 0.0f;
    }
  }
  for (int i = 0; i < count; i++) {
    skip.at[i] = d[i];
    offset.at[i] = bias[i];
  }
  for (std::int64_t l = 0; l < length; l++) {
    const std::int64_t position = order[l];
    Lanes x{}, step{}, drive, sum;
    std::memcpy(x.at, u + position * channels, count * sizeof(float));
    std::memcpy(step.at, delta + position * channels, count * sizeof(float));
    for (int i = 0; i < kLanes; i++) {
      step.at[i] = softplus(step.at[i] + offset.at[i]);
      drive.at[i] = step.at[i] * x.at[i];
      sum.at[i] = skip.at[i] * x.at[i];
    }
    const float* b_row = b + position * state_count;
    const float* c_row = c + position * state_count;
    for (int s = 0; s < state_count; s++) {
      const float b_here = b_row[s], c_here = c_row[s];
      for (int i = 0; i < kLanes; i++) {
        const float h = power_of_two(step.at[i] * rates[s].at[i]) * state[s].at[i] +
                        drive.at[i] * b_here;
        state[s].at[i] = h;
        sum.at[i] += h * c_here;
      }
    }
    std::memcpy(y + position * channels, sum.at, count * sizeof(float));
  }
}

}  // namespace

// u [N, L, C]; delta [N, K, L, C]; a [K, C, S]; b, c [N, K, L, S]; d, bias [K, C]; order [K, L];
// y [N, K, L, C].
extern "C" void vmir_reference_scan(const float* u, const float* delta, const float* a,
                                    const float* b, const float* c, const float* d,
                                    const float* bias, const std::int64_t* order, float* y,
                                    std::int64_t batch, std::int64_t directions,
                                    std::int64_t length, std::int64_t channels,
                                    std::int64_t states, std::int64_t threads) {
  const std::int64_t groups = (channels + kLanes - 1) / kLanes;
  const std::int64_t jobs = batch * directions * groups;
#pragma omp parallel for schedule(dynamic) num_threads(static_cast<int>(threads))
  for (std::int64_t job = 0; job < jobs; job++) {
    const std::int64_t group = job % groups, k = job / groups % directions;
    const std::int64_t n = job / groups / directions, first = group * kLanes;
    const int count = static_cast<int>(channels - first < kLanes ? channels - first : kLanes);
    const std::int64_t image = n * directions + k, row = k * channels + first;
    const auto run = states == 16 ? scan_group<16> : states == 8 ? scan_group<8> : scan_group<0>;
    run(u + n * length * channels + first, delta + image * length * channels + first,
        a + row * states, b + image * length * states, c + image * length * states, d + row,
        bias + row, order + k * length, y + image * length * channels + first, length, channels,
        count, static_cast<int>(states));
  }
}
