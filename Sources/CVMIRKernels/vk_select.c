#include "vk_kernels.h"

#include <string.h>

extern const vk_kernels vk_kernels__generic;
#if defined(__x86_64__)
extern const vk_kernels vk_kernels__avx2;
extern const vk_kernels vk_kernels__avx512;
#elif defined(__aarch64__)
extern const vk_kernels vk_kernels__neon;
#endif

static const vk_kernels *const tables[] = {
    &vk_kernels__generic,
#if defined(__x86_64__)
    &vk_kernels__avx2,
    &vk_kernels__avx512,
#elif defined(__aarch64__)
    &vk_kernels__neon,
#endif
};

static const int table_count = sizeof(tables) / sizeof(tables[0]);

const vk_kernels *vk_at(int index) {
  return index >= 0 && index < table_count ? tables[index] : NULL;
}

int vk_supported(const vk_kernels *kernels) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (kernels == &vk_kernels__avx2)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (kernels == &vk_kernels__avx512)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#elif defined(__aarch64__)
  if (kernels == &vk_kernels__neon) return 1;
#endif
  return kernels == &vk_kernels__generic;
}

const vk_kernels *vk_select(const char *_Nullable isa) {
  for (int i = table_count - 1; i >= 0; i--)
    if ((!isa || strcmp(isa, tables[i]->isa) == 0) && vk_supported(tables[i])) return tables[i];
  return NULL;
}

