#include "vmir_platform.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

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

void vp_prepare_program(void) {
  for (int descriptor = 0; descriptor <= 2; descriptor++) {
    if (fcntl(descriptor, F_GETFD) != -1) continue;
    // The lowest free number, so this one. Open the wrong way round: using it is still an error.
    (void)!open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY);
  }
  signal(SIGXFSZ, SIG_IGN);
}

void vp_exit(int status) {
  // Nothing is buffered, and destructors of libraries may wait for threads that never began.
  _exit(status);
}
