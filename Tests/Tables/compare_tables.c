// Runs every operator of every kernel table of this processor on random operands of odd sizes, and
// compares with plain loops in double, or exactly with the generic table where nothing is rounded.
// For processors on which the Swift tests cannot run; see neon-test.sh.
#include "vk_kernels.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GUARD = 64 };
static const float canary = -12345.5f;

static uint64_t random_state = 1;
static int failures;

static float random_float(float low, float high) {
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;
  return low + (high - low) * (float)(random_state >> 40) / 16777216.0f;
}

/// `count` floats one float off any alignment, canaries around them.
static float *guarded(size_t count) {
  float *memory = malloc((count + 2 * GUARD) * sizeof(float));
  if (!memory) exit(70);
  for (size_t i = 0; i < count + 2 * GUARD; i++) memory[i] = canary;
  return memory + GUARD + 1;
}

static float *filled(size_t count, float low, float high) {
  float *p = guarded(count);
  for (size_t i = 0; i < count; i++) p[i] = random_float(low, high);
  return p;
}

static void release(float *p) { free(p - GUARD - 1); }

/// Compares `[rows][c]` of stride `stride` with `expected` `[rows][c]`, and what is around it.
static void check(const char *what, const vk_kernels *k, const float *y, size_t rows, size_t c,
                  size_t stride, const double *expected, double tolerance) {
  for (size_t r = 0; r < rows; r++)
    for (size_t i = 0; i < c; i++) {
      double wanted = expected[r * c + i], error = fabs(y[r * stride + i] - wanted);
      if (error <= tolerance * (1 + fabs(wanted))) continue;
      printf("%s %s rows %zu c %zu: [%zu][%zu] is %.9g, not %.9g\n", k->isa, what, rows, c, r, i,
             y[r * stride + i], wanted);
      failures++;
      return;
    }
  for (size_t i = 0; i < GUARD - 1 + rows * stride; i++) {
    int inside = i % stride < c && i < rows * stride;
    if ((inside || y[i] == canary) && (i >= GUARD || y[-1 - (ptrdiff_t)i] == canary)) continue;
    printf("%s %s rows %zu c %zu: wrote outside\n", k->isa, what, rows, c);
    failures++;
    return;
  }
}

static double silu(double x) { return x / (1 + exp(-x)); }
static double gelu(double x) { return x * erfc(-x / sqrt(2)) / 2; }
static double sigmoid(double x) { return 1 / (1 + exp(-x)); }
static double same(double x) { return x; }
static double softplus(double x) { return x > 20 ? x : log1p(exp(x)); }

static void test_elementwise(const vk_kernels *k, size_t c) {
  size_t rows = 3, stride = c + 3;
  float *a = filled(rows * stride, -9, 9), *b = filled(rows * stride, -3, 3);
  double *expected = malloc(rows * c * sizeof(double));
  struct {
    const char *name;
    vk_unary run;
    double (*function)(double);
  } unary[] = {{"silu", k->silu, silu},
               {"gelu", k->gelu, gelu},
               {"sigmoid", k->sigmoid, sigmoid},
               {"copy_rows", k->copy_rows, same}};
  for (size_t o = 0; o < 4; o++) {
    float *y = guarded(rows * stride);
    unary[o].run(rows, c, a, stride, y, stride);
    for (size_t i = 0; i < rows * c; i++)
      expected[i] = unary[o].function(a[i / c * stride + i % c]);
    check(unary[o].name, k, y, rows, c, stride, expected, 1e-6);
    release(y);
  }
  struct {
    const char *name;
    vk_binary run;
    double (*function)(double);
    int adds;
  } binary[] = {{"add", k->add, same, 1},
                {"multiply", k->multiply, same, 0},
                {"gelu_gate", k->gelu_gate, gelu, 0},
                {"silu_gate", k->silu_gate, silu, 0}};
  for (size_t o = 0; o < 4; o++) {
    float *y = guarded(rows * stride);
    binary[o].run(rows, c, a, stride, b, 0, y, stride);
    for (size_t i = 0; i < rows * c; i++) {
      double left = binary[o].function(a[i / c * stride + i % c]), right = b[i % c];
      expected[i] = binary[o].adds ? left + right : left * right;
    }
    check(binary[o].name, k, y, rows, c, stride, expected, 1e-6);
    release(y);
  }
  float *y = guarded(rows * stride);
  k->maximum(rows, c, a, stride, b, 0, y, stride);
  for (size_t i = 0; i < rows * c; i++) expected[i] = fmax(a[i / c * stride + i % c], b[i % c]);
  check("maximum", k, y, rows, c, stride, expected, 0);
  release(y);
  y = guarded(rows * stride);
  k->softmax(rows, c, a, stride, y, stride);
  for (size_t r = 0; r < rows; r++) {
    double sum = 0;
    for (size_t i = 0; i < c; i++) sum += exp(a[r * stride + i]);
    for (size_t i = 0; i < c; i++) expected[r * c + i] = exp(a[r * stride + i]) / sum;
  }
  check("softmax", k, y, rows, c, stride, expected, 1e-6);
  release(y);
  free(expected);
  release(a);
  release(b);
}

static double mish(double x) { return x * tanh(log1p(exp(x))); }
static double ramp(double x) { return fmin(fmax(x / 4 + 0.5, 0), 1); }
static double hard_swish(double x) { return x * ramp(x); }
static double elu(double x) { return x > 0 ? x : 0.5 * expm1(2 * x); }
static double swish(double x) { return x / (1 + exp(-1.75 * x)); }
static double softsign(double x) { return x / (1 + fabs(x)); }
static double reciprocal(double x) { return 1 / x; }
static double rsqrt(double x) { return 1 / sqrt(x); }
static double gelu_tanh(double x) {
  return x / 2 * (1 + tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)));
}

static void test_functions(const vk_kernels *k, size_t c) {
  size_t rows = 3, stride = c + 3;
  double *expected = malloc(rows * c * sizeof(double));
  struct {
    const char *name;
    vk_function function;
    double (*value)(double);
    float alpha, beta, low;
  } functions[] = {{"abs", VK_FUNCTION_ABS, fabs, 0, 0, -9},
                   {"elu", VK_FUNCTION_ELU, elu, 0.5f, 2, -9},
                   {"erf", VK_FUNCTION_ERF, erf, 0, 0, -9},
                   {"exp", VK_FUNCTION_EXP, exp, 0, 0, -9},
                   {"gelu_tanh", VK_FUNCTION_GELU_TANH, gelu_tanh, 0, 0, -9},
                   {"hard_sigmoid", VK_FUNCTION_HARD_SIGMOID, ramp, 0.25f, 0.5f, -9},
                   {"hard_swish", VK_FUNCTION_HARD_SWISH, hard_swish, 0.25f, 0.5f, -9},
                   {"mish", VK_FUNCTION_MISH, mish, 0, 0, -9},
                   {"reciprocal", VK_FUNCTION_RECIPROCAL, reciprocal, 0, 0, 0.5f},
                   {"rsqrt", VK_FUNCTION_RSQRT, rsqrt, 0, 0, 0.5f},
                   {"softplus", VK_FUNCTION_SOFTPLUS, softplus, 0, 0, -9},
                   {"softsign", VK_FUNCTION_SOFTSIGN, softsign, 0, 0, -9},
                   {"sqrt", VK_FUNCTION_SQRT, sqrt, 0, 0, 0},
                   {"swish", VK_FUNCTION_SWISH, swish, 1.75f, 0, -9},
                   {"tanh", VK_FUNCTION_TANH, tanh, 0, 0, -9}};
  for (size_t o = 0; o < sizeof functions / sizeof *functions; o++) {
    float *x = filled(rows * stride, functions[o].low, 9), *y = guarded(rows * stride);
    k->function(functions[o].function, functions[o].alpha, functions[o].beta, rows, c, x, stride, y,
                stride);
    for (size_t i = 0; i < rows * c; i++)
      expected[i] = functions[o].value(x[i / c * stride + i % c]);
    check(functions[o].name, k, y, rows, c, stride, expected, 1e-6);
    release(x);
    release(y);
  }
  free(expected);
}

static void test_gemm(const vk_kernels *k, size_t m, size_t n, size_t depth) {
  float *x = filled(m * depth, -1, 1), *weight = filled(n * depth, -1, 1);
  float *bias = filled(n, -1, 1), *scale = filled(depth, -1, 1);
  size_t count = k->gemm_packed_count(n, depth), stride = n + 5;
  float *packed = guarded(count), *y = filled(m * stride, -1, 1);
  double *expected = malloc(m * n * sizeof(double));
  k->gemm_pack(n, depth, weight, packed);
  k->gemm_scale(n, depth, packed, scale, packed);
  for (size_t r = 0; r < m; r++)
    for (size_t j = 0; j < n; j++) {
      double sum = bias[j] + y[r * stride + j];
      for (size_t p = 0; p < depth; p++)
        sum += (double)x[r * depth + p] * scale[p] * weight[j * depth + p];
      expected[r * n + j] = sum + y[r * stride + j];
    }
  for (size_t i = 0; i < m * stride; i++)
    if (i % stride >= n) y[i] = canary;
  vk_epilogue epilogue = {bias, y, stride, NULL, 1, VK_ACTIVATION_NONE, x, m * depth};
  k->gemm(m, n, depth, x, depth, packed, &epilogue, y, stride);
  check("gemm", k, y, m, n, stride, expected, 2e-5);
  free(expected);
  release(x), release(weight), release(bias), release(scale), release(packed), release(y);
}

/// One line of a convolution in integers, rounding by rounding in plain loops; bit for bit.
static void test_integers(const vk_kernels *k, size_t m, size_t n, size_t c, size_t side,
                          float fixed) {
  size_t line = m + side - 1, pixels = side * line, taps = side * side, stride = n + 5;
  float *x = filled(pixels * c, -3, 3), *factor = filled(c, -2, 2), *add = filled(c, -1, 1);
  float *weight_scale = filled(n, -1, 1), *bias = filled(n, -1, 1), *scales = guarded(pixels);
  float *y = filled(m * stride, -1, 1), *q = guarded(pixels * k->quantized_stride(c) / 4);
  float *packed = guarded(k->gemm_i8_packed_size(n, c, taps) / 4);
  int8_t *weight = malloc(n * c * taps + 1);
  int32_t *level = malloc(pixels * c * sizeof(int32_t) + 1);
  double *expected = malloc(m * n * sizeof(double)), *scale = malloc(pixels * sizeof(double));
  for (size_t i = 0; i < n * c * taps; i++) weight[i] = (int8_t)random_float(-127.9f, 127.9f);
  for (size_t p = 0; p < pixels; p++) {
    // A row of zeros, one that is too small, one that is not finite.
    for (size_t i = 0; i < c; i++)
      if (p % 7 == 3 || p % 7 == 4) x[p * c + i] = p % 7 == 3 ? -add[i] : 1e-30f - add[i];
    if (p % 7 == 5 && c) x[p * c + c / 2] = p % 2 ? INFINITY : NAN;
    float peak = 0, by = fixed, over = fixed == 0 ? 0 : 1 / fixed;
    for (size_t i = 0; i < c; i++) {
      float v = fabsf((x[p * c + i] + add[i]) * factor[i]);
      peak = v > peak || isnan(v) ? v : peak;
      if (isnan(v) || isinf(v)) peak = INFINITY, i = c;
    }
    if (fixed == 0) by = peak < 0x1p-96f ? 0 : peak / 127, over = by == 0 ? 0 : 127 / peak;
    scale[p] = isinf(peak) ? NAN : by;
    for (size_t i = 0; i < c; i++) {
      float v = nearbyintf((x[p * c + i] + add[i]) * factor[i] * over);
      v = v > 127 ? 127 : v < -127 ? -127 : v;
      level[p * c + i] = isinf(peak) || over == 0 ? 0 : (int32_t)v;
    }
  }
  for (size_t p = 0; p < m; p++)
    for (size_t o = 0; o < n; o++) {
      float sum = 0;
      for (size_t t = 0; t < taps; t++) {
        size_t at = t / side * line + p + t % side;
        int32_t products = 0;
        for (size_t i = 0; i < c; i++)
          products += level[at * c + i] * weight[(o * c + i) * taps + t];
        sum = fmaf((float)products, (float)scale[at], sum);
      }
      expected[p * n + o] = fmaf(sum, weight_scale[o], bias[o]) + y[p * stride + o];
    }
  for (size_t i = 0; i < m * stride; i++)
    if (i % stride >= n) y[i] = canary;
  vk_quantize quantize = {c, x, c, add, factor, fixed, q, scales};
  k->quantize(pixels, &quantize);
  k->gemm_i8_pack(n, c, taps, weight, packed);
  vk_product_i8 product = {n,    c, side,   line, q, scales, packed, weight_scale,
                           bias, y, stride, y,    stride};
  k->gemm_i8(m, &product);
  // A result that is no number compares with none.
  for (size_t i = 0; i < m * n; i++) {
    float *found = y + i / n * stride + i % n;
    if (isnan(*found) && isnan(expected[i])) *found = 0, expected[i] = 0;
    if (isnan(*found)) *found = INFINITY;
    if (isnan(expected[i])) expected[i] = -1;
  }
  check("gemm_i8", k, y, m, n, stride, expected, 0);
  free(weight), free(level), free(expected), free(scale);
  release(x), release(factor), release(add), release(weight_scale), release(bias);
  release(scales), release(y), release(q), release(packed);
}

static void test_norms(const vk_kernels *k, size_t rows, size_t c, int centred) {
  size_t stride = c + 1;
  float *a = filled(rows * stride, -1, 1), *b = filled(rows * stride, -1, 1);
  float *z = filled(rows * stride, -5, 5), *weight = filled(c, -1, 1), *bias = filled(c, -1, 1);
  float *y = guarded(rows * stride), *gated = guarded(rows * stride), *sums = guarded(c);
  double *plain = malloc(rows * c * sizeof(double)), *gate = malloc(rows * c * sizeof(double));
  double *total = calloc(c, sizeof(double));
  for (size_t r = 0; r < rows; r++)
    for (int summed = 0; summed < 2; summed++) {
      double mean = 0, variance = 0;
      const float *p = a + r * stride, *q = b + r * stride;
      for (size_t i = 0; i < c; i++) mean += (p[i] + (summed ? (double)q[i] : 0)) / (double)c;
      for (size_t i = 0; i < c; i++) {
        double d = p[i] + (summed ? (double)q[i] : 0) - mean;
        variance += d * d / (double)c;
      }
      for (size_t i = 0; i < c; i++) {
        double v = p[i] + (summed ? (double)q[i] : 0) - (centred ? mean : 0);
        v = v / sqrt(variance + 1e-3) * weight[i] + bias[i];
        if (!summed) plain[r * c + i] = v;
        if (summed) gate[r * c + i] = v * silu(z[r * stride + i]);
        if (summed) total[i] += gate[r * c + i];
      }
    }
  k->layer_norm(rows, c, a, stride, weight, bias, centred, 1e-3f, y, stride);
  check("layer_norm", k, y, rows, c, stride, plain, 2e-5);
  vk_gate op = {c,      a,    stride,  b,     stride, z,      stride,
                weight, bias, centred, 1e-3f, gated,  stride, sums};
  k->norm_gate(rows, &op);
  check("norm_gate", k, gated, rows, c, stride, gate, 2e-5);
  check("norm_gate sums", k, sums, 1, c, c, total, 1e-4);
  k->sum_rows(rows, c, gated, stride, sums);
  check("sum_rows", k, sums, 1, c, c, total, 1e-4);
  free(plain), free(gate), free(total);
  release(a), release(b), release(z), release(weight), release(bias);
  release(y), release(gated), release(sums);
}

static void test_convolutions(const vk_kernels *k, size_t h, size_t w, size_t c) {
  float *x = filled(h * w * 2 * c, -1, 1), *weight = filled(18 * c, -1, 1);
  float *bias = filled(2 * c, -1, 1), *y = guarded(h * w * 2 * c), *gated = guarded(h * w * c);
  double *expected = malloc(h * w * 2 * c * sizeof(double));
  double *gate = malloc(h * w * c * sizeof(double));
  for (size_t i = 0; i < h * w * 2 * c; i++) {
    size_t channel = i % (2 * c), column = i / (2 * c) % w, row = i / (2 * c) / w;
    expected[i] = bias[channel];
    for (size_t tap = 0; tap < 9; tap++) {
      size_t r = row + tap / 3, q = column + tap % 3;
      if (r < 1 || r > h || q < 1 || q > w) continue;
      double v = x[((r - 1) * w + q - 1) * 2 * c + channel];
      expected[i] += v * weight[tap * 2 * c + channel];
    }
  }
  for (size_t i = 0; i < h * w * c; i++) {
    const double *pixel = expected + i / c * 2 * c;
    gate[i] = gelu(pixel[i % c]) * pixel[c + i % c];
  }
  vk_part part = {{h, w, 0, h, 0, 0}, 0, 0, w, w};
  k->depthwise3x3(&part, 2 * c, x, 2 * c, weight, 2 * c, bias, VK_ACTIVATION_NONE, y, 2 * c);
  check("depthwise3x3", k, y, h * w, 2 * c, 2 * c, expected, 5e-6);
  k->depthwise3x3_gate(&part, c, x, 2 * c, weight, bias, gated, c);
  check("depthwise3x3_gate", k, gated, h * w, c, c, gate, 5e-6);
  free(expected), free(gate);
  release(x), release(weight), release(bias), release(y), release(gated);
}

static void test_winograd(const vk_kernels *k, size_t tile, size_t c, size_t n) {
  size_t h = 7, w = 6, f = 2, places = f * f, pixels = h * w * places, stride = n + 3;
  float *x = filled(h * w * c, -1, 1), *weight = filled(n * places * c * 9, -1, 1);
  float *bias = filled(n * places, -1, 1), *slope = filled(n * places, -1, 1);
  float *packed = guarded(k->winograd_packed_count(tile, c, n, f));
  float *scratch = guarded(k->winograd_scratch_count(tile, c)), *y = filled(pixels * stride, -1, 1);
  double *expected = malloc(pixels * n * sizeof(double));
  for (size_t i = 0; i < pixels * stride; i++)
    if (i % stride >= n) y[i] = canary;
  for (size_t i = 0; i < pixels * n; i++) {
    size_t o = i % n, column = i / n % (w * f), row = i / n / (w * f);
    size_t place = row % f * f + column % f, r = row / f, q = column / f;
    double sum = bias[place * n + o];
    for (size_t tap = 0; tap < 9; tap++) {
      size_t a = r + tap / 3, b = q + tap % 3;
      if (a < 1 || a > h || b < 1 || b > w) continue;
      for (size_t p = 0; p < c; p++)
        sum += (double)x[((a - 1) * w + b - 1) * c + p] *
               weight[((o * places + place) * c + p) * 9 + tap];
    }
    expected[i] = 0.5 * (sum < 0 ? slope[place * n + o] * sum : sum) + y[i / n * stride + o];
  }
  float *taps = guarded(k->winograd_taps_count(c, n, f));
  k->winograd_pack(c, n, f, weight, taps);
  for (size_t place = 0; place < places; place++)
    k->winograd_transform(tile, c, n, place, 0, k->gemm_packed_count(n, c), taps, packed);
  vk_winograd op = {tile, h, w, c, n, f, x, c, packed, bias, slope, 0.5f, y, stride, y, stride};
  k->winograd3x3(&op, 0, ((h + tile - 1) / tile) * ((w + tile - 1) / tile), scratch);
  check("winograd3x3", k, y, pixels, n, stride, expected, tile == 2 ? 2e-5 : 1e-4);
  free(expected);
  release(x), release(weight), release(bias), release(slope), release(packed), release(scratch);
  release(y), release(taps);
}

static void test_rearrangements(const vk_kernels *k, size_t c, size_t f) {
  size_t h = 3, w = 2, count = h * w * c * f * f;
  float *x = filled(count, -1, 1), *y = guarded(count), *back = guarded(count);
  float *large = guarded(count * f * f);
  double *expected = malloc(count * sizeof(double)), *original = malloc(count * sizeof(double));
  double *nearest = malloc(count * f * f * sizeof(double));
  for (size_t i = 0; i < count; i++) {
    size_t channel = i % c, column = i / c % (w * f), row = i / c / (w * f);
    size_t pixel = row / f * w + column / f;
    expected[i] = x[pixel * c * f * f + (channel * f + row % f) * f + column % f];
    original[i] = x[i];
  }
  for (size_t i = 0; i < count * f * f; i++) {
    size_t wide = c * f * f, column = i / wide % (w * f), row = i / wide / (w * f);
    nearest[i] = x[(row / f * w + column / f) * wide + i % wide];
  }
  vk_rows rows = {h, w, 0, h * f, 0, 0}, reverse = {h * f, w * f, 0, h, 0, 0};
  k->pixel_shuffle(&rows, c, f, x, c * f * f, y, c);
  check("pixel_shuffle", k, y, h * w * f * f, c, c, expected, 0);
  k->pixel_unshuffle(&reverse, c, f, y, c, back, c * f * f);
  check("pixel_unshuffle", k, back, h * w, c * f * f, c * f * f, original, 0);
  k->resize_nearest(&rows, c * f * f, f, x, c * f * f, large, c * f * f);
  check("resize_nearest", k, large, h * w * f * f, c * f * f, c * f * f, nearest, 0);
  free(expected), free(nearest), free(original);
  release(x), release(y), release(back), release(large);
}

static void test_scan(const vk_kernels *k, size_t h, size_t w, size_t c, size_t states,
                      size_t rank) {
  size_t pixels = h * w, projected = rank + 2 * states;
  float *x = filled(pixels * c, -1, 1), *projection = filled(pixels * projected, -1, 1);
  float *weight = filled(4 * c * rank, -2, 2), *bias = filled(4 * c, -6, 3);
  float *a_log = filled(4 * c * states, -2, 3), *d = filled(4 * c, -1, 1);
  float *packed = guarded(k->selective_scan_packed_count(4, c, states, rank));
  float *scratch = guarded(k->selective_scan_scratch_count(c, states));
  double *expected = calloc(pixels * c, sizeof(double));
  vk_scan_weights weights = {4, c, states, rank, weight, bias, a_log, d};
  k->selective_scan_pack(&weights, packed);
  float *y = guarded(pixels * c);
  vk_scan scan = {h, w, c, states, rank, x, c, projection, projected, packed, y, c};
  for (size_t direction = 0; direction < 4; direction++) {
    k->selective_scan(&scan, direction, 0, c, direction > 0, scratch);
    for (size_t i = 0; i < c; i++) {
      size_t channel = direction * c + i;
      double state[64] = {0};
      for (size_t l = 0; l < pixels; l++) {
        size_t at = direction < 2 ? l : pixels - 1 - l;
        if (direction % 2) at = at % h * w + at / h;
        const float *p = projection + at * projected;
        double v = bias[channel], u = x[at * c + i], out = d[channel] * u;
        for (size_t r = 0; r < rank; r++) v += (double)weight[channel * rank + r] * p[r];
        double delta = softplus(v);
        for (size_t s = 0; s < states; s++) {
          double keep = exp(-delta * exp(a_log[channel * states + s]));
          state[s] = keep * state[s] + delta * p[rank + s] * u;
          out += state[s] * p[rank + states + s];
        }
        expected[at * c + i] += out;
      }
    }
  }
  check("selective_scan", k, y, pixels, c, c, expected, 2e-5);
  free(expected);
  release(x), release(projection), release(weight), release(bias), release(a_log), release(d);
  release(packed), release(scratch), release(y);
}

/// Compared with the generic table, which the Swift tests hold against the reference.
static void test_channel_scan(const vk_kernels *k, size_t c, size_t inner, size_t states) {
  size_t rank = 3;
  float *pooled = filled(c, -1, 1), *w = filled(4 * inner * (rank + 2 * states) + 64, -1, 1);
  vk_channel_scan scan = {c,     inner, states, rank,  w,     w + 1, w + 2,
                          w + 3, w + 4, w + 5,  w + 6, w + 7, w + 8};
  double *expected = malloc(c * sizeof(double));
  for (int pass = 0; pass < 2; pass++) {
    const vk_kernels *table = pass ? k : vk_at(0);
    float *y = guarded(c);
    float *scratch = guarded(table->channel_scan_scratch_count(c, inner, states, rank));
    table->channel_scan(&scan, pooled, y, scratch);
    if (pass) check("channel_scan", k, y, 1, c, c, expected, 2e-5);
    for (size_t i = 0; i < c; i++) expected[i] = y[i];
    release(y), release(scratch);
  }
  free(expected);
  release(pooled), release(w);
}

static void test_table(const vk_kernels *k) {
  float sink = 0;
  k->peak_fma(100, &sink);
  if (fabsf(sink - (float)k->peak_fma_operations / 2) > 1e-2f) {
    printf("%s peak_fma\n", k->isa);
    failures++;
  }
  const size_t sizes[] = {1, k->lanes - 1, k->lanes, k->lanes + 1, 3 * k->lanes + 2, 48};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    size_t c = sizes[i];
    test_elementwise(k, c);
    test_functions(k, c);
    for (size_t m = 1; m < 32; m += 5)
      for (size_t depth = 0; depth < 40; depth += 13) test_gemm(k, m, c, depth);
    for (size_t m = 1; m < 22; m += 4)
      for (size_t depth = 0; depth < 40; depth += 13) {
        test_integers(k, m, c, depth, 1, 0);
        test_integers(k, m, c, depth, 1, 0.011f);
        test_integers(k, m, c, depth, 3, 0);
      }
    for (size_t rows = 1; rows < 24; rows += 3) test_norms(k, rows, c, rows % 2);
    test_convolutions(k, 4, 7, c);
    test_convolutions(k, 1, 1, c);
    test_winograd(k, 2, c, 19);
    test_winograd(k, 4, 5, c);
    for (size_t factor = 1; factor < 4; factor++) test_rearrangements(k, c, factor);
    test_scan(k, 5, 23, c, 16, 3);
    test_scan(k, 6, 1, c, 5, 1);
    test_channel_scan(k, c, 4, 16);
    test_channel_scan(k, c, 3, 5);
  }
}

int main(void) {
  for (int i = 0; vk_at(i); i++) {
    const vk_kernels *k = vk_at(i);
    if (!vk_supported(k)) continue;
    int before = failures;
    test_table(k);
    printf("%s: %s\n", k->isa, failures == before ? "right" : "WRONG");
  }
  return failures ? 1 : 0;
}
