/* stopping.h - how long a stop may take
 * SPDX-License-Identifier: ISC
 *
 * What: first every child may answer what is in flight; then those that are left are killed; and one
 *       that even that does not end is not waited for. A second wish to stop shortens the first part, unless
 *       it comes right after the first: some senders signal the process and then its group.
 * Who:  supervisor. Pure: time is an argument.
 * Ref:  docs/LIMITS.md "supervisor".
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define STOPPING_ONCE_MS   200  /* two wishes within this time are one */
#define STOPPING_MARGIN_MS 1000 /* beyond the last deadline; and from the kill until we give up */

struct stopping {
    uint64_t since_us; /* monotonic */
    uint64_t by_us;    /* when stopping_tick() has something to say */
    bool is_killed;    /* they were */
};

enum stopping_due {
    STOPPING_WAIT,
    STOPPING_KILL,    /* those that are left */
    STOPPING_GIVE_UP, /* one is there still: do not wait for it */
};

/** @param drain_ms  what the children may take for what is in flight; 0: nothing is */
struct stopping stopping_begin(uint64_t drain_ms, uint64_t now_us);

/** A further wish. */
void stopping_again(struct stopping *stopping, uint64_t now_us);

/** Once per turn. */
enum stopping_due stopping_tick(struct stopping *stopping, uint64_t now_us);
