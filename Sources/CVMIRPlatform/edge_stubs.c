// Functions that libzstd and libpng refer to and that vmir-run never comes to. With definitions
// here the linker leaves out theirs, 150 kB in all.
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

#endif
