// Kernels over float32 activations, channels last (NHWC, N = 1), one table of them for each ISA.
//
// Conventions, unless an operator says otherwise:
// - An activation is a pointer to its first pixel and a stride: floats from one pixel to the next,
//   at least the channel count. Channels of one pixel are contiguous, pixels in row-major order.
//   A slice of channels is the pointer moved by its first channel, with the stride of the whole.
// - Nothing outside channels [0, C) of the pixels in question is read or written.
// - Counts may be 0, pointers need the alignment of float only.
// - Outputs don't overlap inputs. "In place" means that `y` may equal `x` with equal strides.
// - Nothing is allocated and no state is kept: calls with disjoint outputs may run in parallel.
// - A result does not depend on how rows were divided among calls, bit for bit.
// - Results differ between ISAs in the last bits. NaN and infinity are carried, never trapped on.
#ifndef VK_KERNELS_H
#define VK_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Function that follows a depthwise convolution, element by element.
typedef enum {
  /// x.
  VK_ACTIVATION_NONE = 0,
  /// x / (1 + exp(-x)).
  VK_ACTIVATION_SILU = 1,
  /// x * (1 + erf(x / sqrt(2))) / 2.
  VK_ACTIVATION_GELU = 2,
} vk_activation;

/// Functions of one variable `x` with up to two parameters; formulas in `Formats/vmir.md`, unary.
typedef enum {
  VK_FUNCTION_ABS,
  VK_FUNCTION_ELU,
  VK_FUNCTION_ERF,
  VK_FUNCTION_EXP,
  VK_FUNCTION_GELU_TANH,
  VK_FUNCTION_HARD_SIGMOID,
  VK_FUNCTION_HARD_SWISH,
  VK_FUNCTION_MISH,
  VK_FUNCTION_RECIPROCAL,
  VK_FUNCTION_RSQRT,
  VK_FUNCTION_SOFTPLUS,
  VK_FUNCTION_SOFTSIGN,
  VK_FUNCTION_SQRT,
  VK_FUNCTION_SWISH,
  VK_FUNCTION_TANH,
} vk_function;

/// What `gemm` does with the sum s of an output element.
///
/// y = activation(s + (accumulate ? y : 0) + bias) + residual * residual_scale, in this order.
typedef struct {
  /// `[n]`, or NULL for none.
  const float *_Nullable bias;
  /// `[m][n]` with `residual_stride`, or NULL for none; may equal `y` with its stride.
  const float *_Nullable residual;
  /// Floats from one row of `residual` to the next.
  size_t residual_stride;
  /// `[n]`, or NULL for 1.
  const float *_Nullable residual_scale;
  /// Not 0: what is in `y` is added to.
  int accumulate;
  vk_activation activation;
  /// What will be read after the product, or NULL: brought into the caches on the way, and with it
  /// the places that are written. For operands larger than the caches.
  const float *_Nullable next;
  /// Floats of it.
  size_t next_count;
} vk_epilogue;

/// The image an operator works on, and the rows of its OUTPUT that one call computes.
///
/// `x_row` and `y_row` allow buffers that hold only some rows; both are 0 for whole images.
typedef struct {
  /// Rows of the input image (not of what the buffer holds): padding starts outside.
  size_t height;
  /// Columns of the input image.
  size_t width;
  /// First output row computed.
  size_t row_begin;
  /// Output row to stop before.
  size_t row_end;
  /// Row of the input image that `x` points at.
  size_t x_row;
  /// Row of the output image that `y` points at.
  size_t y_row;
} vk_rows;

/// The part of an image that a depthwise convolution computes.
typedef struct {
  vk_rows rows;
  /// Rows that `x` holds, one after the other in a ring, row r at place r % x_ring; or 0 for all.
  size_t x_ring;
  /// First column computed: `y` points at it in its row `y_row`.
  size_t column_begin;
  /// Column to stop before.
  size_t column_end;
  /// Pixels from one row of `y` to the next.
  size_t y_width;
} vk_part;

/// Weights of a scan in some directions as a state dict holds them, row-major.
typedef struct {
  /// K: 4, or 1 for a scan in direction 0 alone.
  size_t directions;
  /// C.
  size_t channels;
  /// S.
  size_t states;
  /// R.
  size_t rank;
  /// `dt_projs_weight` `[K][C][R]`.
  const float *delta_weight;
  /// `dt_projs_bias` `[K][C]`.
  const float *delta_bias;
  /// `A_logs` `[K][C][S]`; A = -exp(A_logs).
  const float *a_log;
  /// `Ds` `[K][C]`.
  const float *d;
} vk_scan_weights;

/// One four-direction scan over an image.
typedef struct {
  size_t height;
  size_t width;
  /// C.
  size_t channels;
  /// S.
  size_t states;
  /// R.
  size_t rank;
  /// u, `[H][W][C]`.
  const float *x;
  size_t x_stride;
  /// `[H][W][R + 2 S]` in image order, of the direction that is scanned: R of low-rank delta, S of
  /// B, S of C.
  const float *projection;
  /// Floats from one pixel to the next, at least `R + 2 * S`.
  size_t projection_stride;
  /// From `selective_scan_pack` of the same table.
  const float *packed;
  /// `[H][W][C]`.
  float *y;
  size_t y_stride;
} vk_scan;

/// A depthwise convolution of any kernel, strides and dilations, with zeros around the image.
typedef struct {
  /// H.
  size_t height;
  /// W.
  size_t width;
  /// C.
  size_t channels;
  /// Taps, down and right; at least 1.
  size_t kernel_height, kernel_width;
  /// Pixels from one result to the next.
  size_t stride_down, stride_right;
  /// Pixels from one tap to the next.
  size_t dilation_down, dilation_right;
  /// Zeros above and to the left.
  size_t pad_top, pad_left;
  /// Results in a row.
  size_t out_width;
  vk_activation activation;
  /// Not 0: the pixel of x that a result stands at is added at last; the sizes are equal then.
  int adds_input;
  /// `[H][W][C]`.
  const float *x;
  size_t x_stride;
  /// Floats from one result to the next.
  size_t y_stride;
} vk_depthwise;

/// One scan along pixels in any order.
typedef struct {
  /// L, the pixels.
  size_t length;
  /// C.
  size_t channels;
  /// S.
  size_t states;
  /// R.
  size_t rank;
  /// u, `[L][C]`.
  const float *x;
  size_t x_stride;
  /// `[L][R + 2 S]`: R of low-rank delta, S of B, S of C.
  const float *projection;
  size_t projection_stride;
  /// From `selective_scan_pack` of the same table, for one direction.
  const float *packed;
  /// `[L]`, the pixel at each place of the order, each once.
  const uint32_t *order;
  /// `[L]`, whole numbers, or NULL: row `tokens[l]` of `prompt` is added to C at place l.
  const float *_Nullable tokens;
  /// `[T][S]`, or NULL.
  const float *_Nullable prompt;
  /// `[L][C]`.
  float *y;
  size_t y_stride;
} vk_ordered_scan;

/// One scan along the channels, in both directions.
typedef struct {
  /// C, the length of the sequence.
  size_t channels;
  /// dc, rows scanned at once.
  size_t inner;
  /// S.
  size_t states;
  /// r.
  size_t rank;
  /// `conv_cin.weight` `[dc]`, or NULL (then dc is 1 and the pooled row itself is scanned).
  const float *_Nullable input_weight;
  /// `conv_cin.bias` `[dc]`, or NULL.
  const float *_Nullable input_bias;
  /// `xc_proj_weight` `[2][r + 2 S][dc]`.
  const float *projection_weight;
  /// `dtc_projs_weight` `[2][dc][r]`.
  const float *delta_weight;
  /// `dtc_projs_bias` `[2][dc]`.
  const float *delta_bias;
  /// `Ac_logs` `[2][dc][S]`.
  const float *a_log;
  /// `Dsc` `[2][dc]`.
  const float *d;
  /// `conv_cout.weight` `[dc]`, or NULL (then the dc rows are summed).
  const float *_Nullable output_weight;
  /// `conv_cout.bias`, one float, or NULL for 0.
  const float *_Nullable output_bias;
} vk_channel_scan;

/// A normalised and gated sum: y = layer_norm(a + b) * silu(z), and what it adds up to.
typedef struct {
  /// C.
  size_t channels;
  /// `[rows][C]`.
  const float *a;
  size_t a_stride;
  /// `[rows][C]`, or NULL for 0.
  const float *_Nullable b;
  size_t b_stride;
  /// `[rows][C]`.
  const float *z;
  size_t z_stride;
  /// Of the normalisation, `[C]`.
  const float *weight;
  /// `[C]`, or NULL for 0.
  const float *_Nullable bias;
  /// As in `layer_norm`.
  int centred;
  float epsilon;
  /// `[rows][C]`; may equal `a`, `b` or `z` with its stride.
  float *y;
  size_t y_stride;
  /// `[C]`, receives the sum of y over the rows as `sum_rows` gives it; or NULL.
  float *_Nullable sums;
} vk_gate;

/// Rows of floats turned into 8-bit integers, each row with a scale.
///
/// Of x = (x + add) * factor, in this order, the level is q = x / scale rounded to an integer, ties
/// to even, in -127...127: section 6.1 of `Formats/vmir.md`, step by step.
typedef struct {
  /// C.
  size_t channels;
  /// `[rows][C]`.
  const float *x;
  size_t x_stride;
  /// `[C]`, or NULL for 0.
  const float *_Nullable add;
  /// `[C]`, or NULL for 1.
  const float *_Nullable factor;
  /// Scale of all rows, from 2^-96 to 2^96; 0: each row has the scale of its greatest magnitude.
  float scale;
  /// Receives rows of `quantized_stride(C)` bytes, in a form that the table's `gemm_i8` takes.
  void *q;
  /// `[rows]`, receives the scales: NaN for a row that is not finite.
  float *scales;
} vk_quantize;

/// A convolution of quantised pixels, along one line of them.
typedef struct {
  /// O, of the panels that `packed` points at.
  size_t n;
  /// C.
  size_t channels;
  /// Side of the kernel in pixels; 1 for a matrix product.
  size_t side;
  /// Pixels from one line of taps to the next. The taps of output i are the pixels
  /// `i + dy * line + dx` of `q`.
  size_t line;
  /// Pixels of `quantized_stride(C)` bytes.
  const void *q;
  /// One for each pixel of `q`.
  const float *scales;
  /// From `gemm_i8_pack` of the same table.
  const void *packed;
  /// `[n]`.
  const float *weight_scale;
  /// `[n]`, or NULL for 0.
  const float *_Nullable bias;
  /// `[m][n]`, added at last, or NULL for none; may equal `y` with its stride.
  const float *_Nullable residual;
  size_t residual_stride;
  /// `[m][n]`.
  float *y;
  size_t y_stride;
} vk_product_i8;

/// An image and the window that means over it are taken over.
typedef struct {
  /// H.
  size_t height;
  /// W.
  size_t width;
  /// Rows of the window, positive; cut to H.
  size_t window_height;
  /// Columns of the window, positive; cut to W.
  size_t window_width;
} vk_window;

/// A dense 3x3 convolution, stride 1, zero padding 1, by Winograd's minimal filtering F(m, 3).
///
/// The image is cut into tiles of m x m outputs from its first pixel on, so that no result depends
/// on which tiles a call computes. Output s of r^2 n, r = `factor`: its channel is s / r^2, its place
/// in the r x r square of a pixel shuffle s % r^2, as `torch.nn.PixelShuffle` has it.
///
/// y = residual + scale * prelu(s + bias), in this order.
typedef struct {
  /// m: 2 or 4 outputs on a side of a tile.
  size_t tile;
  size_t height;
  size_t width;
  /// C.
  size_t channels;
  /// n, channels of y.
  size_t outputs;
  /// Side of the square of the pixel shuffle that follows; 1 for none.
  size_t factor;
  /// `[H][W][C]`.
  const float *x;
  size_t x_stride;
  /// From `winograd_transform` of the same table, all places and elements.
  const float *packed;
  /// `[r^2][n]`, places first, or NULL for 0.
  const float *_Nullable bias;
  /// `[r^2][n]`, what negative sums are multiplied with, or NULL for 1.
  const float *_Nullable slope;
  float scale;
  /// `[H r][W r][n]`, or NULL for 0; may equal `y` with its stride.
  const float *_Nullable residual;
  size_t residual_stride;
  /// `[H r][W r][n]`.
  float *y;
  size_t y_stride;
} vk_winograd;

/// Most outputs of `vk_tap_sums`.
#define VK_TAP_OUTPUTS 4

/// One row of a dense 3x3 convolution, stride 1, zero padding 1, whose products are there: those of
/// a pixel with all taps are `[9][n]`, taps first.
typedef struct {
  /// Products of the pixels above, at and below, from column `first` to `last - 1`; NULL outside the
  /// image. Floats up to `9 n + VK_TAP_OUTPUTS - n` of each pixel are read.
  const float *_Nullable lines[3];
  size_t first;
  size_t last;
  /// Floats from one pixel's products to the next's.
  size_t stride;
  /// n, at most `VK_TAP_OUTPUTS`.
  size_t outputs;
  /// Columns of the result, within `first ..< last`.
  size_t begin;
  size_t end;
  /// `[n]`, or NULL for 0.
  const float *_Nullable bias;
  /// `[end - begin][n]`, or NULL for 0; may equal `y` with its stride.
  const float *_Nullable residual;
  size_t residual_stride;
  /// `[end - begin][n]`.
  float *y;
  size_t y_stride;
} vk_tap_sums;

/// Most rows of pixels that a window of `vk_attention` reaches over.
#define VK_ATTENTION_REACH 128

/// Attention inside the windows of an image that is rolled by (-shift, -shift), the windows from its
/// first pixel on. The memory has the image, or whole windows of the rolled one.
///
/// The keys of a window are the pixels of the square of `reach` pixels about it; outside of the image
/// keys and values are zero. Where `shift` is not 0, rows of the rolled image from H - window and
/// from H - shift on are zones of their own, columns alike.
typedef struct {
  /// H of the memory, a multiple of `window`.
  size_t height;
  /// W of the memory, a multiple of `window`.
  size_t width;
  /// C, a multiple of `heads`.
  size_t channels;
  size_t heads;
  /// Side of a window in pixels, at least 1.
  size_t window;
  /// At least `window`, as far from it as an even number, at most `VK_ATTENTION_REACH`.
  size_t reach;
  /// Less than `window`; 0 where `reach` is not `window`.
  size_t shift;
  /// Pixels by which the memory is rolled: `shift` where it has the image, 0 where it has windows of
  /// the rolled one.
  size_t roll;
  /// Row of windows, counted in the memory, that is the image's last; any other number where the
  /// memory lacks that.
  size_t last_row;
  /// Column of windows that is the image's last.
  size_t last_column;
  /// What the products of queries and keys are multiplied with.
  float scale;
  /// `[H][W][3 C]`: queries, keys, values.
  const float *qkv;
  size_t qkv_stride;
  /// `[heads][side][side]`, side = window + reach - 1, what is added to a logit: entry
  /// `[window - 1 + dy][window - 1 + dx]` where the key lies (dy, dx) from the query, counted from the
  /// first pixels of their squares.
  const float *table;
  /// `[H][W][C]`.
  float *y;
  size_t y_stride;
} vk_attention;

/// Element-wise function of one operand: `rows` pixels of `c` channels. In place allowed.
typedef void (*vk_unary)(size_t rows, size_t c, const float *x, size_t x_stride, float *y,
                         size_t y_stride);
/// Element-wise function of two operands. `y` may equal `a` or `b` with its stride.
///
/// `b_stride` 0 means one pixel of `b`, used for all rows.
typedef void (*vk_binary)(size_t rows, size_t c, const float *a, size_t a_stride, const float *b,
                          size_t b_stride, float *y, size_t y_stride);
/// Operator that moves whole pixels or rearranges channels; see the fields below.
typedef void (*vk_rearrange)(const vk_rows *rows, size_t c, size_t factor, const float *x,
                             size_t x_stride, float *y, size_t y_stride);

/// The kernels of one ISA. Those of 8-bit integers give the same bits in every table.
///
/// Tolerances are against float64: "ulp" of the exact result, or relative to the sum of the
/// magnitudes of the terms where a sum is named. The table is constant.
typedef struct __attribute__((swift_attr("@Sendable"))) {
  /// One of the names of `vk_isa_name`.
  const char *isa;
  /// Floats in a vector.
  size_t lanes;

  // MARK: Matrix product

  /// Floats that `gemm_pack` writes for a weight `[n][k]`.
  size_t (*gemm_packed_count)(size_t n, size_t k);
  /// Packs `weight` `[n][k]`, row-major, into panels for `gemm` of the same table.
  void (*gemm_pack)(size_t n, size_t k, const float *weight, float *packed);
  /// y `[m][n]` = x `[m][k]` * weight^T, then the epilogue (NULL for none).
  ///
  /// A 1x1 convolution over m pixels. Each element is summed over k in increasing order from 0,
  /// with fused multiply-add where the ISA has it, so it depends on its row of x only.
  /// Within k * 6e-8 of the sum of magnitudes.
  void (*gemm)(size_t m, size_t n, size_t k, const float *x, size_t x_stride, const float *packed,
               const vk_epilogue *_Nullable epilogue, float *y, size_t y_stride);

  /// Scales the columns of a packed weight `[n][k]`: scaled[j][p] = packed[j][p] * scale[p].
  ///
  /// `scaled` has the packed form too and may equal `packed`. The product of x with it is that of
  /// x * scale with the original.
  void (*gemm_scale)(size_t n, size_t k, const float *packed, const float *scale, float *scaled);

  // MARK: 8-bit integers

  /// Bytes of one quantised row of `c` channels, a multiple of 4.
  size_t (*quantized_stride)(size_t c);
  /// Quantises `rows` rows.
  void (*quantize)(size_t rows, const vk_quantize *op);
  /// Bytes, a multiple of 4, that `gemm_i8_pack` writes; of the first n outputs of more, where n is
  /// a multiple of `2 * lanes`, those before the others.
  size_t (*gemm_i8_packed_size)(size_t n, size_t c, size_t taps);
  /// Packs `weight` `[n][c][taps]`, row-major, for `gemm_i8` of the same table; any values.
  void (*gemm_i8_pack)(size_t n, size_t c, size_t taps, const int8_t *weight, void *packed);
  /// y `[m][n]`, the convolution at m neighbouring pixels.
  ///
  /// For each tap, row-major, the products are summed exactly (C is at most 2^17), the sum is
  /// converted to float and multiplied with the pixel's scale, and that added to the sum of the
  /// taps by a fused multiply-add, from 0. Then fma(sum, weight_scale, bias), plus the residual.
  void (*gemm_i8)(size_t m, const vk_product_i8 *op);
  /// Products of integers that the instructions do in the time of one of floats.
  size_t gemm_i8_rate;

  // MARK: Normalisation and pooling

  /// LayerNorm over the channels of each pixel, biased variance about the mean. In place allowed.
  ///
  /// `centred` not 0: (x - mean) / sqrt(variance + epsilon) * weight + bias.
  /// `centred` 0: x / sqrt(variance + epsilon) * weight + bias. `bias` may be NULL.
  /// Sums run over lanes first. Within 1e-6 * (1 + |result|) for values and a spread of order 1.
  void (*layer_norm)(size_t rows, size_t c, const float *x, size_t x_stride, const float *weight,
                     const float *_Nullable bias, int centred, float epsilon, float *y,
                     size_t y_stride);
  /// y = layer_norm(a + b) * silu(z) for `rows` pixels, and the sum of y over them.
  void (*norm_gate)(size_t rows, const vk_gate *gate);
  /// sums `[c]` = sum over the rows, added in order in float32; combine blocks of rows in double.
  void (*sum_rows)(size_t rows, size_t c, const float *x, size_t x_stride, float *sums);

  /// Floats of scratch, aligned for double, that `local_average_pool` needs.
  size_t (*local_average_pool_scratch_count)(size_t width, size_t c);
  /// y `[H][W][c]` = means over windows that stay inside x `[H][W][c]`.
  ///
  /// The window of row i begins at min(max(i - (window - 1) / 2, 0), H - window), columns alike.
  /// Sums are kept in double, one pixel in and one out at a time: within 1e-6 of the largest
  /// magnitude of the channel. A channel's result does not depend on the others.
  void (*local_average_pool)(const vk_window *op, size_t c, const float *x, size_t x_stride,
                             float *y, size_t y_stride, float *scratch);

  // MARK: 3x3 convolutions: stride 1, zero padding 1

  /// Depthwise: weight `[9][c]`, taps row-major (dy, dx), `weight_stride` floats from one to the
  /// next; bias `[c]` or NULL; then the activation.
  ///
  /// The input rows and columns one further on each side are read where the image has them. Starts
  /// at the bias, adds the taps in order. Within 1e-6 of the sum of magnitudes before the activation.
  void (*depthwise3x3)(const vk_part *part, size_t c, const float *x, size_t x_stride,
                       const float *weight, size_t weight_stride, const float *_Nullable bias,
                       vk_activation activation, float *y, size_t y_stride);
  /// Depthwise convolution of 2 c channels, then y `[c]` = gelu(first c) * (last c).
  ///
  /// As `depthwise3x3` with weight `[9][2 c]` and bias `[2 c]` or NULL.
  void (*depthwise3x3_gate)(const vk_part *part, size_t c, const float *x, size_t x_stride,
                            const float *weight, const float *_Nullable bias, float *y,
                            size_t y_stride);

  // MARK: Dense 3x3 convolutions: stride 1, zero padding 1

  /// Floats that `winograd_pack` writes for a weight `[n factor^2][C][3][3]`: 9 taps of each place,
  /// `gemm_packed_count` floats each.
  size_t (*winograd_taps_count)(size_t channels, size_t outputs, size_t factor);
  /// Packs `weight` `[n factor^2][C][3][3]`, row-major, tap by tap as `gemm_pack` does.
  void (*winograd_pack)(size_t channels, size_t outputs, size_t factor, const float *weight,
                        float *taps);
  /// Floats that `winograd_transform` writes for all places.
  size_t (*winograd_packed_count)(size_t tile, size_t channels, size_t outputs, size_t factor);
  /// Transforms floats `begin ..< end`, multiples of `lanes`, of the taps of one place, of
  /// `gemm_packed_count` each, in double, and rounds once. `packed` is that of all places.
  void (*winograd_transform)(size_t tile, size_t channels, size_t outputs, size_t place,
                             size_t begin, size_t end, const float *taps, float *packed);
  /// Tiles that are best computed by one call, as many as its scratch holds: their intermediate
  /// values stay in the L2 cache.
  size_t (*winograd_block)(size_t tile, size_t channels);
  /// Floats of scratch that `winograd3x3` needs.
  size_t (*winograd_scratch_count)(size_t tile, size_t channels);
  /// Computes tiles `tile_begin ..< tile_end`, in row-major order, of ceil(H / m) x ceil(W / m).
  ///
  /// Each of the (m + 2)^2 products sums over C as `gemm` does. With m = 2 within C * 1e-6 of the
  /// largest magnitudes of x and of the weight multiplied, about as a direct sum is; with m = 4 ten
  /// times that.
  void (*winograd3x3)(const vk_winograd *op, size_t tile_begin, size_t tile_end, float *scratch);
  /// Adds up the taps, the bias and the residual, in double, and rounds once.
  void (*tap_sums)(const vk_tap_sums *op);

  // MARK: Element-wise

  /// x / (1 + exp(-x)). Within 4 ulp, or 1e-35.
  vk_unary silu;
  /// x * (1 + erf(x / sqrt(2))) / 2. Within 2e-7 * |x| and (4e-7 + 1e-7 x^2) relative, or 1e-35.
  vk_unary gelu;
  /// 1 / (1 + exp(-x)). Within 4 ulp, or 1e-37.
  vk_unary sigmoid;
  /// a + b. Exact rounding.
  vk_binary add;
  /// a * b. Exact rounding.
  vk_binary multiply;
  /// gelu(a) * b.
  vk_binary gelu_gate;
  /// silu(a) * b.
  vk_binary silu_gate;
  /// a where a > 0, else b * a. Rounded once.
  vk_binary prelu;
  /// a * alpha + b, `rows` pixels of `c` channels. `y` may equal `a` or `b` with its stride. Rounded
  /// once, in the table without vector instructions twice.
  void (*scaled_add)(size_t rows, size_t c, float alpha, const float *a, size_t a_stride,
                     const float *b, size_t b_stride, float *y, size_t y_stride);
  /// x * scale + shift with `scale` `[c]` and `shift` `[c]`, for `rows` pixels. In place allowed.
  /// Rounded once, in the table without vector instructions twice.
  void (*channel_affine)(size_t rows, size_t c, const float *x, size_t x_stride, const float *scale,
                         const float *shift, float *y, size_t y_stride);
  /// a * p + (b * q + r) with `q` `[c]`, `p` and `r` `[c]` or NULL for 1 and 0, for `rows` pixels.
  /// `y` may equal `a` or `b` with its stride. Rounded twice, in the table without vector instructions four
  /// times.
  void (*scaled_sum)(size_t rows, size_t c, const float *a, size_t a_stride,
                     const float *_Nullable p, const float *b, size_t b_stride, const float *q,
                     const float *_Nullable r, float *y, size_t y_stride);
  /// min(max(x, low), high) for `rows` pixels of `c` channels. In place allowed. Exact.
  void (*clip)(size_t rows, size_t c, float low, float high, const float *x, size_t x_stride,
               float *y, size_t y_stride);
  /// The greater of a and b. Exact; NaN where b is.
  vk_binary maximum;
  /// A function of `rows` pixels of `c` channels with its parameters. In place allowed. Within 3e-7
  /// absolute or relative, gelu_tanh, hard_swish, mish and swish times 1 + |x|.
  void (*function)(vk_function function, float alpha, float beta, size_t rows, size_t c,
                   const float *x, size_t x_stride, float *y, size_t y_stride);
  /// exp(x) / sum of exp(x) over the channels of each pixel. In place allowed. Within 1e-6.
  vk_unary softmax;
  /// y = x for `rows` pixels: copies a slice of channels. Exact.
  vk_unary copy_rows;

  // MARK: Rearrangement: `rows` counts OUTPUT rows, its height and width are the input's. Exact.

  /// `[H][W][c r r]` -> `[H r][W r][c]`, torch.nn.PixelShuffle(r = factor); `c` of the output.
  vk_rearrange pixel_shuffle;
  /// `[H][W][c]` -> `[H / r][W / r][c r r]`, torch.nn.PixelUnshuffle; `c` of the input.
  ///
  /// Rows and columns beyond the last whole r x r square are left out.
  vk_rearrange pixel_unshuffle;
  /// `[H][W][c]` -> `[H r][W r][c]`, each pixel r x r times.
  vk_rearrange resize_nearest;
  /// `[H][W][c]` -> `[H r][W r][c]`, between the four nearest pixel centres, those at the edge
  /// repeated. Not exact: within 5e-7 of the greatest of the four magnitudes.
  vk_rearrange resize_bilinear;

  // MARK: Scans

  /// Floats that `selective_scan_pack` writes.
  size_t (*selective_scan_packed_count)(size_t directions, size_t channels, size_t states,
                                        size_t rank);
  /// Packs the weights for `selective_scan` of the same table.
  void (*selective_scan_pack)(const vk_scan_weights *weights, float *packed);
  /// Floats of scratch that one call of `selective_scan` needs for so many channels.
  size_t (*selective_scan_scratch_count)(size_t channels, size_t states);
  /// Scans channels `channel_begin ..< channel_end` in one direction, the state starting at 0.
  ///
  /// Directions: 0 row-major, 1 column-major, 2 and 3 the reverses of 0 and 1. At each pixel
  /// delta = softplus(W low + bias); h = exp(delta A) h + delta B x; then D x and <C, h> are stored
  /// in y, or with `accumulate` not 0 added to what is in it.
  /// `channel_begin` is a multiple of `lanes`; so is `channel_end`, or it is C.
  /// exp is within 4e-7 relative (and 5e-8 |delta A| without fused multiply-add), 1 where nothing
  /// decays and at most 2^-120 below that; softplus is within 1e-6. The state is summed in pixel order, y in the order written above, C h by
  /// states: within 1e-6 of the largest |y| of the four directions. Any S is computed at the same
  /// rate. A channel's result does not depend on the range it is in.
  /// Many channels at once read the projection from memory once.
  void (*selective_scan)(const vk_scan *scan, size_t direction, size_t channel_begin,
                         size_t channel_end, int accumulate, float *scratch);
  /// Floats of scratch that `channel_scan` needs for these sizes.
  size_t (*channel_scan_scratch_count)(size_t channels, size_t inner, size_t states, size_t rank);
  /// Scans `pooled` `[C]` forwards and backwards into `y` `[C]`.
  ///
  /// Rows u = input_weight * pooled + input_bias; the recurrence of `selective_scan` along the
  /// channels in both directions; their sum; then the sum over rows of output_weight * y, plus
  /// output_bias. Within 3e-6 of the largest |y|. `y` does not overlap `pooled`.
  void (*channel_scan)(const vk_channel_scan *scan, const float *pooled, float *y, float *scratch);

  /// Row `row` of the results of a depthwise convolution, `[out_width][C]`.
  ///
  /// weight `[taps][C]`, taps row-major; bias `[C]` or NULL. Starts at the bias, adds the taps in
  /// order, leaves out those outside of the image. Within 1e-6 of the sum of magnitudes before the
  /// activation.
  void (*depthwise)(const vk_depthwise *op, size_t row, const float *weight,
                    const float *_Nullable bias, float *y);
  /// Pixels `begin ..< end` of a convolution of each channel along the pixels, `taps` back:
  /// y[l] = activation(bias + sum over t of weight[t] x[l - taps + 1 + t]), pixels before the first
  /// being 0.
  ///
  /// x and y point at the first pixel of all; weight `[taps][c]`, bias `[c]` or NULL. Starts at the
  /// bias, adds the taps in order. Within 1e-6 of the sum of magnitudes before the activation.
  void (*line_conv)(size_t begin, size_t end, size_t c, size_t taps, const float *x,
                    size_t x_stride, const float *weight, const float *_Nullable bias,
                    vk_activation activation, float *y, size_t y_stride);
  /// Floats of scratch that one call of `ordered_scan` needs for so many channels.
  size_t (*ordered_scan_scratch_count)(size_t channels, size_t states, size_t rank);
  /// Scans channels `channel_begin ..< channel_end` along the order, the state starting at 0, as
  /// `selective_scan` does; the result at a place is stored at its pixel.
  void (*ordered_scan)(const vk_ordered_scan *scan, size_t channel_begin, size_t channel_end,
                       float *scratch);

  // MARK: Attention

  /// Floats of scratch that `window_attention` needs for heads of `width` channels.
  size_t (*window_attention_scratch_count)(size_t width, size_t window, size_t reach);
  /// Computes windows `column_begin ..< column_end` of a row of windows: for each head and query,
  /// softmax(scale * q k^T + table, less 100 where the key is of another zone) v.
  ///
  /// Dot products are summed as in `gemm`; the weights are divided by their sum at last. Within 2e-6
  /// of the greatest magnitude of v for logits of order 10. A window's result does not depend on the
  /// others.
  void (*window_attention)(const vk_attention *op, size_t row, size_t column_begin,
                           size_t column_end, float *scratch);

  // MARK: Measuring

  /// Floating-point operations in one iteration of `peak_fma`; a fused multiply-add counts as two.
  size_t peak_fma_operations;
  /// Runs independent chains of multiply-adds in registers, as fast as one core can.
  ///
  /// The operations over the time taken are the peak that the other kernels can be held against.
  /// `sink` receives one float that depends on all of them.
  void (*peak_fma)(size_t iterations, float *sink);

  // MARK: Attention between channels

  /// y `[m][n]` = x `[rows][m]`^T * w `[rows][n]`, or that added to y.
  ///
  /// Each element is summed over the rows in order from 0, with fused multiply-add where the ISA has
  /// it; then, with `accumulate` not 0, added to what is in y. Within rows * 6e-8 of the sum of
  /// magnitudes.
  void (*gemm_transposed)(size_t rows, size_t m, size_t n, const float *x, size_t x_stride,
                          const float *w, size_t w_stride, int accumulate, float *y,
                          size_t y_stride);
  /// Multiplies columns of a packed weight `[n][k]` with a matrix a `[count][count]`:
  /// folded[j][first + q] = sum over p of packed[j][first + p] * a[p][q].
  ///
  /// `folded` has the packed form too; its other columns are left as they are. Sums as in
  /// `gemm_transposed`.
  void (*gemm_fold)(size_t n, size_t k, size_t first, size_t count, const float *packed,
                    const float *a, size_t a_stride, float *folded);
  /// sums `[c]` = sum over the rows of x^2, in order from 0; with `accumulate` not 0 then added to
  /// what is there. Within rows * 6e-8 relative.
  void (*sum_squares)(size_t rows, size_t c, const float *x, size_t x_stride, int accumulate,
                      float *sums);
} vk_kernels;

/// Number of instruction sets that there are kernels for, those of all architectures.
int vk_isa_count(void);
/// Name of instruction set `index`: `generic`, then each architecture's from the slowest; NULL from
/// the count on.
const char *_Nullable vk_isa_name(int index);
/// 1 if the kernels for instruction set `index` are compiled in and run on this processor and system.
int vk_isa_supported(int index);

/// Table `index` of those compiled in, slowest first; NULL from the count on.
const vk_kernels *_Nullable vk_at(int index);
/// 1 if this processor and system can run the table.
int vk_supported(const vk_kernels *kernels);
/// The table of that name, or the fastest one for NULL; NULL if unknown or not supported here.
const vk_kernels *_Nullable vk_select(const char *_Nullable isa);

#pragma clang assume_nonnull end

#endif
