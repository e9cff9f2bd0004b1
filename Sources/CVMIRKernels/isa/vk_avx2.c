#if defined(__x86_64__)
#include "../vk_internal.h"
#include "vk_kernels.h"

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define VK_ISA "avx2"
#define VK_NAME(op) vk_##op##__avx2
#define VK_INT8(op) vk_##op##__avx2
#include "../simd/vk_simd_avx2.h"
#include "../simd/vk_int8_avx2.h"
#include "../ops/vk_table.inc"
#pragma clang attribute pop

const vk_kernels vk_kernels__avx2 = VK_TABLE;

// The same but for 8-bit integers.
#pragma clang attribute push(__attribute__((target("avxvnni,avx2,fma"))), apply_to = function)
#undef VK_ISA
#undef VK_INT8
#define VK_ISA "avxvnni"
#define VK_INT8(op) vk_##op##__avxvnni
#include "../simd/vk_int8_avxvnni.h"
#include "../ops/vk_int8.inc"
#pragma clang attribute pop

const vk_kernels vk_kernels__avxvnni = VK_TABLE;
#endif
