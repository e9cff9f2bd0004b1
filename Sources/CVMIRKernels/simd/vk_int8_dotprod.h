// 8-bit integers over NEON's dot product: groups of four bytes.
#define VK_GROUP 4
#define VK_OFFSET 0
#define VK_INT8_ROWS 8
#define VK_INT8_RATE 4
#define VK_LEVEL int8_t

/// One group of levels, in every lane.
static inline vk_i VK_INT8(spread)(const void *p) {
  int v;
  __builtin_memcpy(&v, p, sizeof v);
  return vdupq_n_s32(v);
}
/// sum + the products of the elements of each lane.
static inline vk_i VK_INT8(dot)(vk_i sum, vk_i a, vk_i w) {
  return vdotq_s32(sum, vreinterpretq_s8_s32(w), vreinterpretq_s8_s32(a));
}
/// Stores the first n lanes of v, in -127...127, rounded to integers, ties to even.
static inline void VK_INT8(store)(VK_LEVEL *p, vk_f v, size_t n) {
  int16x4_t half = vmovn_s32(vcvtnq_s32_f32(v));
  int8x8_t levels = vmovn_s16(vcombine_s16(half, half));
  __builtin_memcpy(p, &levels, n);
}
