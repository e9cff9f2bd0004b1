#define _GNU_SOURCE
#include "paths.h"
#include "vmir_platform.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/// How long a pipe without a writer is waited for.
enum { WRITER_MILLISECONDS = 1000 };

vp_kind vp_stat(const char *path, int64_t *byte_count) {
  char bytes[PATH_CAPACITY];
  path = path_bytes(path, bytes);
  if (!path) return VP_NOTHING;
  struct stat info;
  if (stat(path, &info) != 0) return VP_NOTHING;
  if (S_ISDIR(info.st_mode)) return VP_DIRECTORY;
  if (!S_ISREG(info.st_mode)) return VP_OTHER;
  if (byte_count) *byte_count = info.st_size;
  return VP_FILE;
}

/// Opens for reading what `path` names: a regular file, or a pipe too where `is_pipe` is not NULL.
static int open_input(const char *path, int *is_pipe) {
  char bytes[PATH_CAPACITY];
  path = path_bytes(path, bytes);
  if (!path) return -ENAMETOOLONG;
  // Not blocking: a pipe that nobody writes to, or a device, would never open.
  int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (descriptor < 0) return errno == ENXIO ? -ESPIPE : -errno;
  struct stat info;
  int error = 0;
  if (fstat(descriptor, &info) != 0) error = errno;
  else if (S_ISDIR(info.st_mode)) error = EISDIR;
  else if (!S_ISREG(info.st_mode) && !(is_pipe && S_ISFIFO(info.st_mode))) error = ESPIPE;
  if (error) {
    close(descriptor);
    return -error;
  }
  if (is_pipe) {
    *is_pipe = S_ISFIFO(info.st_mode);
    // A writer that is started beside this program may come a little later.
    struct pollfd first = {.fd = descriptor, .events = POLLIN};
    if (*is_pipe) poll(&first, 1, WRITER_MILLISECONDS);
  }
  return descriptor;
}

int vp_open_read(const char *path) { return open_input(path, NULL); }

int vp_open_named(const char *path, int *is_pipe) { return open_input(path, is_pipe); }

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
static int open_unnamed(const char *path) {
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

int vp_create_beside(const char *path, int allows_unnamed, char *temporary, size_t capacity) {
  char bytes[PATH_CAPACITY], name[PATH_CAPACITY];
  path = path_bytes(path, bytes);
  if (capacity == 0 || !path) return -ENAMETOOLONG;
  temporary[0] = '\0';
  int unnamed = allows_unnamed ? open_unnamed(path) : -1;
  if (unnamed >= 0) return unnamed;
  for (unsigned attempt = 0; attempt < 100; attempt++) {
    if (!temporary_name(path, attempt, name, sizeof name) ||
        !path_text(name, temporary, capacity)) {
      temporary[0] = '\0';
      return -ENAMETOOLONG;
    }
    delete_abandoned(name);
    int descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (descriptor >= 0 && claim(name, descriptor)) return descriptor;
    int error = descriptor >= 0 ? EEXIST : errno;
    if (descriptor >= 0) close(descriptor);
    if (error != EEXIST) return -error;
  }
  return -EEXIST;
}

int vp_resolve_output(const char *path, char *resolved, size_t capacity) {
  char bytes[PATH_CAPACITY];
  path = path_bytes(path, bytes);
  if (!path) return -ENAMETOOLONG;
  char found[PATH_CAPACITY], target[PATH_CAPACITY];
  if (snprintf(found, sizeof found, "%s", path) >= (int)sizeof found) return -ENAMETOOLONG;
  // As many links behind each other as Linux follows itself.
  for (int links = 0; links <= 40; links++) {
    struct stat info;
    if (lstat(found, &info) != 0 || !S_ISLNK(info.st_mode))
      return path_text(found, resolved, capacity) ? 0 : -ENAMETOOLONG;
    ssize_t length = readlink(found, target, sizeof target - 1);
    if (length < 0) return -errno;
    target[length] = '\0';
    char *slash = strrchr(found, '/');
    size_t folder = target[0] != '/' && slash ? (size_t)(slash - found) + 1 : 0;
    if (folder + (size_t)length >= sizeof found) return -ENAMETOOLONG;
    memcpy(found + folder, target, (size_t)length + 1);
  }
  return -ELOOP;
}

int vp_may_replace(const char *path) {
  char bytes[PATH_CAPACITY];
  path = path_bytes(path, bytes);
  if (!path) return -ENAMETOOLONG;
  struct stat info;
  if (stat(path, &info) != 0) return errno == ENOENT ? 0 : -errno;
  // Root may write everything; a file that nobody may write is meant to stay.
  if ((info.st_mode & 0222) == 0) return -EACCES;
  return access(path, W_OK) == 0 ? 0 : -errno;
}

int vp_take_attributes(int descriptor, const char *path) {
  char bytes[PATH_CAPACITY];
  path = path_bytes(path, bytes);
  if (!path) return -ENAMETOOLONG;
  struct stat there, own;
  if (stat(path, &there) != 0) return errno == ENOENT ? 0 : -errno;
  if (fstat(descriptor, &own) != 0) return -errno;
  uid_t user = there.st_uid == own.st_uid ? (uid_t)-1 : there.st_uid;
  gid_t group = there.st_gid == own.st_gid ? (gid_t)-1 : there.st_gid;
  if ((user != (uid_t)-1 || group != (gid_t)-1) && fchown(descriptor, user, group) != 0)
    return -errno;
  return fchmod(descriptor, there.st_mode & 0777) == 0 ? 0 : -errno;
}

int vp_publish(int descriptor, const char *temporary, const char *path) {
  char bytes[PATH_CAPACITY], name[PATH_CAPACITY], source[64];
  path = path_bytes(path, bytes);
  if (!path) return -ENAMETOOLONG;
  if (temporary[0]) {
    temporary = path_bytes(temporary, name);
    return temporary && rename(temporary, path) == 0 ? 0 : -errno;
  }
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

/// Waits until a descriptor that would not block is ready; 0 where that can't be.
static int wait_until_ready(int descriptor, short events) {
  struct pollfd waited = {.fd = descriptor, .events = events};
  while (poll(&waited, 1, -1) < 0) {
    if (errno != EINTR) return 0;
  }
  return 1;
}

int64_t vp_read_stream(int descriptor, void *destination, size_t count) {
  size_t done = 0;
  while (done < count) {
    ssize_t n = read(descriptor, (char *)destination + done, count - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN && wait_until_ready(descriptor, POLLIN)) continue;
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
    if (n < 0 && errno == EAGAIN && wait_until_ready(descriptor, POLLOUT)) continue;
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

int vp_unlink(const char *path) {
  char bytes[PATH_CAPACITY];
  path = path_bytes(path, bytes);
  if (!path) return -ENAMETOOLONG;
  return unlink(path) == 0 ? 0 : -errno;
}

int vp_make_directory(const char *path) {
  char bytes[PATH_CAPACITY];
  path = path_bytes(path, bytes);
  if (!path) return -ENAMETOOLONG;
  if (mkdir(path, 0777) == 0) return 0;
  int error = errno;
  struct stat info;
  if (error != EEXIST) return -error;
  return stat(path, &info) == 0 && S_ISDIR(info.st_mode) ? 0 : -ENOTDIR;
}

int vp_is_link(const char *path) {
  char bytes[PATH_CAPACITY];
  path = path_bytes(path, bytes);
  if (!path) return 0;
  struct stat info;
  return lstat(path, &info) == 0 && S_ISLNK(info.st_mode);
}

int vp_is_same(const char *path, const char *other) {
  char bytes[PATH_CAPACITY], other_bytes[PATH_CAPACITY];
  path = path_bytes(path, bytes);
  other = path_bytes(other, other_bytes);
  struct stat a, b;
  return path && other && stat(path, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev &&
         a.st_ino == b.st_ino;
}

int vp_identity(const char *path, uint64_t *device, uint64_t *inode) {
  char bytes[PATH_CAPACITY];
  path = path_bytes(path, bytes);
  if (!path) return -ENAMETOOLONG;
  struct stat info;
  if (stat(path, &info) != 0) return -errno;
  *device = (uint64_t)info.st_dev;
  *inode = (uint64_t)info.st_ino;
  return 0;
}

int vp_list_directory(const char *path, void *context,
                      void (*visit)(void *context, const char *name)) {
  char bytes[PATH_CAPACITY];
  path = path_bytes(path, bytes);
  if (!path) return -ENAMETOOLONG;
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
    // A name has 255 bytes at most.
    char name[1024];
    if (path_text(entry->d_name, name, sizeof name)) visit(context, name);
  }
  closedir(directory);
  return -error;
}

void vp_error_text(int error, char *text, size_t capacity) {
  if (capacity == 0) return;
  const char *message = strerror_r(error, text, capacity);
  if (message != text) snprintf(text, capacity, "%s", message);
}
