#include "vk_internal.h"

#include <math.h>

float vk_decay(float a_log) {
  double decay = -exp((double)a_log) * 1.4426950408889634;
  return decay < -1e30 ? -1e30f : (float)decay;
}
