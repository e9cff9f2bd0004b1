// Between the texts that the Swift modules use for paths and the bytes that the system takes.
#ifndef VMIR_PATHS_H
#define VMIR_PATHS_H

#include <stddef.h>

/// Most bytes of a path, its zero included, as Linux has it.
enum { PATH_CAPACITY = 4096 };

/// The bytes that a text stands for: the text itself where it has no escapes, else `buffer`; NULL
/// where they don't fit.
const char *path_bytes(const char *text, char buffer[PATH_CAPACITY]);

/// Writes the text that stands for the bytes of a path; 0 where it doesn't fit.
int path_text(const char *bytes, char *text, size_t capacity);

#endif
