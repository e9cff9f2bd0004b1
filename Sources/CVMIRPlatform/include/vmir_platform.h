// What the portable Swift modules need from Linux: files, clock, threads, arguments, terminal.
//
// Functions that can fail return 0 (or a size) on success and a negated errno value otherwise,
// unless they say something else. Nothing here prints. Nothing keeps state of the process but
// `vp_unlink_on_signal`, which is for programs, not for libraries.
#ifndef VMIR_PLATFORM_H
#define VMIR_PLATFORM_H

#include <stddef.h>
#include <stdint.h>

// MARK: Arguments

/// Count of the process's arguments, the program's name included.
int vp_argument_count(void);
/// Argument `index`, or NULL outside `0 ..< vp_argument_count()`: its bytes. Owned by the process.
const char *vp_argument(int index);

/// For programs, before they open anything: takes those of the descriptors 0, 1 and 2 that are
/// closed, so that no file gets one of them; a file that may not grow as far as it should is an
/// error of writing instead of the end.
void vp_prepare_program(void);
/// Ends the process.
_Noreturn void vp_exit(int status);

// MARK: Files

// A path, as a parameter or a result, is a text: valid UTF-8, in which bytes that are none are
// written as characters U+10FE80 to U+10FEFF. `vp_path_text` makes it of the system's bytes.

/// Writes the text of a path to `text` where that has room for the largest that it may be; returns
/// how many bytes those are, the zero included.
size_t vp_path_text(const char *bytes, char *text, size_t capacity);

/// What a path names.
typedef enum { VP_NOTHING = 0, VP_FILE = 1, VP_DIRECTORY = 2, VP_OTHER = 3 } vp_kind;

/// Kind of the thing at `path`, symbolic links followed; sets `*byte_count` for a file.
vp_kind vp_stat(const char *path, int64_t *byte_count);
/// Opens a regular file for reading, without waiting; returns a descriptor. What is neither a file
/// nor a directory gives `-ESPIPE`.
int vp_open_read(const char *path);
/// Opens a regular file or a pipe for reading, after a second at most where that has no writer yet;
/// says which it is.
int vp_open_named(const char *path, int *is_pipe);
/// Size in bytes of an open file.
int64_t vp_size(int descriptor);
/// Reads up to `count` bytes at `offset`; returns how many were read, fewer only at the end.
int64_t vp_read_at(int descriptor, void *destination, size_t count, int64_t offset);
/// Reads up to `count` bytes from a pipe or the like, waiting for its writer; returns how many,
/// fewer only at its end.
int64_t vp_read_stream(int descriptor, void *destination, size_t count);
/// Creates a file in the folder of `path` that `vp_publish` gives that name, mode 0666 less the
/// umask; returns a descriptor.
///
/// The file has no name where `allows_unnamed` is 1 and the file system allows that, so that
/// nothing is left of it even after SIGKILL. Else it is hidden, `.NAME.partial` or that with a
/// number, and locked while it is open; its zero-terminated path is written to `temporary`
/// (`capacity` bytes), which is otherwise made empty. What a killed process left under such a name
/// is deleted first.
int vp_create_beside(const char *path, int allows_unnamed, char *temporary, size_t capacity);
/// Writes all `count` bytes at the end of what was written so far.
int vp_write_all(int descriptor, const void *source, size_t count);
/// Writes all `count` bytes at `offset`.
int vp_write_at(int descriptor, const void *source, size_t count, int64_t offset);
/// Flushes to the disk.
int vp_sync(int descriptor);
/// Closes a descriptor; reports errors that were delayed until now.
int vp_close(int descriptor);
/// Writes to `resolved` (`capacity` bytes) the path that symbolic links at `path` lead to, whether
/// there is something or not; of a path that is no link, the path itself.
int vp_resolve_output(const char *path, char *resolved, size_t capacity);
/// 0 where nothing is at `path` or what is there may be written; one that nobody may write is not
/// root's to replace either.
int vp_may_replace(const char *path);
/// Gives an open file the owner, the group and the permissions of the one at `path`, where there is
/// one.
int vp_take_attributes(int descriptor, const char *path);
/// Gives a file of `vp_create_beside`, still open, the name `path`; replaces a file that is there.
int vp_publish(int descriptor, const char *temporary, const char *path);
/// Deletes a file.
int vp_unlink(const char *path);
/// Makes a directory, mode 0777 less the umask; one that is there is no error.
int vp_make_directory(const char *path);
/// 1 if there is a symbolic link at `path`.
int vp_is_link(const char *path);
/// 1 if both paths lead to the same file or directory.
int vp_is_same(const char *path, const char *other);
/// Device and inode of what is at `path`, symbolic links followed.
int vp_identity(const char *path, uint64_t *device, uint64_t *inode);
/// Calls `visit` with each name in a directory, `.` and `..` left out, in no order.
int vp_list_directory(const char *path, void *context, void (*visit)(void *context, const char *name));
/// English text for a (positive) errno value, written to `text` (`capacity` bytes).
void vp_error_text(int error, char *text, size_t capacity);

/// Deletes `path` if the process is ended by the user or by a limit on time or file size; NULL
/// forgets it.
///
/// One path at a time; it is copied. Installs handlers for signals that have none: for programs.
void vp_unlink_on_signal(const char *path);

// MARK: Byte planes

/// Joins the two byte planes of `count` 2-byte elements, `Formats/vmir.md` section 4.
///
/// The planes follow each other, the high bytes first; each element is then rotated right by one
/// bit and written little-endian. In C, so that it is fast in code made for size too.
void vp_join_planes2(const void *planes, size_t count, void *elements);
/// Joins the four byte planes of `count` 4-byte elements in the same way.
void vp_join_planes4(const void *planes, size_t count, void *elements);

// MARK: Terminal, clock, memory

/// 1 if the descriptor is a terminal.
int vp_is_terminal(int descriptor);
/// Width of the terminal in columns, or 80.
int vp_terminal_columns(int descriptor);
/// Monotonic time in nanoseconds.
uint64_t vp_nanoseconds(void);
/// Processors that this process may use, at least 1: those of its affinity, and no more than the
/// time that its control groups may take, rounded up.
int vp_processor_count(void);
/// Bytes that this process can still take without swapping: MemAvailable, what is left under the
/// limits of its control groups and under its own limit of address space; -1 where unknown.
int64_t vp_available_memory(void);
/// Largest resident set of this process so far, in bytes.
int64_t vp_peak_resident_bytes(void);

/// `byte_count` bytes aligned to `alignment` (a power of two), or NULL. Free with `vp_free`.
void *vp_allocate(size_t byte_count, size_t alignment);
void vp_free(void *memory);
/// Asks for huge pages for memory that is about to be written as a whole. Before `vp_populate`, and
/// once: it waits for other threads that populate memory.
void vp_prefer_huge_pages(void *memory, size_t byte_count);
/// Makes memory that is about to be written as a whole resident at once, which is faster than page
/// by page; where the system can't, nothing happens. Threads may do parts of it at a time.
void vp_populate(void *memory, size_t byte_count);
/// Says that all threads take blocks of less than 1 MiB from one heap, which keeps up to 4 MiB of
/// what is freed, and that larger blocks go back to the system at once. For a program whose threads
/// allocate little once they work.
void vp_share_small_blocks(void);
/// Says that the heap keeps all that is freed, blocks of up to 32 MiB among it, for those that follow:
/// pages of new memory cost more than what most of them are needed for. `vp_share_small_blocks` ends
/// that.
void vp_keep_freed_blocks(void);

// MARK: Numbers

/// Reads a whole text as a float; returns 0 if it is not one.
int vp_parse_float(const char *text, float *value);

// MARK: Thread pool

/// A fixed set of threads that run the items of one job at a time.
typedef struct vp_pool vp_pool;

/// A pool in which `thread_count` threads work, the calling one included; NULL without memory.
///
/// Fewer threads than asked for are used where the system refuses more.
vp_pool *vp_pool_create(int thread_count);
/// Threads that work, the caller included.
int vp_pool_thread_count(const vp_pool *pool);
/// Calls `body(context, item, thread)` once for each item in `0 ..< item_count`, in any order.
///
/// `thread` is in `0 ..< vp_pool_thread_count(pool)` and distinct for calls that overlap.
/// Returns when all calls have returned. Not reentrant; one caller at a time.
void vp_pool_run(vp_pool *pool, size_t item_count, void *context,
                 void (*body)(void *context, size_t item, size_t thread));
/// Ends the threads and frees the pool.
void vp_pool_destroy(vp_pool *pool);

// MARK: Flags

/// Sets a flag and returns 1 if it was 0; returns 0 if somebody else has set it.
int vp_try_lock(int32_t *flag);
/// Clears a flag that `vp_try_lock` has set; what was written before is seen by who takes it next.
void vp_unlock(int32_t *flag);

// MARK: Mathematics

/// Decimal logarithm; minus infinity at 0, NaN below.
double vp_log10(double x);
/// Exponential function.
double vp_exp(double x);
/// Natural logarithm; NaN below 0.
double vp_log(double x);
/// Square root; NaN below 0.
double vp_sqrt(double x);

#endif
