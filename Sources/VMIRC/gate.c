#include "vmir_gate.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct vmir_gate {
  pthread_mutex_t lock;
  // Counts what was cancelled: a run whose ticket is older than this is to end.
  atomic_uint generation;
};

vmir_gate *vmir_gate_create(void) {
  vmir_gate *gate = calloc(1, sizeof *gate);
  if (!gate) return NULL;
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
  pthread_mutex_init(&gate->lock, &attributes);
  pthread_mutexattr_destroy(&attributes);
  return gate;
}

void vmir_gate_destroy(vmir_gate *gate) {
  if (!gate) return;
  pthread_mutex_destroy(&gate->lock);
  free(gate);
}

uint32_t vmir_gate_ticket(vmir_gate *gate) { return atomic_load(&gate->generation); }

int32_t vmir_gate_enter(vmir_gate *gate) { return pthread_mutex_lock(&gate->lock) == 0 ? 0 : -1; }

void vmir_gate_leave(vmir_gate *gate) { pthread_mutex_unlock(&gate->lock); }

void vmir_gate_cancel(vmir_gate *gate) { atomic_fetch_add(&gate->generation, 1); }

int32_t vmir_gate_is_cancelled(vmir_gate *gate, uint32_t ticket) {
  return atomic_load(&gate->generation) != ticket;
}

void vmir_gate_report(vmir_error *error, vmir_status status, const char *text, size_t count) {
  if (!error) return;
  error->status = status;
  size_t most = sizeof error->text - 1;
  if (count > most) {
    count = most;
    // A byte of the form 10xxxxxx continues a character.
    while (count > 0 && ((unsigned char)text[count] & 0xC0) == 0x80) count--;
  }
  if (count > 0) memcpy(error->text, text, count);
  error->text[count] = '\0';
}

int32_t vmir_abi_version(void) { return VMIR_ABI_VERSION; }

const char *vmir_version(void) { return VMIR_VERSION; }

vmir_error_class vmir_classify(vmir_status status) {
  switch (status) {
    case VMIR_DONE: return VMIR_CLASS_NONE;
    case VMIR_BAD_INPUT: return VMIR_CLASS_INVALID_INPUT;
    case VMIR_UNSUPPORTED: return VMIR_CLASS_UNSUPPORTED;
    case VMIR_NO_MEMORY: return VMIR_CLASS_RESOURCE;
    case VMIR_USAGE:
    case VMIR_CANCELLED: return VMIR_CLASS_MISUSE;
    case VMIR_MISSING_INPUT: return VMIR_CLASS_IO;
    case VMIR_INTERNAL_ERROR: break;
  }
  return VMIR_CLASS_INTERNAL;
}
