/* dial.h - TCP connections to upstreams, asked for by index
 *
 * What: the worker cannot make a socket and cannot name an address: it names an entry of the
 *       configuration, and gets a connecting socket or an errno. A budget per lane and upstream
 *       keeps a worker that was taken over from using us for a SYN flood.
 * Who:  supervisor.
 */
#pragma once

#include "supervisor/supervisor.h"

#define DIAL_BURST      50 /* dials at once, per lane and upstream */
#define DIAL_PER_SECOND 20 /* and so many more per second; beyond it the answer is EAGAIN */

/** A worker is spawned: from now on its indices are those of the configuration in force. */
void dial_begin(struct child *worker);

/** A worker of the lane is replaced on our own account: its successor has a whole budget. */
void dial_renew(struct lane *lane);

/**
 * Answer one UPSTREAM_WANT.
 * @return STATUS_OK: it was answered, if only by an errno; STATUS_INVALID: there is no such
 * upstream
 */
MUST_CHECK enum status dial_answer(struct child *worker, uint32_t index, uint32_t tag);
