// Changes inputs so that lengths and checksums stay right, and the code behind their checks is
// reached. libFuzzer calls `LLVMFuzzerCustomMutator`, which asks the mutator of the target.
#ifndef VMIR_FUZZ_MUTATORS_H
#define VMIR_FUZZ_MUTATORS_H

#include <stddef.h>
#include <stdint.h>

/// Chooses the mutator by the name of the target; one without a mutator of its own gets
/// libFuzzer's changes of bytes.
void fuzz_choose_mutator(const char *target);

#endif
