// Vector vocabulary over AVX2 and FMA: 8 lanes. Included inside the target region.
#include "vk_simd_four.h"

#define VK_LANES 8
#define VK_FUSED 1
#define VK_POWER_STEPS 8
#define VK_REGISTERS 16
#define VK_GEMM_ROWS 6

typedef __m256 vk_f;
typedef __m256i vk_i;

/// Lanes [0, n) set, n <= 8.
static inline __m256i vk_tail_mask(size_t n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

static inline vk_f vk_load(const float *p) { return _mm256_loadu_ps(p); }
static inline void vk_store(float *p, vk_f v) { _mm256_storeu_ps(p, v); }
/// The first n lanes, n <= 8; the others are 0 and not read.
static inline vk_f vk_load_n(const float *p, size_t n) {
  return n >= 8 ? vk_load(p) : _mm256_maskload_ps(p, vk_tail_mask(n));
}
/// Stores the first n lanes, n <= 8.
static inline void vk_store_n(float *p, vk_f v, size_t n) {
  if (n >= 8)
    vk_store(p, v);
  else
    _mm256_maskstore_ps(p, vk_tail_mask(n), v);
}

static inline vk_f vk_set1(float x) { return _mm256_set1_ps(x); }
static inline vk_f vk_add(vk_f a, vk_f b) { return _mm256_add_ps(a, b); }
static inline vk_f vk_sub(vk_f a, vk_f b) { return _mm256_sub_ps(a, b); }
static inline vk_f vk_mul(vk_f a, vk_f b) { return _mm256_mul_ps(a, b); }
static inline vk_f vk_div(vk_f a, vk_f b) { return _mm256_div_ps(a, b); }
static inline vk_f vk_abs(vk_f a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
/// a * b + c, rounded once.
static inline vk_f vk_fma(vk_f a, vk_f b, vk_f c) { return _mm256_fmadd_ps(a, b, c); }
#define vk_fma_once vk_fma
/// The larger; `b` if either is NaN.
static inline vk_f vk_max(vk_f a, vk_f b) { return _mm256_max_ps(a, b); }
/// The smaller; `b` if either is NaN.
static inline vk_f vk_min(vk_f a, vk_f b) { return _mm256_min_ps(a, b); }
/// n = x rounded to a multiple of 1 / VK_POWER_STEPS; returns 2^n, for x in -127...127.
///
/// 0 at -127, and too small up to -126.
static inline vk_f vk_power(vk_f x, vk_f *n) {
  // Adding this drops the bits after the third binary place; the low bits of the sum hold 8 n.
  const vk_f magic = _mm256_set1_ps(1572864.0f);
  vk_f sum = _mm256_add_ps(x, magic);
  *n = _mm256_sub_ps(sum, magic);
  // 2^(j / 8), less j << 20, which the low bits of 8 n add to the exponent.
  const __m256i powers =
      _mm256_setr_epi32(0x3f800000, 0x3f7b95c2, 0x3f7837f0, 0x3f75fed7,
                        0x3f7504f3, 0x3f75672a, 0x3f7744fd, 0x3f7ac0c7);
  __m256i eighths = _mm256_castps_si256(sum);
  __m256i power = _mm256_permutevar8x32_epi32(powers, eighths);
  return _mm256_castsi256_ps(_mm256_add_epi32(power, _mm256_slli_epi32(eighths, 20)));
}
/// The parts of 2^(n + w - 3/2): a cubic of w without a square, and the power of two for 8 n.
static inline vk_f vk_exp2_parts(vk_f w, vk_f sum) {
  // 2^(j / 8) by the cubic's factor, less j << 20, which the low bits of 8 n add to the exponent.
  const __m256i powers =
      _mm256_setr_epi32(0x3d5ab312, 0x3d5e7e56, 0x3d620a1d, 0x3d5dcf20,
                        0x3d5aa4d6, 0x3d58a3ef, 0x3d57e754, 0x3d588c5f);
  __m256i eighths = _mm256_castps_si256(sum);
  __m256i power = _mm256_permutevar8x32_epi32(powers, eighths);
  power = _mm256_add_epi32(power, _mm256_slli_epi32(eighths, 20));
  vk_f p = _mm256_fmadd_ps(w, w, _mm256_set1_ps(6.231996536e+00f));
  p = _mm256_fmadd_ps(w, p, _mm256_set1_ps(6.005899906e+00f));
  return _mm256_mul_ps(p, _mm256_castsi256_ps(power));
}
/// 2^(a b) for a b in -120...0, within 4e-7 relative, exact where a b is 0.
static inline vk_f vk_exp2_product_near(vk_f a, vk_f b) {
  // Adding this drops the bits after the third binary place; the low bits of the sum hold 8 n. The
  // rest of a b, |f| <= 1/16, is shifted to where a cubic fit of 2^f has no square.
  vk_f sum = _mm256_fmadd_ps(a, b, _mm256_set1_ps(1572864.0f));
  vk_f w = _mm256_fmsub_ps(a, b, _mm256_sub_ps(sum, _mm256_set1_ps(1572865.5f)));
  return vk_exp2_parts(w, sum);
}
/// The same for any a b <= 0; below -120 anything up to 2^-120.
static inline vk_f vk_exp2_product(vk_f a, vk_f b) {
  vk_f sum = _mm256_fmadd_ps(a, b, _mm256_set1_ps(1572864.0f));
  sum = _mm256_max_ps(_mm256_set1_ps(1572744.0f), sum);
  vk_f w = _mm256_fmsub_ps(a, b, _mm256_sub_ps(sum, _mm256_set1_ps(1572865.5f)));
  return vk_exp2_parts(_mm256_max_ps(_mm256_set1_ps(1.4375f), w), sum);
}
/// Whether a is at most the limit in all lanes, or not a number.
static inline int vk_is_near(vk_f a, vk_f limit) {
  return _mm256_movemask_ps(_mm256_cmp_ps(a, limit, _CMP_GT_OQ)) == 0;
}
/// The first n lanes, n <= 8; the others become 0.
static inline vk_f vk_zero_tail(vk_f a, size_t n) {
  return _mm256_and_ps(a, _mm256_castsi256_ps(vk_tail_mask(n)));
}
/// Four sums of lanes whose sum is that of all lanes.
static inline vk_f4 vk_partial_sums(vk_f a) {
  return _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
}
/// Sum over the lanes, by halves.
static inline float vk_reduce_add(vk_f a) {
  __m128 b = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  b = _mm_add_ps(b, _mm_movehl_ps(b, b));
  return _mm_cvtss_f32(_mm_add_ss(b, _mm_movehdup_ps(b)));
}
/// The greatest lane.
static inline float vk_reduce_max(vk_f a) {
  __m128 b = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  b = _mm_max_ps(b, _mm_movehl_ps(b, b));
  return _mm_cvtss_f32(_mm_max_ss(b, _mm_movehdup_ps(b)));
}
/// The lanes 0, 2, 4 ... of a, then those of b.
static inline vk_f vk_evens(vk_f a, vk_f b) {
  return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
}
/// The lanes 1, 3, 5 ... of a, then those of b.
static inline vk_f vk_odds(vk_f a, vk_f b) {
  return __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
}
/// The lower halves of a and b, lane by lane in turn.
static inline vk_f vk_zip_low(vk_f a, vk_f b) {
  return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}
/// The upper halves of a and b, lane by lane in turn.
static inline vk_f vk_zip_high(vk_f a, vk_f b) {
  return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

static inline vk_i vk_load_i(const void *p) { return _mm256_loadu_si256((const __m256i *)p); }
/// Integers as floats, rounded to nearest even.
static inline vk_f vk_from_i(vk_i v) { return _mm256_cvtepi32_ps(v); }
/// The larger of integers.
static inline vk_i vk_max_i(vk_i a, vk_i b) { return _mm256_max_epi32(a, b); }
/// Four maxima of lanes whose maximum is that of all lanes.
static inline vk_i4 vk_partial_max(vk_i a) {
  return (vk_i4)_mm_max_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
}
/// The bits of floats.
static inline vk_i vk_bits(vk_f v) { return _mm256_castps_si256(v); }
