// Functions that libzstd, libpng, libjpeg and glibc refer to and that vmir-run never needs. With
// definitions here the linker leaves out theirs, 600 kB in all.
#ifdef VMIR_EDGE

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

// zstd's decoders of its formats before 0.8. `ZstdFrame` refuses their magic numbers before it calls
// the library.
#define NEVER(name) \
  void name(void); \
  void name(void) { __builtin_trap(); }
#define NEVER_VERSION(v) \
  NEVER(ZBUFF##v##_createDCtx) \
  NEVER(ZBUFF##v##_decompressContinue) \
  NEVER(ZBUFF##v##_decompressInitDictionary) \
  NEVER(ZBUFF##v##_freeDCtx) \
  NEVER(ZSTD##v##_createDCtx) \
  NEVER(ZSTD##v##_decompress_usingDict) \
  NEVER(ZSTD##v##_findFrameSizeInfoLegacy) \
  NEVER(ZSTD##v##_freeDCtx) \
  NEVER(ZSTD##v##_getFrameParams)

NEVER_VERSION(v05)
NEVER_VERSION(v06)
NEVER_VERSION(v07)

// libpng's png_convert_from_time_t, for tIME chunks, which are not written. glibc's needs the time
// zones and scanf.
struct tm *gmtime(const time_t *seconds) {
  (void)seconds;
  return NULL;
}

// libpng's writer, which its reader refers to in what concerns both; `CPNG/writer.c` writes.
NEVER(png_destroy_write_struct)
NEVER(png_free_buffer_list)
// Of the reader's own: four bytes, big-endian.
void png_save_uint_32(unsigned char *bytes, unsigned value);
void png_save_uint_32(unsigned char *bytes, unsigned value) {
  for (int index = 0; index < 4; index++) bytes[index] = (unsigned char)(value >> (24 - 8 * index));
}

// What libjpeg's table of SIMD functions names beside the decoder's: the encoder, 130 kB, the faster
// inverse transforms, upsampling that loses detail, and colour palettes. `CJPEG/reader.c` asks for
// none of them. On other processors nothing refers to the SIMD names.
#define TABLE(name) \
  extern const char name[1]; \
  const char name[1] = {0};
#define NEVER_ORDERS(start, end) \
  NEVER(start##_##end) \
  NEVER(start##_extrgb_##end) \
  NEVER(start##_extrgbx_##end) \
  NEVER(start##_extbgr_##end) \
  NEVER(start##_extbgrx_##end) \
  NEVER(start##_extxbgr_##end) \
  NEVER(start##_extxrgb_##end)
#define NEVER_RGB(end) \
  NEVER(jsimd_rgb_##end) \
  NEVER(jsimd_extrgb_##end) \
  NEVER(jsimd_extrgbx_##end) \
  NEVER(jsimd_extbgr_##end) \
  NEVER(jsimd_extbgrx_##end) \
  NEVER(jsimd_extxbgr_##end) \
  NEVER(jsimd_extxrgb_##end)
#define NEVER_ISA(isa) \
  TABLE(jconst_rgb_ycc_convert_##isa) \
  NEVER_RGB(ycc_convert_##isa) \
  TABLE(jconst_rgb_gray_convert_##isa) \
  NEVER_RGB(gray_convert_##isa) \
  TABLE(jconst_merged_upsample_##isa) \
  NEVER_ORDERS(jsimd_h2v1, merged_upsample_##isa) \
  NEVER_ORDERS(jsimd_h2v2, merged_upsample_##isa) \
  NEVER(jsimd_h2v1_downsample_##isa) \
  NEVER(jsimd_h2v2_downsample_##isa) \
  TABLE(jconst_fdct_islow_##isa) \
  NEVER(jsimd_fdct_islow_##isa) \
  NEVER(jsimd_convsamp_##isa) \
  NEVER(jsimd_quantize_##isa)

NEVER_ISA(sse2)
NEVER_ISA(avx2)
TABLE(jconst_huff_encode_one_block)
NEVER(jsimd_huff_encode_one_block_sse2)
NEVER(jsimd_encode_mcu_AC_first_prepare_sse2)
NEVER(jsimd_encode_mcu_AC_refine_prepare_sse2)
TABLE(jconst_fdct_ifast_sse2)
NEVER(jsimd_fdct_ifast_sse2)
TABLE(jconst_fdct_float_sse)
NEVER(jsimd_fdct_float_sse)
NEVER(jsimd_convsamp_float_sse2)
NEVER(jsimd_quantize_float_sse2)
TABLE(jconst_idct_ifast_sse2)
NEVER(jsimd_idct_ifast_sse2)
TABLE(jconst_idct_float_sse2)
NEVER(jsimd_idct_float_sse2)
TABLE(jconst_idct_red_sse2)
NEVER(jsimd_idct_2x2_sse2)
NEVER(jsimd_idct_4x4_sse2)
NEVER(jpeg_idct_ifast)
NEVER(jpeg_idct_float)
NEVER(jinit_merged_upsampler)
NEVER(jinit_1pass_quantizer)
NEVER(jinit_2pass_quantizer)

// libjpeg reads a limit of memory from the environment variable JPEGMEM with it; vmir-run has limits
// of its own.
int __isoc99_sscanf(const char *text, const char *format, ...);
int __isoc99_sscanf(const char *text, const char *format, ...) {
  (void)text;
  (void)format;
  return 0;
}

// glibc's translations of messages and its files with character sets: both load converters, as
// modules, by a dynamic linker. Messages stay as they are, and nothing is read through stdio.
char *__dcgettext(const char *domain, const char *message, int category);
char *__dcgettext(const char *domain, const char *message, int category) {
  (void)domain;
  (void)category;
  return (char *)message;
}
FILE *fopen(const char *path, const char *mode) {
  (void)path;
  (void)mode;
  errno = ENOENT;
  return NULL;
}
// Of assertions in glibc itself, with a message that needs all of printf.
void __assert_fail(const char *text, const char *file, unsigned line, const char *function) {
  (void)text;
  (void)file;
  (void)line;
  (void)function;
  abort();
}

// glibc's converters between wide characters and bytes, 35 kB: nothing here is wide.
NEVER(__wcsmbs_load_conv)
NEVER(__wcsmbs_clone_conv)
NEVER(__wcsmbs_getfct)
NEVER(__wcsmbs_named_conv)
void _nl_cleanup_ctype(void *locale);
void _nl_cleanup_ctype(void *locale) { (void)locale; }
extern const char __wcsmbs_gconv_fcts_c[64];
const char __wcsmbs_gconv_fcts_c[64] = {0};
// What closing a stream asks of them, where it has some.
extern int __gconv_lock[16];
int __gconv_lock[16];
void __gconv_release_step(void *step);
void __gconv_release_step(void *step) { (void)step; }

// glibc's resolver of host names, whose state each thread has.
__thread void *__libc_resp = NULL;
// libpng's numbers in physical scales, which are not read.
double strtod(const char *text, char **end) {
  if (end) *end = (char *)text;
  return 0;
}

#endif
