// What the Swift side of libvmir needs of C: turns on a handle, cancelling, errors. Not installed.
#ifndef VMIR_GATE_H
#define VMIR_GATE_H

#include "vmir.h"

/// Bytes of `vmir_run_options` in version 0.1.0, the least that a caller knows.
enum { vmir_gate_first_run_options = offsetof(vmir_run_options, is_resized) };

/// Lets one run at a time through, and ends those that are to be cancelled.
typedef struct vmir_gate vmir_gate;

/// A gate, or NULL without memory.
vmir_gate *vmir_gate_create(void);
/// Ends a gate that nobody is in.
void vmir_gate_destroy(vmir_gate *gate);
/// What `vmir_gate_is_cancelled` takes: asked for before a run waits for its turn.
uint32_t vmir_gate_ticket(vmir_gate *gate);
/// Waits for the turn; returns 0, or -1 where this thread is in already.
int32_t vmir_gate_enter(vmir_gate *gate);
/// Ends the turn of this thread.
void vmir_gate_leave(vmir_gate *gate);
/// Cancels all runs that have a ticket.
void vmir_gate_cancel(vmir_gate *gate);
/// 1 if the run with this ticket was cancelled.
int32_t vmir_gate_is_cancelled(vmir_gate *gate, uint32_t ticket);

/// Writes a status and a text of `count` bytes, cut between characters; NULL as `error` is allowed.
void vmir_gate_report(vmir_error *error, vmir_status status, const char *text, size_t count);

#endif
