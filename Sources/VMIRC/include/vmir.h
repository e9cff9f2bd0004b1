// libvmir: restores pictures with converted networks, from C and whatever calls C.
//
// - Ownership. A `vmir_model` belongs to the caller, who ends it with `vmir_close`. Everything else
//   that is passed belongs to the caller and is looked at during the call only. Texts that are
//   returned live as long as the library.
// - Errors. A call that can fail returns a status and, where `error` is not NULL, writes the same
//   status and one line of UTF-8 text there, on success too. Nothing is printed. A call that fails
//   has changed nothing but `*error` and, as far as a run came, the samples of its output.
// - Hostile input. Files are checked to the last byte before they are used. NULL where something is
//   needed, sizes that can't be, strides that overlap or leave the buffer give an error.
// - Threads. There is no global state. Any number of handles may be used at the same time. One
//   handle may be used from several threads; its runs then take turns. `vmir_share` makes a handle
//   that has its own threads and working memory, and the same weights.
// - Versions. Functions are only added, and structures only grow at their end: their first member
//   is the size that the caller knows. The shared library is libvmir.so.0 and its symbols have the
//   version VMIR_0 for as long as that holds.
#ifndef VMIR_H
#define VMIR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Version of this interface, the number in libvmir.so.0.
#define VMIR_ABI_VERSION 0
/// Version of the library that this header belongs to.
#define VMIR_VERSION "0.1.0"

/// `VMIR_ABI_VERSION` of the library that is loaded.
int32_t vmir_abi_version(void);
/// `VMIR_VERSION` of the library that is loaded.
const char *vmir_version(void);

// MARK: Errors

/// How a call ended; the numbers are the exit codes of the vmir tools, where those have one.
typedef enum vmir_status {
  /// All was done.
  VMIR_DONE = 0,
  /// An argument is invalid.
  VMIR_USAGE = 64,
  /// The model or the picture is malformed, or they don't fit each other.
  VMIR_BAD_INPUT = 65,
  /// The file does not exist or can't be opened.
  VMIR_MISSING_INPUT = 66,
  /// Valid, but not supported by this library.
  VMIR_UNSUPPORTED = 69,
  /// An invariant was broken, as by weights that give infinite pixels.
  VMIR_INTERNAL_ERROR = 70,
  /// More memory is needed than may be taken or than the machine has.
  VMIR_NO_MEMORY = 71,
  /// The progress callback or `vmir_cancel` ended the run.
  VMIR_CANCELLED = 75,
} vmir_status;

/// What kind of fault a status is; this list stays as it is, while statuses may be added.
typedef enum vmir_error_class {
  /// None: the call was done.
  VMIR_CLASS_NONE = 0,
  /// A file or a picture is malformed, or they don't fit each other.
  VMIR_CLASS_INVALID_INPUT = 1,
  /// Sound, but not something that this library or this processor can do.
  VMIR_CLASS_UNSUPPORTED = 2,
  /// More memory is needed than there is or than may be taken.
  VMIR_CLASS_RESOURCE = 3,
  /// The caller misuses the library, or cancelled the work.
  VMIR_CLASS_MISUSE = 4,
  /// The system can't read a file.
  VMIR_CLASS_IO = 5,
  /// An invariant of the library is broken.
  VMIR_CLASS_INTERNAL = 6,
} vmir_error_class;

/// The class of a status; `VMIR_CLASS_INTERNAL` for a number that is none.
vmir_error_class vmir_classify(vmir_status status);

/// Why a call failed. Needs no initialisation.
typedef struct vmir_error {
  /// What the call returned.
  vmir_status status;
  /// One line of UTF-8 without a full stop, ended by a zero; empty after `VMIR_DONE`.
  char text[508];
} vmir_error;

// MARK: Models

/// An opened network with its threads and working memory.
typedef struct vmir_model vmir_model;

/// How a model is opened. Zero-initialize and set `struct_byte_count` for the defaults.
typedef struct vmir_open_options {
  /// `sizeof(vmir_open_options)`.
  size_t struct_byte_count;
  /// Threads to work with, the calling one included, 1 to 256; 0 for all processors.
  int32_t thread_count;
  /// Kernels to use: "generic", "avx2", "avxvnni", "avx512", "avx512vnni", "neon", "neon+dotprod";
  /// NULL for the fastest that the processor can run.
  const char *isa;
} vmir_open_options;

/// Opens the `.vmir` file at `path`.
///
/// `options` may be NULL. On success `*model` is a handle for `vmir_close`, else NULL.
/// Fails with `VMIR_MISSING_INPUT`, `VMIR_BAD_INPUT`, `VMIR_UNSUPPORTED`, `VMIR_NO_MEMORY`,
/// `VMIR_USAGE`.
vmir_status vmir_open_file(const char *path, const vmir_open_options *options,
                           vmir_model **model, vmir_error *error);

/// Opens a `.vmir` file of `byte_count` bytes in memory, which are copied.
///
/// Otherwise as `vmir_open_file`.
vmir_status vmir_open_memory(const void *bytes, size_t byte_count,
                             const vmir_open_options *options, vmir_model **model,
                             vmir_error *error);

/// Makes another handle on the weights of `model`, with threads and working memory of its own.
///
/// `thread_count` is as in the options. The handles don't depend on each other: they run at the
/// same time and are closed in any order. Fails with `VMIR_USAGE`, `VMIR_NO_MEMORY`.
vmir_status vmir_share(const vmir_model *model, int32_t thread_count, vmir_model **shared,
                       vmir_error *error);

/// Ends a handle that no call is using; NULL is allowed.
void vmir_close(vmir_model *model);

/// Output pixels for each input pixel, in each direction.
int32_t vmir_scale(const vmir_model *model);
/// The network's sides are multiples of this many pixels; the library pads inputs of any size by
/// reflection.
int32_t vmir_size_multiple(const vmir_model *model);
/// Channels that the input must have: 3 for red, green and blue in this order, or what else the
/// network takes. Where both input and output have 1, both may have 3 instead: the network restores
/// the brightness, Y of BT.601, and the colours are those of the input, enlarged by cubic
/// convolution; Y is clamped to 0 to 1 before.
int32_t vmir_input_channels(const vmir_model *model);
/// Channels that the output must have.
int32_t vmir_output_channels(const vmir_model *model);
/// The only width in pixels that the network itself takes, or 0 where it takes any. The library
/// pads pictures of other sizes by reflection or tiles them.
int32_t vmir_fixed_width(const vmir_model *model);
/// The same of the height.
int32_t vmir_fixed_height(const vmir_model *model);
/// 1 where tiles give the same result as the whole picture.
int32_t vmir_is_tiling_exact(const vmir_model *model);
/// Threads that the handle works with, the calling one included.
int32_t vmir_thread_count(const vmir_model *model);
/// Name of the kernels that the handle uses, which lives as long as the library.
const char *vmir_isa(const vmir_model *model);
/// Bytes of the weights in memory; all handles that share them hold them once.
int64_t vmir_weight_byte_count(const vmir_model *model);
// All of these give 0, or NULL, for a model that is NULL.

/// Pixels that a side of a picture may have, input or output.
int64_t vmir_side_limit(void);
/// Pixels that a picture may have, input or output.
int64_t vmir_pixel_limit(void);

// MARK: Running

/// Type of a sample.
typedef enum vmir_sample {
  /// 32-bit float: 0 black, 1 white. As an output neither clamped nor rounded.
  VMIR_FLOAT32 = 0,
  /// 8-bit unsigned integer: 0 black, 255 white. As an output clamped and rounded to nearest.
  VMIR_UINT8 = 1,
  /// 16-bit unsigned integer in the byte order of the machine: 0 black, 65535 white.
  VMIR_UINT16 = 2,
} vmir_sample;

/// A picture in memory that belongs to the caller.
///
/// The sample of channel `c` of the pixel in column `x` of row `y`, counted from the top left, is
/// at `samples + y * row_stride + x * pixel_stride + c * channel_stride`, in bytes. Three strides
/// of 0 mean interleaved samples in rows without gaps: `[height][width][channels]`. Planes are
/// `channel_stride` apart and have the size of a sample as `pixel_stride`. Samples need no
/// alignment.
typedef struct vmir_image {
  /// `sizeof(vmir_image)`.
  size_t struct_byte_count;
  /// The first sample. An input is only read.
  void *samples;
  /// Bytes from `samples` on that belong to the picture; all of its samples must lie there.
  size_t byte_count;
  /// Type of the samples; input and output may differ in it.
  vmir_sample sample;
  /// Samples of a pixel that are used: the model's channels, or 3 for the brightness of colours. A
  /// `pixel_stride` of 4 samples leaves out an alpha channel, which stays as it is in an output.
  int32_t channels;
  /// Pixels, at least 1. Those of an output are the input's times the scale, or any where the
  /// options say `is_resized`.
  int64_t width, height;
  /// Bytes, not negative. Samples of an output must not overlap; those of an input may, so that a
  /// `channel_stride` of 0 repeats a grey channel.
  ptrdiff_t row_stride, pixel_stride, channel_stride;
} vmir_image;

/// How a picture is run. Zero-initialize and set `struct_byte_count` for the defaults.
///
/// Version 0.1.0 ends with `context`; members that the caller does not know are 0.
typedef struct vmir_run_options {
  /// `sizeof(vmir_run_options)`.
  size_t struct_byte_count;
  /// Bytes that the whole process may take; 0 for half of what it has left.
  int64_t memory_byte_count;
  /// Pixels of a tile's side: 0 for tiles where the whole picture needs more memory than allowed,
  /// -1 for none even then, else 16 to 65536.
  int32_t tile_side;
  /// Input pixels that neighbouring tiles share: 0 for 64 or a quarter of a smaller tile, -1 for
  /// none, else 1 to 4096 and less than half of `tile_side`.
  int32_t overlap;
  /// 1 to average over the picture's eight flips and 90° rotations (test-time augmentation).
  int32_t is_ensemble;
  /// Called after each step with the completed fraction, 0 to 1, on the thread
  /// that called `vmir_run`; may be NULL. Ends the run by returning something other than 0. Must
  /// not use the handle, but for `vmir_cancel`.
  int32_t (*progress)(void *context, double share);
  /// Passed to `progress`.
  void *context;
  /// 1 where the sides of the output are any, and the network's result is resampled to them by
  /// Lanczos' filter of three lobes, antialiased, each channel for itself; 0 where they must be the
  /// input's times the scale.
  int32_t is_resized;
} vmir_run_options;

/// Estimated memory and tiling of a run.
typedef struct vmir_forecast {
  /// `sizeof(vmir_forecast)`; set by the caller.
  size_t struct_byte_count;
  /// Bytes that the process takes at the peak, both buffers included, if it holds nothing else.
  int64_t peak_byte_count;
  /// Bytes that it would take without tiles.
  int64_t whole_byte_count;
  /// Bytes that it may take.
  int64_t allowed_byte_count;
  /// Tiles; 1 for the whole picture.
  int64_t tile_count;
  /// Input pixels of a tile, padding included.
  int64_t tile_width, tile_height;
  /// Input pixels that neighbouring tiles share at least.
  int64_t overlap;
} vmir_forecast;

/// Estimates memory and tiling of `vmir_run` for an input of `width` by `height` pixels; runs
/// nothing.
///
/// Both buffers are counted as large as float samples make them, the output without `is_resized`.
/// `options` may be NULL. Fails with `VMIR_NO_MEMORY` where the run would, `VMIR_BAD_INPUT` for a
/// size that can't be run, `VMIR_USAGE`. Waits while the handle runs.
vmir_status vmir_predict(vmir_model *model, int64_t width, int64_t height,
                         const vmir_run_options *options, vmir_forecast *forecast,
                         vmir_error *error);

/// Restores a picture.
///
/// The memory of input and output must not overlap. `options` may be NULL. Fails with
/// `VMIR_USAGE`, `VMIR_BAD_INPUT`, `VMIR_UNSUPPORTED`, `VMIR_NO_MEMORY`, `VMIR_CANCELLED`, and with
/// `VMIR_INTERNAL_ERROR` where a pixel is no finite number and the output's samples are integers.
/// Equal inputs give equal samples, on any number of threads.
vmir_status vmir_run(vmir_model *model, const vmir_image *input, const vmir_image *output,
                     const vmir_run_options *options, vmir_error *error);

/// Resamples a picture to the sides of the output, which are any, as `vmir_run` does it where
/// `is_resized` is 1: by Lanczos' filter of three lobes, antialiased.
///
/// Both have the same number of channels, 1 or more; their types may differ. Where `has_alpha` is 1
/// the last channel is alpha: it weights the others, so that colours that nobody sees don't show at
/// edges, and is clamped to 0 to 1; colours are 0 where nothing is seen. Where it is 0 each channel
/// is resampled for itself. The memory of input and output must not overlap. Fails with
/// `VMIR_USAGE`, `VMIR_NO_MEMORY`, and with `VMIR_BAD_INPUT` where a sample is no finite number and
/// the output's are integers. Needs no model, and runs on the thread that calls it.
vmir_status vmir_resample(const vmir_image *input, const vmir_image *output, int32_t has_alpha,
                          vmir_error *error);

/// Ends the run that is in progress on a handle, and those that wait for it, after the step that is
/// being done. From any thread; a run that starts later is not ended.
void vmir_cancel(vmir_model *model);

#ifdef __cplusplus
}
#endif

#endif
