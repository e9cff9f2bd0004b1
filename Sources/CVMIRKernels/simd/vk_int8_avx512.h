// 8-bit integers over AVX-512 without VNNI: pairs of 16-bit integers.
#define VK_GROUP 2
#define VK_OFFSET 0
#define VK_INT8_ROWS 8
#define VK_INT8_RATE 1
#define VK_LEVEL int16_t

/// One group of levels, in every lane.
static inline vk_i VK_INT8(spread)(const void *p) {
  int v;
  __builtin_memcpy(&v, p, sizeof v);
  return _mm512_set1_epi32(v);
}
/// sum + the products of the elements of each lane.
static inline vk_i VK_INT8(dot)(vk_i sum, vk_i a, vk_i w) {
  return _mm512_add_epi32(sum, _mm512_madd_epi16(a, w));
}
/// Stores the first n lanes of v, in -127...127, rounded to integers, ties to even.
static inline void VK_INT8(store)(VK_LEVEL *p, vk_f v, size_t n) {
  _mm512_mask_cvtsepi32_storeu_epi16(p, vk_tail_mask(n), _mm512_cvtps_epi32(v));
}
