// Vector vocabulary over clang's vector extension: 4 lanes on any processor.
#include "vk_simd_four.h"

#define VK_LANES 4
// Whether vk_fma rounds once. (A call of fmaf would be slow.)
#if defined(__FP_FAST_FMAF) || defined(__aarch64__)
#define VK_FUSED 1
#else
#define VK_FUSED 0
#endif
#define VK_POWER_STEPS 1
#if defined(__aarch64__)
#define VK_REGISTERS 32
#define VK_GEMM_ROWS 8
#else
#define VK_REGISTERS 16
#define VK_GEMM_ROWS 4
#endif

typedef float vk_f __attribute__((vector_size(16)));
typedef int vk_i __attribute__((vector_size(16)));
typedef unsigned vk_u __attribute__((vector_size(16)));
typedef double vk_two __attribute__((vector_size(16)));
typedef long long vk_longs __attribute__((vector_size(16)));

static inline vk_f vk_load(const float *p) {
  vk_f v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
static inline void vk_store(float *p, vk_f v) { __builtin_memcpy(p, &v, sizeof v); }
/// The first n lanes, n <= 4; the others are 0 and not read.
static inline vk_f vk_load_n(const float *p, size_t n) {
  if (n >= 4) return vk_load(p);
  return (vk_f){n > 0 ? p[0] : 0, n > 1 ? p[1] : 0, n > 2 ? p[2] : 0, 0};
}
/// Stores the first n lanes, n <= 4.
static inline void vk_store_n(float *p, vk_f v, size_t n) {
  if (n >= 4) {
    vk_store(p, v);
    return;
  }
  if (n > 0) p[0] = v[0];
  if (n > 1) p[1] = v[1];
  if (n > 2) p[2] = v[2];
}

static inline vk_f vk_set1(float x) { return (vk_f){x, x, x, x}; }
static inline vk_f vk_add(vk_f a, vk_f b) { return a + b; }
static inline vk_f vk_sub(vk_f a, vk_f b) { return a - b; }
static inline vk_f vk_mul(vk_f a, vk_f b) { return a * b; }
static inline vk_f vk_div(vk_f a, vk_f b) { return a / b; }
static inline vk_f vk_abs(vk_f a) { return (vk_f)((vk_i)a & 0x7fffffff); }
/// a * b + c; fused only where the processor always can.
static inline vk_f vk_fma(vk_f a, vk_f b, vk_f c) {
#if VK_FUSED
  return __builtin_elementwise_fma(a, b, c);
#else
  return a * b + c;
#endif
}
#if !VK_FUSED
/// Two lanes of a * b + c, rounded once.
static inline vk_two vk_fma_two(vk_two a, vk_two b, vk_two c) {
  // The product of floats is exact in double. The sum is rounded to an odd number there, and then
  // to float as if it had not been rounded before.
  vk_two product = a * b, sum = product + c, back = sum - product;
  vk_two error = (product - (sum - back)) + (c - back);
  vk_longs even = ((vk_longs)sum & 1) - 1;
  // Not where an infinity or NaN makes the error a NaN.
  vk_longs inexact = (error < 0) | (error > 0);
  vk_longs step = ((error > 0) ^ (sum > 0)) * 2 + 1;
  return (vk_two)((vk_longs)sum + (step & inexact & even));
}
/// a * b + c, rounded once, of any operands.
static __attribute__((noinline)) vk_f vk_fma_any(vk_f a, vk_f b, vk_f c) {
  vk_two low = vk_fma_two((vk_two){a[0], a[1]}, (vk_two){b[0], b[1]}, (vk_two){c[0], c[1]});
  vk_two high = vk_fma_two((vk_two){a[2], a[3]}, (vk_two){b[2], b[3]}, (vk_two){c[2], c[3]});
  return (vk_f){(float)low[0], (float)low[1], (float)high[0], (float)high[1]};
}
#endif
/// a * b + c, rounded once.
static inline vk_f vk_fma_once(vk_f a, vk_f b, vk_f c) {
#if VK_FUSED
  return vk_fma(a, b, c);
#else
  typedef double four __attribute__((vector_size(32)));
  four sum = __builtin_convertvector(a, four) * __builtin_convertvector(b, four) +
             __builtin_convertvector(c, four);
  // Rounding twice is wrong only if the first gave a tie of the second: the bits that a float lacks
  // are 1000..., or it is denormal and lacks others.
  typedef int eight __attribute__((vector_size(32)));
  vk_i low = __builtin_shufflevector((eight)sum, (eight)sum, 0, 2, 4, 6);
  vk_i high = __builtin_shufflevector((eight)sum, (eight)sum, 1, 3, 5, 7) & 0x7fffffff;
  vk_i hard = ((low & 0x1fffffff) == 0x10000000) | ((high > 0) & (high < 0x38200000));
  if (__builtin_reduce_or(hard)) return vk_fma_any(a, b, c);
  return __builtin_convertvector(sum, vk_f);
#endif
}
/// The larger; `b` if either is NaN.
static inline vk_f vk_max(vk_f a, vk_f b) {
  vk_i larger = a > b;
  return (vk_f)(((vk_i)a & larger) | ((vk_i)b & ~larger));
}
/// The smaller; `b` if either is NaN.
static inline vk_f vk_min(vk_f a, vk_f b) {
  vk_i smaller = a < b;
  return (vk_f)(((vk_i)a & smaller) | ((vk_i)b & ~smaller));
}
/// n = x rounded to a multiple of 1 / VK_POWER_STEPS; returns 2^n, for x in -127...127.
///
/// 0 at -127, and too small up to -126.
static inline vk_f vk_power(vk_f x, vk_f *n) {
  // Adding this drops the fraction; the low bits of the sum hold n.
  vk_f sum = x + 12582912.0f;
  *n = sum - 12582912.0f;
  return (vk_f)(((vk_u)sum << 23) + 0x3f800000);
}
/// 2^(a b) for any a b <= 0, within 2e-7 + 5e-8 |a b| relative, exact at 0; below -120 anything up to 2^-120.
static inline vk_f vk_exp2_product(vk_f a, vk_f b) {
  // Adding this drops the fraction; the low bits of the sum hold n.
  vk_f x = vk_max(vk_set1(-120), a * b), sum = x + 12582912.0f, f = x - (sum - 12582912.0f);
  vk_f p = vk_fma(f, vk_set1(1.330291270e-03f), vk_set1(9.672605433e-03f));
  p = vk_fma(f, p, vk_set1(5.550650880e-02f));
  p = vk_fma(f, p, vk_set1(2.402222455e-01f));
  p = vk_fma(f, p, vk_set1(6.931470037e-01f));
  p = vk_fma(f, p, vk_set1(1));
  return (vk_f)((vk_u)p + ((vk_u)sum << 23));
}
#define vk_exp2_product_near vk_exp2_product
/// Whether `vk_exp2_product_near` is right up to a; here it always is.
static inline int vk_is_near(vk_f a, vk_f limit) {
  (void)a, (void)limit;
  return 1;
}
/// The first n lanes, n <= 4; the others become 0.
static inline vk_f vk_zero_tail(vk_f a, size_t n) {
  return (vk_f)((vk_i)a & ((vk_i){0, 1, 2, 3} < (int)n));
}
/// Four sums of lanes whose sum is that of all lanes.
static inline vk_f4 vk_partial_sums(vk_f a) { return a; }
/// Sum over the lanes, by halves.
static inline float vk_reduce_add(vk_f a) { return (a[0] + a[2]) + (a[1] + a[3]); }
/// The greatest lane.
static inline float vk_reduce_max(vk_f a) { return __builtin_reduce_max(a); }
/// The lanes 0, 2, 4 ... of a, then those of b.
static inline vk_f vk_evens(vk_f a, vk_f b) {
  return __builtin_shufflevector(a, b, 0, 2, 4, 6);
}
/// The lanes 1, 3, 5 ... of a, then those of b.
static inline vk_f vk_odds(vk_f a, vk_f b) {
  return __builtin_shufflevector(a, b, 1, 3, 5, 7);
}
/// The lower halves of a and b, lane by lane in turn.
static inline vk_f vk_zip_low(vk_f a, vk_f b) {
  return __builtin_shufflevector(a, b, 0, 4, 1, 5);
}
/// The upper halves of a and b, lane by lane in turn.
static inline vk_f vk_zip_high(vk_f a, vk_f b) {
  return __builtin_shufflevector(a, b, 2, 6, 3, 7);
}

static inline vk_i vk_load_i(const void *p) {
  vk_i v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
/// Integers as floats, rounded to nearest even.
static inline vk_f vk_from_i(vk_i v) { return __builtin_convertvector(v, vk_f); }
/// The larger of integers.
static inline vk_i vk_max_i(vk_i a, vk_i b) { return __builtin_elementwise_max(a, b); }
/// Four maxima of lanes whose maximum is that of all lanes.
static inline vk_i4 vk_partial_max(vk_i a) { return a; }
/// The bits of floats.
static inline vk_i vk_bits(vk_f v) { return (vk_i)v; }
