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

static const vk_kernels *const tables[] = {
    &vk_kernels__generic,
#if defined(__x86_64__)
    &vk_kernels__avx2,
    &vk_kernels__avxvnni,
    &vk_kernels__avx512,
    &vk_kernels__avx512vnni,
#elif defined(__aarch64__)
    &vk_kernels__neon,
    &vk_kernels__dotprod,
#endif
};

static const int table_count = sizeof(tables) / sizeof(tables[0]);

const vk_kernels *vk_at(int index) {
  return index >= 0 && index < table_count ? tables[index] : NULL;
}

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
#endif

int vk_supported(const vk_kernels *kernels) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (kernels == &vk_kernels__avx2) return has_avx2();
  if (kernels == &vk_kernels__avxvnni) return has_avxvnni();
  if (kernels == &vk_kernels__avx512) return has_avx512();
  if (kernels == &vk_kernels__avx512vnni)
    return has_avx512() && __builtin_cpu_supports("avx512vnni");
#elif defined(__aarch64__)
  if (kernels == &vk_kernels__neon) return 1;
  if (kernels == &vk_kernels__dotprod) return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
#endif
  return kernels == &vk_kernels__generic;
}

const vk_kernels *vk_select(const char *_Nullable isa) {
  for (int i = table_count - 1; i >= 0; i--)
    if ((!isa || strcmp(isa, tables[i]->isa) == 0) && vk_supported(tables[i])) return tables[i];
  return NULL;
}

