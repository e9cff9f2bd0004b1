// Functions that libzstd, libpng and libjpeg refer to and that vmir-run never needs. With definitions
// here the linker leaves out theirs, 400 kB in all.
#ifdef VMIR_EDGE

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

// libjpeg's encoder, 100 kB of tables; on other processors nothing refers to these names.
extern const char jconst_huff_encode_one_block[1];
const char jconst_huff_encode_one_block[1] = {0};
NEVER(jsimd_huff_encode_one_block_sse2)
NEVER(jsimd_encode_mcu_AC_first_prepare_sse2)
NEVER(jsimd_encode_mcu_AC_refine_prepare_sse2)

// libjpeg reads a limit of memory from the environment variable JPEGMEM with it; vmir-run has limits
// of its own.
int __isoc99_sscanf(const char *text, const char *format, ...);
int __isoc99_sscanf(const char *text, const char *format, ...) {
  (void)text;
  (void)format;
  return 0;
}

#endif
