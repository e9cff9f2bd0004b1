#if defined(__aarch64__)
#include "../vk_internal.h"
#include "vk_kernels.h"

#include <arm_neon.h>

// Every aarch64 processor has it: no target region is needed.
#define VK_ISA "neon"
#define VK_NAME(op) vk_##op##__neon
#define VK_INT8(op) vk_##op##__neon
#include "../simd/vk_simd_neon.h"
#include "../simd/vk_int8_neon.h"
#include "../ops/vk_table.inc"

const vk_kernels vk_kernels__neon = VK_TABLE;

// The same but for 8-bit integers.
#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)
#undef VK_ISA
#undef VK_INT8
#define VK_ISA "neon+dotprod"
#define VK_INT8(op) vk_##op##__dotprod
#include "../simd/vk_int8_dotprod.h"
#include "../ops/vk_int8.inc"
#pragma clang attribute pop

const vk_kernels vk_kernels__dotprod = VK_TABLE;
#endif
