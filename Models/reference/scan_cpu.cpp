// The selective scan, forward, float32; called by selective_scan.py.
//
// Lanes are channels: sixteen channels of a direction advance together and every state is one
// vector, so that no sum runs across lanes. Nothing here names an instruction set: loops of a fixed
// count over `Lanes` are what compilers turn into vectors.

#include "scan_math.h"

namespace {

constexpr int kLanes = 16;
constexpr int kMostStates = 64;

struct Lanes {
  float at[kLanes];
};

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
