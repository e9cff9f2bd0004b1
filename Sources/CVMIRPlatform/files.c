#define _GNU_SOURCE
#include "vmir_platform.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

vp_kind vp_stat(const char *path, int64_t *byte_count) {
  struct stat info;
  if (stat(path, &info) != 0) return VP_NOTHING;
  if (S_ISDIR(info.st_mode)) return VP_DIRECTORY;
  if (!S_ISREG(info.st_mode)) return VP_OTHER;
  if (byte_count) *byte_count = info.st_size;
  return VP_FILE;
}

int vp_open_read(const char *path) {
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return -errno;
  struct stat info;
  int error = 0;
  if (fstat(descriptor, &info) != 0) error = errno;
  else if (S_ISDIR(info.st_mode)) error = EISDIR;
  else if (!S_ISREG(info.st_mode)) error = ESPIPE;
  if (error) {
    close(descriptor);
    return -error;
  }
  return descriptor;
}

int64_t vp_size(int descriptor) {
  struct stat info;
  return fstat(descriptor, &info) == 0 ? (int64_t)info.st_size : -errno;
}

int64_t vp_read_at(int descriptor, void *destination, size_t count, int64_t offset) {
  size_t done = 0;
  while (done < count) {
    ssize_t n = pread(descriptor, (char *)destination + done, count - done, offset + (off_t)done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -errno;
    if (n == 0) break;
    done += (size_t)n;
  }
  return (int64_t)done;
}

int vp_create_beside(const char *path, char *temporary, size_t capacity) {
  for (unsigned attempt = 0; attempt < 100; attempt++) {
    int length = snprintf(temporary, capacity, "%s.%d-%u.partial", path, (int)getpid(), attempt);
    if (length < 0 || (size_t)length >= capacity) return -ENAMETOOLONG;
    int descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor >= 0) return descriptor;
    if (errno != EEXIST) return -errno;
  }
  return -EEXIST;
}

int vp_write_all(int descriptor, const void *source, size_t count) {
  size_t done = 0;
  while (done < count) {
    ssize_t n = write(descriptor, (const char *)source + done, count - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -errno;
    done += (size_t)n;
  }
  return 0;
}

int vp_write_at(int descriptor, const void *source, size_t count, int64_t offset) {
  size_t done = 0;
  while (done < count) {
    ssize_t n =
        pwrite(descriptor, (const char *)source + done, count - done, offset + (off_t)done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -errno;
    done += (size_t)n;
  }
  return 0;
}

int vp_sync(int descriptor) { return fsync(descriptor) == 0 ? 0 : -errno; }

int vp_close(int descriptor) { return close(descriptor) == 0 ? 0 : -errno; }

int vp_rename(const char *from, const char *to) { return rename(from, to) == 0 ? 0 : -errno; }

int vp_unlink(const char *path) { return unlink(path) == 0 ? 0 : -errno; }

int vp_list_directory(const char *path, void *context,
                      void (*visit)(void *context, const char *name)) {
  DIR *directory = opendir(path);
  if (!directory) return -errno;
  int error = 0;
  for (;;) {
    errno = 0;
    struct dirent *entry = readdir(directory);
    if (!entry) {
      error = errno;
      break;
    }
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    visit(context, entry->d_name);
  }
  closedir(directory);
  return -error;
}

void vp_error_text(int error, char *text, size_t capacity) {
  if (capacity == 0) return;
  const char *message = strerror_r(error, text, capacity);
  if (message != text) snprintf(text, capacity, "%s", message);
}

// The signal handler may run between any two instructions: it only reads a whole pointer.
static _Atomic(char *) path_to_unlink;

static void unlink_and_end(int signal_number) {
  char *path = atomic_load(&path_to_unlink);
  if (path) unlink(path);
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}

void vp_unlink_on_signal(const char *path) {
  static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU, SIGXFSZ};
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
