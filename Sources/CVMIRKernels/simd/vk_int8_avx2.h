// 8-bit integers over AVX2: pairs of 16-bit integers.
#define VK_GROUP 2
#define VK_OFFSET 0
#define VK_INT8_ROWS 6
#define VK_INT8_RATE 1
#define VK_LEVEL int16_t

/// One group of levels, in every lane.
static inline vk_i VK_INT8(spread)(const void *p) {
  int v;
  __builtin_memcpy(&v, p, sizeof v);
  return _mm256_set1_epi32(v);
}
/// sum + the products of the elements of each lane.
static inline vk_i VK_INT8(dot)(vk_i sum, vk_i a, vk_i w) {
  return _mm256_add_epi32(sum, _mm256_madd_epi16(a, w));
}
/// Stores the first n lanes of v, in -127...127, rounded to integers, ties to even.
static inline void VK_INT8(store)(VK_LEVEL *p, vk_f v, size_t n) {
  __m256i wide = _mm256_cvtps_epi32(v);
  __m128i levels =
      _mm_packs_epi32(_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1));
  if (n >= 8)
    _mm_storeu_si128((__m128i *)p, levels);
  else
    __builtin_memcpy(p, &levels, n * sizeof *p);
}
