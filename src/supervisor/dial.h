/* dial.h - TCP connections to upstreams, asked for by index
 * SPDX-License-Identifier: ISC
 *
 * What: the worker cannot make a socket and cannot name an address: it names an entry of the
 *       configuration, and gets a connecting socket or an errno. A budget per lane and upstream
 *       keeps a worker that was taken over from using us for a SYN flood: limits.handshakes_burst
 *       and limits.handshakes_per_s, were all of them resumed. Beyond it the answer is EDQUOT.
 * Who:  supervisor.
 */
#pragma once

#include "supervisor/supervisor.h"

/* Dials beyond what limits.handshakes_burst allows: the worker's clock and ours differ by a turn.
 */
#define DIAL_MORE 4U

/** A worker is spawned: from now on its indices are those of the configuration in force. */
void dial_begin(struct child *worker);

/** A worker of the lane is replaced on our own account: its successor has a whole budget. */
void dial_renew(struct lane *lane);

/**
 * A refused handshake with an upstream cost a worker too much CPU: for a while no lane gets a
 * socket to it. The last upstream that is left is never avoided: somebody has to be asked, and a
 * worker that was taken over could else silence the others' too.
 *
 * @return STATUS_OK; STATUS_INVALID: there is no such upstream
 */
MUST_CHECK enum status dial_avoid(struct child *worker, uint32_t index, uint32_t cost_us);

/**
 * Answer one UPSTREAM_WANT.
 * @return STATUS_OK: it was answered, if only by an errno; STATUS_INVALID: there is no such
 * upstream
 */
MUST_CHECK enum status dial_answer(struct child *worker, uint32_t index, uint32_t tag);
