// What the tables share apart from the vector code.
#ifndef VK_INTERNAL_H
#define VK_INTERNAL_H

#include <stdint.h>

/// A * log2(e) with A = -exp(a_log), computed in float64, at least -1e20: delta * A stays finite.
float vk_decay(float a_log);

#endif
