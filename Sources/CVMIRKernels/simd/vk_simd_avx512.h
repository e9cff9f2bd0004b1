// Vector vocabulary over AVX-512: 16 lanes, masked tails. Included inside the target region.
#include "vk_simd_four.h"

#define VK_LANES 16
#define VK_FUSED 1
#define VK_POWER_STEPS 16
#define VK_REGISTERS 32
#define VK_GEMM_ROWS 14

typedef __m512 vk_f;
typedef __m512i vk_i;

/// Lanes [0, n) set, n <= 16.
static inline __mmask16 vk_tail_mask(size_t n) { return (__mmask16)((1u << n) - 1); }

static inline vk_f vk_load(const float *p) { return _mm512_loadu_ps(p); }
static inline void vk_store(float *p, vk_f v) { _mm512_storeu_ps(p, v); }
/// The first n lanes, n <= 16; the others are 0 and not read.
static inline vk_f vk_load_n(const float *p, size_t n) {
  return _mm512_maskz_loadu_ps(vk_tail_mask(n), p);
}
/// Stores the first n lanes, n <= 16.
static inline void vk_store_n(float *p, vk_f v, size_t n) {
  _mm512_mask_storeu_ps(p, vk_tail_mask(n), v);
}

static inline vk_f vk_set1(float x) { return _mm512_set1_ps(x); }
static inline vk_f vk_add(vk_f a, vk_f b) { return _mm512_add_ps(a, b); }
static inline vk_f vk_sub(vk_f a, vk_f b) { return _mm512_sub_ps(a, b); }
static inline vk_f vk_mul(vk_f a, vk_f b) { return _mm512_mul_ps(a, b); }
static inline vk_f vk_div(vk_f a, vk_f b) { return _mm512_div_ps(a, b); }
static inline vk_f vk_abs(vk_f a) { return _mm512_abs_ps(a); }
/// a * b + c, rounded once.
static inline vk_f vk_fma(vk_f a, vk_f b, vk_f c) { return _mm512_fmadd_ps(a, b, c); }
#define vk_fma_once vk_fma
/// The larger; `b` if either is NaN.
static inline vk_f vk_max(vk_f a, vk_f b) { return _mm512_max_ps(a, b); }
/// The smaller; `b` if either is NaN.
static inline vk_f vk_min(vk_f a, vk_f b) { return _mm512_min_ps(a, b); }
/// n = x rounded to a multiple of 1 / VK_POWER_STEPS; returns 2^n.
static inline vk_f vk_power(vk_f x, vk_f *n) {
  // Adding this drops the bits after the fourth binary place; the low bits of the sum hold 16 n.
  const vk_f magic = _mm512_set1_ps(786432.0f);
  // 2^(j / 16).
  const vk_f powers = _mm512_setr_ps(1, 1.04427373f, 1.09050775f, 1.13878858f,
                                     1.18920708f, 1.24185777f, 1.29683959f, 1.35425556f,
                                     1.41421354f, 1.47682619f, 1.54221082f, 1.61049032f,
                                     1.68179286f, 1.75625217f, 1.8340081f, 1.91520655f);
  vk_f sum = _mm512_add_ps(x, magic);
  *n = _mm512_sub_ps(sum, magic);
  return _mm512_scalef_ps(_mm512_permutexvar_ps(_mm512_castps_si512(sum), powers), *n);
}
/// 2^(a b) for a b <= 0, within 4e-7 relative, exact where a b is 0.
static inline vk_f vk_exp2_product(vk_f a, vk_f b) {
  // Adding this drops the bits after the fifth binary place; the low bits of the sum hold 32 n. The
  // 46/32 below shift the rest of a b, |f| <= 1/64, to where 2^f has no linear term.
  const vk_f magic = _mm512_set1_ps(393216.0f), shifted = _mm512_set1_ps(393217.4375f);
  // 2^(j / 32) by that fit's factor, and by the power of two that the 46/32 take away.
  const vk_f low = _mm512_setr_ps(0.964397788f, 0.985515237f, 1.00709522f, 1.02914774f,
                                  1.05168307f, 1.07471192f, 1.09824514f, 1.12229359f,
                                  1.14686859f, 1.17198169f, 1.19764471f, 1.2238698f,
                                  1.250669f, 1.27805507f, 0.653020442f, 0.667319715f);
  const vk_f high = _mm512_setr_ps(0.681932151f, 0.696864486f, 0.712123811f, 0.72771734f,
                                   0.743652284f, 0.759936094f, 0.776576579f, 0.793581367f,
                                   0.810958564f, 0.828716218f, 0.846862733f, 0.865406632f,
                                   0.884356558f, 0.903721452f, 0.923510373f, 0.943732619f);
  vk_f sum = _mm512_fmadd_ps(a, b, magic), n = _mm512_sub_ps(sum, shifted);
  vk_f w = _mm512_fnmadd_ps(a, b, n);
  vk_f power = _mm512_scalef_ps(_mm512_permutex2var_ps(low, _mm512_castps_si512(sum), high), n);
  return _mm512_mul_ps(_mm512_fmadd_ps(w, w, _mm512_set1_ps(2.081259966e+00f)), power);
}
#define vk_exp2_product_near vk_exp2_product
/// Whether `vk_exp2_product_near` is right for all lanes of a b, b being the inverse of -120.
static inline int vk_is_near(vk_f a, vk_f limit) {
  (void)a, (void)limit;
  return 1;
}
/// The first n lanes, n <= 16; the others become 0.
static inline vk_f vk_zero_tail(vk_f a, size_t n) { return _mm512_maskz_mov_ps(vk_tail_mask(n), a); }
/// Four sums of lanes whose sum is that of all lanes.
static inline vk_f4 vk_partial_sums(vk_f a) {
  __m256 b = _mm256_add_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
  return _mm_add_ps(_mm256_castps256_ps128(b), _mm256_extractf128_ps(b, 1));
}
/// Sum over the lanes, by halves.
static inline float vk_reduce_add(vk_f a) { return _mm512_reduce_add_ps(a); }
/// The greatest lane.
static inline float vk_reduce_max(vk_f a) { return _mm512_reduce_max_ps(a); }
/// The lanes 0, 2, 4 ... of a, then those of b.
static inline vk_f vk_evens(vk_f a, vk_f b) {
  return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
}
/// The lanes 1, 3, 5 ... of a, then those of b.
static inline vk_f vk_odds(vk_f a, vk_f b) {
  return __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
}
/// The lower halves of a and b, lane by lane in turn.
static inline vk_f vk_zip_low(vk_f a, vk_f b) {
  return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
/// The upper halves of a and b, lane by lane in turn.
static inline vk_f vk_zip_high(vk_f a, vk_f b) {
  return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15,
                                 31);
}

static inline vk_i vk_load_i(const void *p) { return _mm512_loadu_si512(p); }
/// Integers as floats, rounded to nearest even.
static inline vk_f vk_from_i(vk_i v) { return _mm512_cvtepi32_ps(v); }
/// The larger of integers.
static inline vk_i vk_max_i(vk_i a, vk_i b) { return _mm512_max_epi32(a, b); }
/// Four maxima of lanes whose maximum is that of all lanes.
static inline vk_i4 vk_partial_max(vk_i a) {
  __m256i b = _mm256_max_epi32(_mm512_castsi512_si256(a), _mm512_extracti32x8_epi32(a, 1));
  return (vk_i4)_mm_max_epi32(_mm256_castsi256_si128(b), _mm256_extracti128_si256(b, 1));
}
/// The bits of floats.
static inline vk_i vk_bits(vk_f v) { return _mm512_castps_si512(v); }
