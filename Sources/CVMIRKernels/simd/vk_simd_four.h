// Four floats, on any processor. Included inside the target region, once for each ISA.

typedef float vk_f4 __attribute__((vector_size(16)));
typedef int vk_i4 __attribute__((vector_size(16)));

/// Sums over the lanes of a, b, c and d, by halves: (0 + 2) + (1 + 3).
static inline vk_f4 vk_reduce_add_four(vk_f4 a, vk_f4 b, vk_f4 c, vk_f4 d) {
  vk_f4 ab = __builtin_shufflevector(a, b, 0, 4, 1, 5) + __builtin_shufflevector(a, b, 2, 6, 3, 7);
  vk_f4 cd = __builtin_shufflevector(c, d, 0, 4, 1, 5) + __builtin_shufflevector(c, d, 2, 6, 3, 7);
  return __builtin_shufflevector(ab, cd, 0, 1, 4, 5) + __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
}
/// Maxima over the lanes of a, b, c and d.
static inline vk_i4 vk_reduce_max_four(vk_i4 a, vk_i4 b, vk_i4 c, vk_i4 d) {
  vk_i4 ab = __builtin_elementwise_max(__builtin_shufflevector(a, b, 0, 4, 1, 5),
                                       __builtin_shufflevector(a, b, 2, 6, 3, 7));
  vk_i4 cd = __builtin_elementwise_max(__builtin_shufflevector(c, d, 0, 4, 1, 5),
                                       __builtin_shufflevector(c, d, 2, 6, 3, 7));
  return __builtin_elementwise_max(__builtin_shufflevector(ab, cd, 0, 1, 4, 5),
                                   __builtin_shufflevector(ab, cd, 2, 3, 6, 7));
}
