// 8-bit integers over AVX-VNNI: groups of four bytes, the levels unsigned with 128 added.
#define VK_GROUP 4
#define VK_OFFSET 128
#define VK_INT8_ROWS 6
#define VK_INT8_RATE 4
#define VK_LEVEL uint8_t

/// One group of levels, in every lane.
static inline vk_i VK_INT8(spread)(const void *p) {
  int v;
  __builtin_memcpy(&v, p, sizeof v);
  return _mm256_set1_epi32(v);
}
/// sum + the products of the elements of each lane.
static inline vk_i VK_INT8(dot)(vk_i sum, vk_i a, vk_i w) {
  return _mm256_dpbusd_avx_epi32(sum, a, w);
}
/// Stores the first n lanes of v, in -127...127, rounded to integers, ties to even.
static inline void VK_INT8(store)(VK_LEVEL *p, vk_f v, size_t n) {
  __m256i wide = _mm256_cvtps_epi32(v);
  __m128i levels =
      _mm_packs_epi32(_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1));
  levels = _mm_xor_si128(_mm_packs_epi16(levels, levels), _mm_set1_epi8(-128));
  if (n >= 8)
    _mm_storel_epi64((__m128i *)p, levels);
  else
    __builtin_memcpy(p, &levels, n);
}
