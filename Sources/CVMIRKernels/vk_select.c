#include "vk_kernels.h"

#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

extern const vk_kernels vk_kernels__generic;
#if defined(__x86_64__)
extern const vk_kernels vk_kernels__avx2;
extern const vk_kernels vk_kernels__avxvnni;
extern const vk_kernels vk_kernels__avx512;
extern const vk_kernels vk_kernels__avx512vnni;
#elif defined(__aarch64__)
extern const vk_kernels vk_kernels__neon;
extern const vk_kernels vk_kernels__dotprod;
#endif

#if defined(__x86_64__)
// What the processor has and the system saves; `__builtin_cpu_supports` asks for both.

static int has_avx2(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static int has_avx512(void) {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
}

static int has_avxvnni(void) {
  // Not every compiler's builtin knows the name. It needs the state of AVX, as AVX2 does.
  unsigned a, b, c, d;
  return has_avx2() && __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a >> 4 & 1);
}

static int has_avx512vnni(void) { return has_avx512() && __builtin_cpu_supports("avx512vnni"); }
#elif defined(__aarch64__)
static int has_dotprod(void) { return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0; }
#endif

static int always(void) { return 1; }


// Of another architecture than the one compiled for, only the names are there.
#if defined(__x86_64__)
#define X86(kernels, supported) &kernels, supported
#define ARM(kernels, supported) NULL, NULL
#elif defined(__aarch64__)
#define X86(kernels, supported) NULL, NULL
#define ARM(kernels, supported) &kernels, supported
#else
#define X86(kernels, supported) NULL, NULL
#define ARM(kernels, supported) NULL, NULL
#endif

/// All instruction sets, those of one architecture slowest first.
static const struct {
  const char *name;
  const vk_kernels *kernels;
  int (*is_supported)(void);
} isas[] = {
    {"generic", &vk_kernels__generic, always},
    {"avx2", X86(vk_kernels__avx2, has_avx2)},
    {"avxvnni", X86(vk_kernels__avxvnni, has_avxvnni)},
    {"avx512", X86(vk_kernels__avx512, has_avx512)},
    {"avx512vnni", X86(vk_kernels__avx512vnni, has_avx512vnni)},
    {"neon", ARM(vk_kernels__neon, always)},
    {"neon+dotprod", ARM(vk_kernels__dotprod, has_dotprod)},
};

static const int isa_count = sizeof(isas) / sizeof(isas[0]);

int vk_isa_count(void) { return isa_count; }

const char *vk_isa_name(int index) {
  return index >= 0 && index < isa_count ? isas[index].name : NULL;
}

int vk_isa_supported(int index) {
  if (index < 0 || index >= isa_count || !isas[index].kernels) return 0;
#if defined(__x86_64__)
  __builtin_cpu_init();
#endif
  return isas[index].is_supported();
}

const vk_kernels *vk_at(int index) {
  for (int i = 0; index >= 0 && i < isa_count; i++)
    if (isas[i].kernels && index-- == 0) return isas[i].kernels;
  return NULL;
}

int vk_supported(const vk_kernels *kernels) {
  for (int i = 0; i < isa_count; i++)
    if (isas[i].kernels == kernels) return vk_isa_supported(i);
  return 0;
}

const vk_kernels *vk_select(const char *_Nullable isa) {
  for (int i = isa_count - 1; i >= 0; i--)
    if ((!isa || strcmp(isa, isas[i].name) == 0) && vk_isa_supported(i)) return isas[i].kernels;
  return NULL;
}
