// The selective scan with its gradient, float32; called by training_scan.py.
//
// Both passes start from what the network's projection gives, one row of delta of low rank, B and C
// per position and direction; delta is made on the way, so that nothing as large as directions times
// channels is stored but the result. Lanes are channels. The forward pass keeps the state at every
// kPiece positions; the backward pass computes the states between again, a piece at a time.

#include "scan_math.h"

namespace {

constexpr int kLanes = 16;
constexpr int kStates = 16;
constexpr int kMostRank = 16;
constexpr int kPiece = 32;

typedef float Lanes __attribute__((vector_size(kLanes * sizeof(float))));

// Sizes, strides in elements and orders of one call.
struct Shape {
  std::int64_t batch, directions, length, channels, rank;
  const std::int64_t* orders;  // [K, L]
  std::int64_t row() const { return rank + 2 * kStates; }
  std::int64_t groups() const { return (channels + kLanes - 1) / kLanes; }
  std::int64_t pieces() const { return (length + kPiece - 1) / kPiece; }
};

// Weights of at most sixteen channels of one direction, a channel a lane.
struct Group {
  Lanes rates[kStates];  // log2(e) * A
  Lanes to_delta[kMostRank];
  Lanes skip, offset;
  int count;
};

inline Lanes load(const float* from, int count) {
  Lanes lanes{};
  if (count == kLanes) {
    std::memcpy(&lanes, from, sizeof lanes);
  } else {
    std::memcpy(&lanes, from, count * sizeof(float));
  }
  return lanes;
}

inline void store(float* to, const Lanes& lanes, int count) {
  if (count == kLanes) {
    std::memcpy(to, &lanes, sizeof lanes);
  } else {
    std::memcpy(to, &lanes, count * sizeof(float));
  }
}

inline Lanes exponential(const Lanes& t) {
  Lanes result;
  for (int i = 0; i < kLanes; i++) result[i] = power_of_two(t[i]);
  return result;
}

// The sums over the lanes of sixteen vectors, lane s that of vector s.
inline Lanes sums(const Lanes v[16]) {
  Lanes r[8], q[4], p[2];
  for (int j = 0; j < 8; j++) {
    r[j] = __builtin_shufflevector(v[j], v[j + 8], 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21,
                                   22, 23) +
           __builtin_shufflevector(v[j], v[j + 8], 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28,
                                   29, 30, 31);
  }
  for (int j = 0; j < 4; j++) {
    q[j] = __builtin_shufflevector(r[j], r[j + 4], 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25,
                                   26, 27) +
           __builtin_shufflevector(r[j], r[j + 4], 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28,
                                   29, 30, 31);
  }
  for (int j = 0; j < 2; j++) {
    p[j] = __builtin_shufflevector(q[j], q[j + 2], 0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25,
                                   28, 29) +
           __builtin_shufflevector(q[j], q[j + 2], 2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26,
                                   27, 30, 31);
  }
  // The order of the vectors is bit-reversed by now.
  const Lanes last = __builtin_shufflevector(p[0], p[1], 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22,
                                             24, 26, 28, 30) +
                     __builtin_shufflevector(p[0], p[1], 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23,
                                             25, 27, 29, 31);
  return __builtin_shufflevector(last, last, 0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15);
}

Group read_group(const Shape& shape, const float* to_delta, const float* bias, const float* a,
                 const float* d, std::int64_t k, std::int64_t first) {
  Group group{};
  const std::int64_t left = shape.channels - first;
  group.count = static_cast<int>(left < kLanes ? left : kLanes);
  for (int i = 0; i < group.count; i++) {
    const std::int64_t channel = k * shape.channels + first + i;
    for (int s = 0; s < kStates; s++) group.rates[s][i] = a[channel * kStates + s] * kLog2E;
    for (int r = 0; r < shape.rank; r++) group.to_delta[r][i] = to_delta[channel * shape.rank + r];
    group.skip[i] = d[channel];
    group.offset[i] = bias[channel];
  }
  return group;
}

// Delta before softplus.
inline Lanes raw_step(const Group& group, const float* row, int rank) {
  Lanes raw = group.offset;
  for (int r = 0; r < rank; r++) raw += group.to_delta[r] * row[r];
  return raw;
}

inline Lanes softplus_lanes(const Lanes& raw) {
  Lanes step;
  for (int i = 0; i < kLanes; i++) step[i] = softplus(raw[i]);
  return step;
}

void forward_group(const Shape& shape, const Group& group, const float* u, const float* low,
                   std::int64_t low_stride, const std::int64_t* order, float* y, float* kept) {
  const int rank = static_cast<int>(shape.rank);
  Lanes state[kStates] = {};
  for (std::int64_t l = 0; l < shape.length; l++) {
    if (kept != nullptr && l % kPiece == 0) {
      std::memcpy(kept + l / kPiece * kStates * kLanes, state, sizeof state);
    }
    const std::int64_t position = order[l];
    const float* row = low + position * low_stride;
    const float *b = row + rank, *c = b + kStates;
    const Lanes x = load(u + position * shape.channels, group.count);
    const Lanes step = softplus_lanes(raw_step(group, row, rank));
    const Lanes drive = step * x;
    Lanes sum = group.skip * x;
    for (int s = 0; s < kStates; s++) {
      state[s] = exponential(step * group.rates[s]) * state[s] + drive * b[s];
      sum += state[s] * c[s];
    }
    store(y + position * shape.channels, sum, group.count);
  }
}

// Gradients of one group: rows of `u` and `low` are added to, the others are the group's own.
struct Gradients {
  float *u, *low;
  Lanes rates[kStates], to_delta[kMostRank], skip, offset;
};

void backward_group(const Shape& shape, const Group& group, const float* u, const float* low,
                    std::int64_t low_stride, const std::int64_t* order, const float* kept,
                    const float* gy, Gradients& gradients) {
  const int rank = static_cast<int>(shape.rank), count = group.count;
  Lanes states[kPiece + 1][kStates], decays[kPiece][kStates], steps[kPiece], slopes[kPiece];
  Lanes carried[kStates] = {};
  for (std::int64_t piece = shape.pieces() - 1; piece >= 0; piece--) {
    const std::int64_t start = piece * kPiece, left = shape.length - start;
    const int positions = static_cast<int>(left < kPiece ? left : kPiece);
    std::memcpy(states[0], kept + piece * kStates * kLanes, sizeof states[0]);
    for (int l = 0; l < positions; l++) {
      const std::int64_t position = order[start + l];
      const float *row = low + position * low_stride, *b = row + rank;
      const Lanes raw = raw_step(group, row, rank), step = softplus_lanes(raw);
      for (int i = 0; i < kLanes; i++) {
        const float e = power_of_two((raw[i] > 20.0f ? 20.0f : raw[i]) * kLog2E);
        slopes[l][i] = raw[i] > 20.0f ? 1.0f : e / (1.0f + e);
      }
      const Lanes drive = step * load(u + position * shape.channels, count);
      steps[l] = step;
      for (int s = 0; s < kStates; s++) {
        decays[l][s] = exponential(step * group.rates[s]);
        states[l + 1][s] = decays[l][s] * states[l][s] + drive * b[s];
      }
    }
    for (int l = positions - 1; l >= 0; l--) {
      const std::int64_t position = order[start + l];
      const float *row = low + position * low_stride, *b = row + rank, *c = b + kStates;
      const Lanes x = load(u + position * shape.channels, count);
      const Lanes g = load(gy + position * shape.channels, count);
      const Lanes step = steps[l], drive = step * x;
      Lanes of_b[kStates], of_c[kStates], of_drive{}, of_step{};
      for (int s = 0; s < kStates; s++) {
        const Lanes h = carried[s] + g * c[s];
        of_c[s] = g * states[l + 1][s];
        of_b[s] = h * drive;
        of_drive += h * b[s];
        const Lanes back = h * decays[l][s], of_rate = back * states[l][s];
        gradients.rates[s] += of_rate * step;
        of_step += of_rate * group.rates[s];
        carried[s] = back;
      }
      // The rates hold log2(e) * A.
      const Lanes of_raw = (of_step * (1.0f / kLog2E) + of_drive * x) * slopes[l];
      const Lanes of_x = of_drive * step + group.skip * g;
      gradients.skip += g * x;
      gradients.offset += of_raw;
      float* row_gradient = gradients.low + position * low_stride;
      for (int r = 0; r < rank; r++) {
        const Lanes product = of_raw * group.to_delta[r];
        float sum = 0.0f;
        for (int i = 0; i < kLanes; i++) sum += product[i];
        row_gradient[r] += sum;
        gradients.to_delta[r] += of_raw * row[r];
      }
      const Lanes sums_b = sums(of_b) + load(row_gradient + rank, kLanes);
      const Lanes sums_c = sums(of_c) + load(row_gradient + rank + kStates, kLanes);
      store(row_gradient + rank, sums_b, kLanes);
      store(row_gradient + rank + kStates, sums_c, kLanes);
      float* x_gradient = gradients.u + position * shape.channels;
      store(x_gradient, load(x_gradient, count) + of_x, count);
    }
  }
}

}  // namespace

// u [N, L, C]; low [N, L, K, R + 2 S], S = 16; to_delta [K, C, R]; bias, d [K, C]; a [K, C, S];
// order [K, L]; y [N, K, L, C]; kept [N, K, groups, pieces, S, 16] or null.
extern "C" void vmir_training_scan(const float* u, const float* low, const float* to_delta,
                                   const float* bias, const float* a, const float* d,
                                   const std::int64_t* orders, float* y, float* kept,
                                   std::int64_t batch, std::int64_t directions, std::int64_t length,
                                   std::int64_t channels, std::int64_t rank, std::int64_t threads) {
  const Shape shape{batch, directions, length, channels, rank, orders};
  const std::int64_t jobs = batch * directions * shape.groups();
  const std::int64_t kept_size = shape.pieces() * kStates * kLanes;
#pragma omp parallel for schedule(dynamic) num_threads(static_cast<int>(threads))
  for (std::int64_t job = 0; job < jobs; job++) {
    const std::int64_t first = job % shape.groups() * kLanes;
    const std::int64_t image = job / shape.groups(), k = image % directions, n = image / directions;
    const Group group = read_group(shape, to_delta, bias, a, d, k, first);
    forward_group(shape, group, u + n * length * channels + first,
                  low + (n * length * directions + k) * shape.row(), directions * shape.row(),
                  orders + k * length, y + image * length * channels + first,
                  kept == nullptr ? nullptr : kept + job * kept_size);
  }
}

// Gradients of the same: gy [N, K or 1, L, C], gy_stride elements from one direction to the next;
// gu and g_low zero at first; g_to_delta [N, K, C, R], g_bias, gd [N, K, C], ga [N, K, C, S].
extern "C" void vmir_training_scan_backward(
    const float* u, const float* low, const float* to_delta, const float* bias, const float* a,
    const float* d, const std::int64_t* orders, const float* kept, const float* gy, float* gu,
    float* g_low, float* g_to_delta, float* g_bias, float* ga, float* gd, std::int64_t gy_stride,
    std::int64_t batch, std::int64_t directions, std::int64_t length, std::int64_t channels,
    std::int64_t rank, std::int64_t threads) {
  const Shape shape{batch, directions, length, channels, rank, orders};
  const std::int64_t kept_size = shape.pieces() * kStates * kLanes;
  const std::int64_t gy_image = gy_stride == 0 ? length * channels : directions * gy_stride;
  // Directions and groups of an image add to the same rows, so a job is an image.
#pragma omp parallel for schedule(dynamic) num_threads(static_cast<int>(threads))
  for (std::int64_t n = 0; n < batch; n++) {
    for (std::int64_t k = 0; k < directions; k++) {
      const std::int64_t image = n * directions + k;
      const std::int64_t low_start = (n * length * directions + k) * shape.row();
      for (std::int64_t g = 0; g < shape.groups(); g++) {
        const std::int64_t first = g * kLanes;
        const Group group = read_group(shape, to_delta, bias, a, d, k, first);
        Gradients gradients{};
        gradients.u = gu + n * length * channels + first;
        gradients.low = g_low + low_start;
        backward_group(shape, group, u + n * length * channels + first, low + low_start,
                       directions * shape.row(), orders + k * length,
                       kept + (image * shape.groups() + g) * kept_size,
                       gy + n * gy_image + k * gy_stride + first, gradients);
        for (int i = 0; i < group.count; i++) {
          const std::int64_t channel = image * channels + first + i;
          for (int s = 0; s < kStates; s++) ga[channel * kStates + s] = gradients.rates[s][i];
          for (int r = 0; r < rank; r++) g_to_delta[channel * rank + r] = gradients.to_delta[r][i];
          gd[channel] = gradients.skip[i];
          g_bias[channel] = gradients.offset[i];
        }
      }
    }
  }
}
