#define _GNU_SOURCE
#include "vmir_platform.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/// Files of the system that are read are shorter.
#define TEXT_BYTES 16384

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

/// The start of a small file of the system as text, without stdio, whose locales and character sets
/// would make up a twelfth of a static program. 0, or -1 where it can't be read.
static int read_text(const char *path, char *text, size_t capacity) {
  const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return -1;
  size_t count = 0;
  ssize_t part = 1;
  while (part > 0 && count + 1 < capacity) {
    part = read(descriptor, text + count, capacity - 1 - count);
    if (part > 0) count += (size_t)part;
    if (part < 0 && errno == EINTR) part = 1;
  }
  close(descriptor);
  // All of it, since functions of strings read whole vectors.
  memset(text + count, 0, capacity - count);
  return part < 0 ? -1 : 0;
}

/// A number alone in a file, or -1; `max`, as control groups write for no limit, is -1 too.
static int64_t number_in_file(const char *path) {
  char text[32];
  if (read_text(path, text, sizeof text) != 0 || text[0] < '0' || text[0] > '9') return -1;
  return (int64_t)strtoull(text, NULL, 10);
}

static int64_t minimum(int64_t a, int64_t b) { return a < 0 ? b : b < 0 || a < b ? a : b; }

/// The number after a name and blanks in a file of such lines, or `otherwise`.
static int64_t number_of_line(const char *path, const char *name, int64_t otherwise) {
  char text[TEXT_BYTES];
  if (read_text(path, text, sizeof text) != 0) return otherwise;
  const size_t length = strlen(name);
  for (const char *line = text; line; line = strchr(line, '\n')) {
    line += *line == '\n';
    if (strncmp(line, name, length) == 0 && (line[length] == ' ' || line[length] == '\t'))
      return strtoll(line + length, NULL, 10);
  }
  return otherwise;
}

/// A figure of one control group, or -1 where it has none.
typedef int64_t group_figure(const char *folder, int is_unified);

/// Whether a list of controllers with commas between has this one.
static int has_controller(const char *list, const char *controller) {
  const size_t length = strlen(controller);
  for (;;) {
    if (strncmp(list, controller, length) == 0 && (list[length] == ',' || list[length] == '\0'))
      return 1;
    list = strchr(list, ',');
    if (!list) return 0;
    list++;
  }
}

/// The least figure of this process's control groups and of those above them, or -1.
static int64_t least_of_groups(const char *controller, group_figure *figure) {
  char text[TEXT_BYTES];
  if (read_text("/proc/self/cgroup", text, sizeof text) != 0) return -1;
  int64_t least = -1;
  for (char *line = text, *next; line; line = next) {
    char *end = strchr(line, '\n');
    next = end ? end + 1 : NULL;
    if (end) *end = '\0';
    char *controllers = strchr(line, ':');
    char *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!group) continue;
    *group++ = '\0';
    int is_unified = controllers[1] == '\0';
    if (!is_unified && !has_controller(controllers + 1, controller)) continue;
    // A limit may be on any of the groups above; in a container the path may not exist at all.
    for (;;) {
      char folder[PATH_MAX];
      snprintf(folder, sizeof folder, "/sys/fs/cgroup%s%s%s", is_unified ? "" : "/",
               is_unified ? "" : controller, group);
      least = minimum(least, figure(folder, is_unified));
      char *slash = strrchr(group, '/');
      if (!slash || group[0] == '\0') break;
      *slash = '\0';
    }
  }
  return least;
}

static int64_t number_in_folder(const char *folder, const char *file) {
  char path[PATH_MAX + 32];
  snprintf(path, sizeof path, "%s/%s", folder, file);
  return number_in_file(path);
}

/// Memory that is left under one control group; cached files that are not in use don't count.
static int64_t left_in_group(const char *folder, int is_unified) {
  const int64_t limit =
      number_in_folder(folder, is_unified ? "memory.max" : "memory.limit_in_bytes");
  int64_t usage = limit < 0 ? -1
                            : number_in_folder(folder, is_unified ? "memory.current"
                                                                  : "memory.usage_in_bytes");
  if (limit < 0 || usage < 0) return -1;
  char path[PATH_MAX + 32];
  snprintf(path, sizeof path, "%s/memory.stat", folder);
  usage -= number_of_line(path, "inactive_file", 0);
  return usage < limit ? limit - usage : 0;
}

/// Processors whose time one control group may take, rounded up.
static int64_t processors_of_group(const char *folder, int is_unified) {
  int64_t quota = -1, period = -1;
  if (is_unified) {
    // `QUOTA PERIOD` in microseconds, or `max PERIOD`.
    char path[PATH_MAX + 32], text[64], *end;
    snprintf(path, sizeof path, "%s/cpu.max", folder);
    if (read_text(path, text, sizeof text) != 0 || text[0] < '0' || text[0] > '9') return -1;
    quota = strtoll(text, &end, 10);
    period = strtoll(end, NULL, 10);
  } else {
    quota = number_in_folder(folder, "cpu.cfs_quota_us");
    period = number_in_folder(folder, "cpu.cfs_period_us");
  }
  return quota > 0 && period > 0 ? (quota - 1) / period + 1 : -1;
}

int vp_processor_count(void) {
  cpu_set_t set;
  int64_t count = -1;
  if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) count = CPU_COUNT(&set);
  if (count < 0) count = sysconf(_SC_NPROCESSORS_ONLN);
  count = minimum(count, least_of_groups("cpu", processors_of_group));
  return count > 0 ? (int)count : 1;
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
  return minimum(minimum(available_on_machine(), least_of_groups("memory", left_in_group)),
                 left_of_addresses());
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

/// The whole pages of memory; false where there are none.
static bool whole_pages(void *memory, size_t byte_count, uintptr_t *start, size_t *size) {
  const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  const uintptr_t end = ((uintptr_t)memory + byte_count) & ~(page - 1);
  *start = ((uintptr_t)memory + page - 1) & ~(page - 1);
  *size = end > *start ? end - *start : 0;
  return *size > 0;
}

void vp_prefer_huge_pages(void *memory, size_t byte_count) {
#ifdef MADV_HUGEPAGE
  uintptr_t start;
  size_t size;
  if (whole_pages(memory, byte_count, &start, &size)) madvise((void *)start, size, MADV_HUGEPAGE);
#else
  (void)memory, (void)byte_count;
#endif
}

void vp_populate(void *memory, size_t byte_count) {
#ifdef MADV_POPULATE_WRITE
  uintptr_t start;
  size_t size;
  if (whole_pages(memory, byte_count, &start, &size))
    madvise((void *)start, size, MADV_POPULATE_WRITE);
#else
  (void)memory, (void)byte_count;
#endif
}

void vp_share_small_blocks(void) {
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  mallopt(M_TRIM_THRESHOLD, 4 << 20);
  mallopt(M_TOP_PAD, 1 << 20);
  mallopt(M_ARENA_MAX, 1);
  malloc_trim(1 << 20);
}

void vp_keep_freed_blocks(void) {
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
}

int vp_parse_float(const char *text, float *value) {
  char *end = NULL;
  *value = strtof(text, &end);
  return end != text && *end == '\0';
}
