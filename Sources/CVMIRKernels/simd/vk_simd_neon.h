// Vector vocabulary over NEON: 4 lanes, fused multiply-add, 32 registers.
#include "vk_simd_four.h"

#define VK_LANES 4
#define VK_FUSED 1
#define VK_POWER_STEPS 1
#define VK_REGISTERS 32
#define VK_GEMM_ROWS 12

typedef float32x4_t vk_f;
typedef int32x4_t vk_i;

static inline vk_f vk_load(const float *p) { return vld1q_f32(p); }
static inline void vk_store(float *p, vk_f v) { vst1q_f32(p, v); }
/// The first n lanes, n <= 4; the others are 0 and not read.
static inline vk_f vk_load_n(const float *p, size_t n) {
  if (n >= 4) return vk_load(p);
  vk_f v = vdupq_n_f32(0);
  if (n > 0) v = vld1q_lane_f32(p, v, 0);
  if (n > 1) v = vld1q_lane_f32(p + 1, v, 1);
  if (n > 2) v = vld1q_lane_f32(p + 2, v, 2);
  return v;
}
/// Stores the first n lanes, n <= 4.
static inline void vk_store_n(float *p, vk_f v, size_t n) {
  if (n >= 4) {
    vk_store(p, v);
    return;
  }
  if (n > 0) vst1q_lane_f32(p, v, 0);
  if (n > 1) vst1q_lane_f32(p + 1, v, 1);
  if (n > 2) vst1q_lane_f32(p + 2, v, 2);
}

static inline vk_f vk_set1(float x) { return vdupq_n_f32(x); }
static inline vk_f vk_add(vk_f a, vk_f b) { return vaddq_f32(a, b); }
static inline vk_f vk_sub(vk_f a, vk_f b) { return vsubq_f32(a, b); }
static inline vk_f vk_mul(vk_f a, vk_f b) { return vmulq_f32(a, b); }
static inline vk_f vk_div(vk_f a, vk_f b) { return vdivq_f32(a, b); }
static inline vk_f vk_abs(vk_f a) { return vabsq_f32(a); }
/// a * b + c, rounded once.
static inline vk_f vk_fma(vk_f a, vk_f b, vk_f c) { return vfmaq_f32(c, a, b); }
#define vk_fma_once vk_fma
/// The larger; NaN if either is.
static inline vk_f vk_max(vk_f a, vk_f b) { return vmaxq_f32(a, b); }
/// The smaller; NaN if either is.
static inline vk_f vk_min(vk_f a, vk_f b) { return vminq_f32(a, b); }
/// n = x rounded to a multiple of 1 / VK_POWER_STEPS; returns 2^n, for x in -127...127.
///
/// 0 at -127, and too small up to -126.
static inline vk_f vk_power(vk_f x, vk_f *n) {
  *n = vrndnq_f32(x);
  int32x4_t exponent = vshlq_n_s32(vcvtnq_s32_f32(x), 23);
  return vreinterpretq_f32_s32(vaddq_s32(exponent, vdupq_n_s32(0x3f800000)));
}
/// 2^(n + f), |f| <= 1/2, n in the low bits of `sum`.
static inline vk_f vk_exp2_parts(vk_f f, vk_f sum) {
  vk_f p = vfmaq_f32(vdupq_n_f32(9.672605433e-03f), f, vdupq_n_f32(1.330291270e-03f));
  p = vfmaq_f32(vdupq_n_f32(5.550650880e-02f), f, p);
  p = vfmaq_f32(vdupq_n_f32(2.402222455e-01f), f, p);
  p = vfmaq_f32(vdupq_n_f32(6.931470037e-01f), f, p);
  p = vfmaq_f32(vdupq_n_f32(1), f, p);
  int32x4_t exponent = vshlq_n_s32(vreinterpretq_s32_f32(sum), 23);
  return vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(p), exponent));
}
/// 2^(a b) for a b in -120...0, within 2e-7 relative, exact where a b is 0.
static inline vk_f vk_exp2_product_near(vk_f a, vk_f b) {
  // Adding this drops the fraction; the low bits of the sum hold n.
  const vk_f magic = vdupq_n_f32(12582912.0f);
  vk_f sum = vfmaq_f32(magic, a, b), n = vsubq_f32(magic, sum);
  return vk_exp2_parts(vfmaq_f32(n, a, b), sum);
}
/// The same for any a b <= 0; below -120 anything up to 2^-120.
static inline vk_f vk_exp2_product(vk_f a, vk_f b) {
  const vk_f magic = vdupq_n_f32(12582912.0f);
  vk_f sum = vmaxq_f32(vfmaq_f32(magic, a, b), vdupq_n_f32(12582792.0f));
  vk_f f = vfmaq_f32(vsubq_f32(magic, sum), a, b);
  return vk_exp2_parts(vmaxq_f32(vdupq_n_f32(-0.5f), f), sum);
}
/// Whether a is at most the limit in all lanes, or not a number.
static inline int vk_is_near(vk_f a, vk_f limit) {
  return vmaxvq_u32(vcgtq_f32(a, limit)) == 0;
}
/// The first n lanes, n <= 4; the others become 0.
static inline vk_f vk_zero_tail(vk_f a, size_t n) {
  const int32x4_t lanes = {0, 1, 2, 3};
  uint32x4_t set = vcltq_s32(lanes, vdupq_n_s32((int)n));
  return vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(a), set));
}
/// Four sums of lanes whose sum is that of all lanes.
static inline vk_f4 vk_partial_sums(vk_f a) { return a; }
/// Sum over the lanes, by halves.
static inline float vk_reduce_add(vk_f a) { return (a[0] + a[2]) + (a[1] + a[3]); }
/// The greatest lane.
static inline float vk_reduce_max(vk_f a) { return vmaxvq_f32(a); }
/// The lanes 0, 2, 4 ... of a, then those of b.
static inline vk_f vk_evens(vk_f a, vk_f b) { return vuzp1q_f32(a, b); }
/// The lanes 1, 3, 5 ... of a, then those of b.
static inline vk_f vk_odds(vk_f a, vk_f b) { return vuzp2q_f32(a, b); }
/// The lower halves of a and b, lane by lane in turn.
static inline vk_f vk_zip_low(vk_f a, vk_f b) { return vzip1q_f32(a, b); }
/// The upper halves of a and b, lane by lane in turn.
static inline vk_f vk_zip_high(vk_f a, vk_f b) { return vzip2q_f32(a, b); }

static inline vk_i vk_load_i(const void *p) { return vreinterpretq_s32_s8(vld1q_s8(p)); }
/// Integers as floats, rounded to nearest even.
static inline vk_f vk_from_i(vk_i v) { return vcvtq_f32_s32(v); }
/// The larger of integers.
static inline vk_i vk_max_i(vk_i a, vk_i b) { return vmaxq_s32(a, b); }
/// Four maxima of lanes whose maximum is that of all lanes.
static inline vk_i4 vk_partial_max(vk_i a) { return (vk_i4)a; }
/// The bits of floats.
static inline vk_i vk_bits(vk_f v) { return vreinterpretq_s32_f32(v); }
