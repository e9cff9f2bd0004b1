// 8-bit integers over NEON: groups of four bytes as two pairs, whose products are summed in 16 bits.
#define VK_GROUP 4
#define VK_OFFSET 0
#define VK_INT8_ROWS 8
#define VK_INT8_RATE 1
#define VK_LEVEL int8_t

/// Position of element `e` of lane `l` in the vector of a group of weights: one half has the first
/// pairs, the other the second.
#define VK_PLACE(l, e) ((e) / 2 * 8 + (l) * 2 + (e) % 2)
/// One group of levels: its first pair in every lane, and its second.
static inline int16x8x2_t VK_INT8(spread)(const void *p) {
  int16_t pairs[2];
  __builtin_memcpy(pairs, p, sizeof pairs);
  return (int16x8x2_t){{vdupq_n_s16(pairs[0]), vdupq_n_s16(pairs[1])}};
}
/// sum + the products of the elements of each lane.
static inline vk_i VK_INT8(dot)(vk_i sum, int16x8x2_t a, vk_i w) {
  int8x16_t weights = vreinterpretq_s8_s32(w);
  int16x8_t products =
      vmull_s8(vget_low_s8(weights), vget_low_s8(vreinterpretq_s8_s16(a.val[0])));
  // Two products of magnitudes up to 127 * 128 fit 16 bits.
  products = vmlal_high_s8(products, weights, vreinterpretq_s8_s16(a.val[1]));
  return vpadalq_s16(sum, products);
}
/// Stores the first n lanes of v, in -127...127, rounded to integers, ties to even.
static inline void VK_INT8(store)(VK_LEVEL *p, vk_f v, size_t n) {
  int16x4_t half = vmovn_s32(vcvtnq_s32_f32(v));
  int8x8_t levels = vmovn_s16(vcombine_s16(half, half));
  __builtin_memcpy(p, &levels, n);
}
