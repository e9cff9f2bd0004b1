#include "vmir_platform.h"

#include <math.h>

double vp_log10(double x) { return log10(x); }

double vp_exp(double x) { return exp(x); }

double vp_log(double x) { return log(x); }

double vp_sqrt(double x) { return sqrt(x); }
