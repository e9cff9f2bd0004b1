// 8-bit integers over AVX-512 VNNI: groups of four bytes, the levels unsigned with 128 added.
#define VK_GROUP 4
#define VK_OFFSET 128
#define VK_INT8_ROWS 8
#define VK_INT8_RATE 4
#define VK_LEVEL uint8_t

/// One group of levels, in every lane.
static inline vk_i VK_INT8(spread)(const void *p) {
  int v;
  __builtin_memcpy(&v, p, sizeof v);
  return _mm512_set1_epi32(v);
}
/// sum + the products of the elements of each lane.
static inline vk_i VK_INT8(dot)(vk_i sum, vk_i a, vk_i w) {
  return _mm512_dpbusd_epi32(sum, a, w);
}
/// Stores the first n lanes of v, in -127...127, rounded to integers, ties to even.
static inline void VK_INT8(store)(VK_LEVEL *p, vk_f v, size_t n) {
  __m128i levels = _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(v));
  _mm_mask_storeu_epi8(p, vk_tail_mask(n), _mm_xor_si128(levels, _mm_set1_epi8(-128)));
}
#define VK_STORES_FOUR
/// Stores all lanes of four vectors in the same way.
static inline void VK_INT8(store_four)(VK_LEVEL *p, const vk_f v[4]) {
  __m512i low = _mm512_packs_epi32(_mm512_cvtps_epi32(v[0]), _mm512_cvtps_epi32(v[1]));
  __m512i high = _mm512_packs_epi32(_mm512_cvtps_epi32(v[2]), _mm512_cvtps_epi32(v[3]));
  // Packing goes by quarters of a vector: quarters of all four, four levels each, lie together.
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  __m512i levels = _mm512_permutexvar_epi32(order, _mm512_packs_epi16(low, high));
  _mm512_storeu_si512(p, _mm512_xor_si512(levels, _mm512_set1_epi8(-128)));
}
