// What a program does when it is ended; no library calls this.
#include "paths.h"
#include "vmir_platform.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// The signal handler may run between any two instructions: it only reads a whole pointer.
static _Atomic(char *) path_to_unlink;

static void unlink_and_end(int signal_number) {
  char *path = atomic_load(&path_to_unlink);
  if (path) unlink(path);
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}

void vp_unlink_on_signal(const char *path) {
  static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU};
  char bytes[PATH_CAPACITY];
  if (path) path = path_bytes(path, bytes);
  char *copy = path ? strdup(path) : NULL;
  char *old = atomic_exchange(&path_to_unlink, copy);
  for (size_t i = 0; copy && i < sizeof signals / sizeof signals[0]; i++) {
    struct sigaction current;
    if (sigaction(signals[i], NULL, &current) != 0 || current.sa_handler != SIG_DFL) continue;
    struct sigaction action = {.sa_handler = unlink_and_end};
    sigemptyset(&action.sa_mask);
    sigaction(signals[i], &action, NULL);
  }
  free(old);
}
