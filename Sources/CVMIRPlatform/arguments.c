#include "vmir_platform.h"

#include <stdlib.h>

static int argument_count;
static char **arguments;

// glibc hands main's parameters to constructors; Embedded Swift has no CommandLine.
__attribute__((constructor)) static void keep_arguments(int count, char **values) {
  argument_count = count;
  arguments = values;
}

int vp_argument_count(void) { return argument_count; }

const char *vp_argument(int index) {
  return index >= 0 && index < argument_count ? arguments[index] : NULL;
}

void vp_exit(int status) { exit(status); }
