/* dial.h - TCP connections to upstreams, asked for by index
 * SPDX-License-Identifier: ISC
 *
 * What: the worker cannot make a socket and cannot name an address: it names an entry of the
 *       configuration, and gets a connecting socket or an errno: EDQUOT beyond its budget.
 * Who:  supervisor.
 * Ref:  supervisor/dial_rule.h.
 */
#pragma once

#include "supervisor/supervisor.h"

/** A worker is spawned: from now on its indices are those of the configuration in force. */
void dial_begin(struct child *worker);

/** A worker of the lane is replaced on our own account: its successor has a whole budget. */
void dial_renew(struct lane *lane);

/** A refused handshake with an upstream cost a worker too much CPU: dial_rule_avoid().
 *  @return STATUS_OK; STATUS_INVALID: there is no such upstream */
MUST_CHECK enum status dial_avoid(struct child *worker, uint32_t index, uint32_t cost_us);

/** Answer one UPSTREAM_WANT.
 *  @return STATUS_OK: if only by an errno; STATUS_INVALID: there is no such upstream */
MUST_CHECK enum status dial_answer(struct child *worker, uint32_t index, uint32_t tag);
