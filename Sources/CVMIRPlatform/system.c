#define _GNU_SOURCE
#include "vmir_platform.h"

#include <malloc.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
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

/// A number alone in a file, or -1; `max`, as control groups write for no limit, is -1 too.
static int64_t number_in_file(const char *path) {
  FILE *file = fopen(path, "re");
  if (!file) return -1;
  char text[32];
  int64_t value = -1;
  if (fgets(text, sizeof text, file) && text[0] >= '0' && text[0] <= '9')
    value = (int64_t)strtoull(text, NULL, 10);
  fclose(file);
  return value;
}

static int64_t minimum(int64_t a, int64_t b) { return a < 0 ? b : b < 0 || a < b ? a : b; }

/// The number after a name and blanks in a file of such lines, or `otherwise`.
static int64_t number_of_line(const char *path, const char *name, int64_t otherwise) {
  FILE *file = fopen(path, "re");
  if (!file) return otherwise;
  char line[128];
  int64_t value = otherwise;
  size_t length = strlen(name);
  while (fgets(line, sizeof line, file)) {
    if (strncmp(line, name, length) != 0 || (line[length] != ' ' && line[length] != '\t'))
      continue;
    value = strtoll(line + length, NULL, 10);
    break;
  }
  fclose(file);
  return value;
}

/// What is left under one control group, or -1; cached files that are not in use don't count.
static int64_t left_in_group(const char *folder, const char *limit_file, const char *usage_file) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, limit_file);
  int64_t limit = number_in_file(path);
  snprintf(path, sizeof path, "%s/%s", folder, usage_file);
  int64_t usage = limit < 0 ? -1 : number_in_file(path);
  if (limit < 0 || usage < 0) return -1;
  snprintf(path, sizeof path, "%s/memory.stat", folder);
  usage -= number_of_line(path, "inactive_file", 0);
  return usage < limit ? limit - usage : 0;
}

/// What is left under the memory limits of this process's control groups, or -1.
static int64_t left_in_groups(void) {
  FILE *file = fopen("/proc/self/cgroup", "re");
  if (!file) return -1;
  char line[2048];
  int64_t left = -1;
  while (fgets(line, sizeof line, file)) {
    line[strcspn(line, "\n")] = '\0';
    char *controllers = strchr(line, ':');
    char *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!group) continue;
    *group++ = '\0';
    int is_unified = controllers[1] == '\0';
    if (!is_unified && !strstr(controllers + 1, "memory")) continue;
    const char *root = is_unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
    // A limit may be on any of the groups above; in a container the path may not exist at all.
    for (;;) {
      char folder[2560];
      snprintf(folder, sizeof folder, "%s%s", root, group);
      left = minimum(left, is_unified
                             ? left_in_group(folder, "memory.max", "memory.current")
                             : left_in_group(folder, "memory.limit_in_bytes",
                                             "memory.usage_in_bytes"));
      char *slash = strrchr(group, '/');
      if (!slash || group[0] == '\0') break;
      *slash = '\0';
    }
  }
  fclose(file);
  return left;
}

/// What is left of the address space that the process may have, or -1.
static int64_t left_of_addresses(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return -1;
  int64_t pages = number_in_file("/proc/self/statm");
  int64_t used = pages < 0 ? 0 : pages * sysconf(_SC_PAGESIZE);
  return used < (int64_t)limit.rlim_cur ? (int64_t)limit.rlim_cur - used : 0;
}

static int64_t available_on_machine(void) {
  const int64_t kibibytes = number_of_line("/proc/meminfo", "MemAvailable:", -1);
  return kibibytes < 0 ? -1 : kibibytes * 1024;
}

int64_t vp_available_memory(void) {
  return minimum(minimum(available_on_machine(), left_in_groups()), left_of_addresses());
}

int64_t vp_peak_resident_bytes(void) {
  // The figure of getrusage is inherited from the program that started this one.
  const int64_t kibibytes = number_of_line("/proc/self/status", "VmHWM:", -1);
  if (kibibytes >= 0) return kibibytes * 1024;
  struct rusage usage;
  return getrusage(RUSAGE_SELF, &usage) == 0 ? (int64_t)usage.ru_maxrss * 1024 : -1;
}

void *vp_allocate(size_t byte_count, size_t alignment) {
  void *memory = NULL;
  if (alignment < sizeof(void *)) alignment = sizeof(void *);
  return posix_memalign(&memory, alignment, byte_count > 0 ? byte_count : 1) == 0 ? memory : NULL;
}

void vp_free(void *memory) { free(memory); }

void vp_populate(void *memory, size_t byte_count) {
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  uintptr_t start = ((uintptr_t)memory + page - 1) & ~(page - 1);
  uintptr_t end = ((uintptr_t)memory + byte_count) & ~(page - 1);
  if (end <= start) return;
#ifdef MADV_HUGEPAGE
  madvise((void *)start, end - start, MADV_HUGEPAGE);
#endif
#ifdef MADV_POPULATE_WRITE
  madvise((void *)start, end - start, MADV_POPULATE_WRITE);
#endif
}

void vp_share_small_blocks(void) {
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  mallopt(M_TRIM_THRESHOLD, 4 << 20);
  mallopt(M_TOP_PAD, 1 << 20);
  mallopt(M_ARENA_MAX, 1);
}

int vp_parse_float(const char *text, float *value) {
  char *end = NULL;
  *value = strtof(text, &end);
  return end != text && *end == '\0';
}
