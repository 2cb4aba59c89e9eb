/* heartbeat.h - does a process still turn?
 * SPDX-License-Identifier: ISC
 *
 * What: a child turns its event loop at least every HEARTBEAT_MS and counts its turns in its
 *       statistics page. The supervisor looks that often; a count that stands still at several looks
 *       in a row is a process that hangs: in a loop, stopped, or asleep for ever. A TLS handshake is
 *       one long step within a turn, so a child that says it is in one has longer.
 * Who:  supervisor looks; front and worker keep the time. Pure: time is an argument.
 * Ref:  docs/LIMITS.md "supervisor".
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define HEARTBEAT_MS             1000U
#define HEARTBEAT_MOST           4U  /* looks in a row without a turn */
#define HEARTBEAT_MOST_HANDSHAKE 15U /* the same, in a handshake */

struct heartbeat {      /* all zero: nothing seen yet */
    uint64_t turns;     /* at the last look */
    uint64_t looked_us; /* monotonic; 0: never */
    uint32_t still;     /* looks in a row that saw no turn */
};

/**
 * Look once.
 *
 * @param turns         the child's own count: its word, any value
 * @param in_handshake  the same, whether it is in a TLS handshake
 * @param now_us        monotonic. Looks that come much later than HEARTBEAT_MS after the one before
 *                      begin anew: whatever kept us may have kept the child.
 * @return true: it hangs
 */
bool heartbeat_is_lost(struct heartbeat *heartbeat, uint64_t turns, bool in_handshake,
                       uint64_t now_us);
