#if defined(__aarch64__)
#include "../vk_internal.h"
#include "vk_kernels.h"

#include <arm_neon.h>

// Every aarch64 processor has it: no target region is needed.
#define VK_ISA "neon"
#define VK_NAME(op) vk_##op##__neon
#include "../simd/vk_simd_neon.h"
#include "../ops/vk_table.inc"

const vk_kernels vk_kernels__neon = VK_TABLE;
#endif
