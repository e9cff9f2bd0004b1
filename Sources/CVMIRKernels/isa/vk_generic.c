#include "../vk_internal.h"
#include "vk_kernels.h"

// On x86_64 nearly every processor has a better table, and the static program must stay small. The
// vectors and what must be unrolled are written out, so little speed is lost.
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((minsize)), apply_to = function)
#endif
#define VK_ISA "generic"
#define VK_NAME(op) vk_##op##__generic
#define VK_INT8(op) vk_##op##__generic
#include "../simd/vk_simd_generic.h"
#include "../simd/vk_int8_generic.h"
#include "../ops/vk_table.inc"
#if defined(__x86_64__)
#pragma clang attribute pop
#endif

const vk_kernels vk_kernels__generic = VK_TABLE;
