#define _GNU_SOURCE
#include "vmir_platform.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

int vp_is_terminal(int descriptor) { return isatty(descriptor); }

int vp_terminal_columns(int descriptor) {
  struct winsize size;
  return ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

uint64_t vp_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int vp_processor_count(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    int count = CPU_COUNT(&set);
    if (count > 0) return count;
  }
  long count = sysconf(_SC_NPROCESSORS_ONLN);
  return count > 0 ? (int)count : 1;
}

int64_t vp_available_memory(void) {
  FILE *file = fopen("/proc/meminfo", "re");
  if (!file) return -1;
  char line[128];
  long long kibibytes = -1;
  while (fgets(line, sizeof line, file)) {
    if (sscanf(line, "MemAvailable: %lld kB", &kibibytes) == 1) break;
  }
  fclose(file);
  return kibibytes < 0 ? -1 : (int64_t)kibibytes * 1024;
}

int64_t vp_peak_resident_bytes(void) {
  struct rusage usage;
  return getrusage(RUSAGE_SELF, &usage) == 0 ? (int64_t)usage.ru_maxrss * 1024 : -1;
}

void *vp_allocate(size_t byte_count, size_t alignment) {
  void *memory = NULL;
  if (alignment < sizeof(void *)) alignment = sizeof(void *);
  return posix_memalign(&memory, alignment, byte_count > 0 ? byte_count : 1) == 0 ? memory : NULL;
}

void vp_free(void *memory) { free(memory); }

int vp_parse_float(const char *text, float *value) {
  char *end = NULL;
  *value = strtof(text, &end);
  return end != text && *end == '\0';
}
