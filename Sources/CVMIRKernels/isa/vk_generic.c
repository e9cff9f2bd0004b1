#include "../vk_internal.h"
#include "vk_kernels.h"

#define VK_ISA "generic"
#define VK_NAME(op) vk_##op##__generic
#define VK_INT8(op) vk_##op##__generic
#include "../simd/vk_simd_generic.h"
#include "../simd/vk_int8_generic.h"
#include "../ops/vk_table.inc"

const vk_kernels vk_kernels__generic = VK_TABLE;
