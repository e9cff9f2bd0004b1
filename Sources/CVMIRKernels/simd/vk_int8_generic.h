// 8-bit integers over clang's vector extension: pairs of 16-bit integers, multiplied in 32 bits.
#define VK_GROUP 2
#define VK_OFFSET 0
#define VK_INT8_ROWS 4
#define VK_INT8_RATE 1
#define VK_LEVEL int16_t

typedef short vk_shorts __attribute__((vector_size(16)));

/// One group of levels, in every lane.
static inline vk_i VK_INT8(spread)(const void *p) {
  int v;
  __builtin_memcpy(&v, p, sizeof v);
  return (vk_i){v, v, v, v};
}
/// sum + the products of the elements of each lane.
static inline vk_i VK_INT8(dot)(vk_i sum, vk_i a, vk_i w) {
  typedef int eight __attribute__((vector_size(32)));
  eight product = __builtin_convertvector((vk_shorts)a, eight) *
                  __builtin_convertvector((vk_shorts)w, eight);
  vk_u even = (vk_u)__builtin_shufflevector(product, product, 0, 2, 4, 6);
  vk_u odd = (vk_u)__builtin_shufflevector(product, product, 1, 3, 5, 7);
  return (vk_i)((vk_u)sum + (even + odd));
}
/// Stores the first n lanes of v, in -127...127, rounded to integers, ties to even.
static inline void VK_INT8(store)(VK_LEVEL *p, vk_f v, size_t n) {
  // Adding this drops the fraction; the low bits of the sum hold the integer.
  vk_u magic = (vk_u)vk_set1(12582912.0f);
  vk_u sum = (vk_u)vk_add(v, vk_set1(12582912.0f)) - magic;
  for (size_t l = 0; l < n; l++) p[l] = (VK_LEVEL)sum[l];
}
