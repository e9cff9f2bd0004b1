#if defined(__x86_64__)
#include "../vk_internal.h"
#include "vk_kernels.h"

#include <immintrin.h>

#pragma clang attribute push(                                                     \
    __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma"))),       \
    apply_to = function)
#define VK_ISA "avx512"
#define VK_NAME(op) vk_##op##__avx512
#define VK_INT8(op) vk_##op##__avx512
#include "../simd/vk_simd_avx512.h"
#include "../simd/vk_int8_avx512.h"
#include "../ops/vk_table.inc"
#pragma clang attribute pop

const vk_kernels vk_kernels__avx512 = VK_TABLE;

// The same but for 8-bit integers.
#pragma clang attribute push(                                                            \
    __attribute__((target("avx512vnni,avx512f,avx512vl,avx512bw,avx512dq,avx2,fma"))),   \
    apply_to = function)
#undef VK_ISA
#undef VK_INT8
#define VK_ISA "avx512vnni"
#define VK_INT8(op) vk_##op##__avx512vnni
#include "../simd/vk_int8_avx512vnni.h"
#include "../ops/vk_int8.inc"
#pragma clang attribute pop

const vk_kernels vk_kernels__avx512vnni = VK_TABLE;
#endif
