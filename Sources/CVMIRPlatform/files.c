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
#include <sys/file.h>
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

/// Opens a file without a name in the folder of `path`, where the file system has such files and
/// they can be given a name later.
static int open_nameless(const char *path) {
  if (access("/proc/self/fd", X_OK) != 0) return -ENOENT;
  const char *slash = strrchr(path, '/');
  char folder[4096];
  size_t length = slash ? (size_t)(slash - path) + 1 : 0;
  if (length >= sizeof folder) return -ENAMETOOLONG;
  memcpy(folder, path, length);
  folder[length] = '\0';
  int descriptor = open(length ? folder : ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
  return descriptor >= 0 ? descriptor : -errno;
}

/// Writes the `attempt`-th temporary name for `path`, `.NAME.partial` with at most 200 bytes of the
/// name; 0 where it does not fit.
static int temporary_name(const char *path, unsigned attempt, char *name, size_t capacity) {
  const char *slash = strrchr(path, '/');
  const char *file = slash ? slash + 1 : path;
  char number[16] = "";
  if (attempt > 0) snprintf(number, sizeof number, "-%u", attempt);
  int length = snprintf(
      name, capacity, "%.*s.%.200s.partial%s", (int)(file - path), path, file, number);
  return length >= 0 && (size_t)length < capacity;
}

/// Whether a name leads to an open file.
static int leads_to(const char *name, int descriptor) {
  struct stat found, open;
  return lstat(name, &found) == 0 && fstat(descriptor, &open) == 0 &&
         found.st_dev == open.st_dev && found.st_ino == open.st_ino;
}

/// Locks a file that the caller has made, so that others see that it is being written; 0 where one
/// of them took it for abandoned before. Not every file system has locks.
static int claim(const char *name, int descriptor) {
  while (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno == EWOULDBLOCK) return 0;
    break;
  }
  return leads_to(name, descriptor);
}

/// Deletes a temporary file whose writer is gone, as after SIGKILL: nobody has a lock on it.
static void delete_abandoned(const char *name) {
  int descriptor = open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return;
  struct stat info;
  if (fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode) &&
      flock(descriptor, LOCK_EX | LOCK_NB) == 0 && leads_to(name, descriptor))
    unlink(name);
  close(descriptor);
}

int vp_create_beside(const char *path, int may_be_nameless, char *temporary, size_t capacity) {
  if (capacity == 0) return -ENAMETOOLONG;
  temporary[0] = '\0';
  int nameless = may_be_nameless ? open_nameless(path) : -1;
  if (nameless >= 0) return nameless;
  for (unsigned attempt = 0; attempt < 100; attempt++) {
    if (!temporary_name(path, attempt, temporary, capacity)) return -ENAMETOOLONG;
    delete_abandoned(temporary);
    int descriptor =
        open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (descriptor >= 0 && claim(temporary, descriptor)) return descriptor;
    int error = descriptor >= 0 ? EEXIST : errno;
    if (descriptor >= 0) close(descriptor);
    if (error != EEXIST) return -error;
  }
  return -EEXIST;
}

int vp_publish(int descriptor, const char *temporary, const char *path) {
  if (temporary[0]) return rename(temporary, path) == 0 ? 0 : -errno;
  char source[64], name[4096];
  snprintf(source, sizeof source, "/proc/self/fd/%d", descriptor);
  if (linkat(AT_FDCWD, source, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0) return 0;
  if (errno != EEXIST) return -errno;
  // A link can't replace a file: the content, whole by now, gets a name to be renamed from.
  flock(descriptor, LOCK_EX | LOCK_NB);
  for (unsigned attempt = 0; attempt < 100; attempt++) {
    if (!temporary_name(path, attempt, name, sizeof name)) return -ENAMETOOLONG;
    delete_abandoned(name);
    if (linkat(AT_FDCWD, source, AT_FDCWD, name, AT_SYMLINK_FOLLOW) != 0) {
      if (errno != EEXIST) return -errno;
      continue;
    }
    if (rename(name, path) == 0) return 0;
    int error = errno;
    unlink(name);
    return -error;
  }
  return -EEXIST;
}

int64_t vp_read_stream(int descriptor, void *destination, size_t count) {
  size_t done = 0;
  while (done < count) {
    ssize_t n = read(descriptor, (char *)destination + done, count - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -errno;
    if (n == 0) break;
    done += (size_t)n;
  }
  return (int64_t)done;
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

int vp_unlink(const char *path) { return unlink(path) == 0 ? 0 : -errno; }

int vp_make_directory(const char *path) {
  if (mkdir(path, 0777) == 0) return 0;
  int error = errno;
  return error == EEXIST && vp_stat(path, NULL) == VP_DIRECTORY ? 0 : -error;
}

int vp_is_link(const char *path) {
  struct stat info;
  return lstat(path, &info) == 0 && S_ISLNK(info.st_mode);
}

int vp_is_same(const char *path, const char *other) {
  struct stat a, b;
  return stat(path, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev &&
         a.st_ino == b.st_ino;
}

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
