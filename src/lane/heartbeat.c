/* heartbeat.c - see heartbeat.h
 * SPDX-License-Identifier: ISC
 */
#include "lane/heartbeat.h"

bool
heartbeat_is_lost(struct heartbeat *heartbeat, uint64_t turns, bool in_handshake, uint64_t now_us)
{
    bool is_late = now_us - heartbeat->looked_us > 2 * 1000 * (uint64_t)HEARTBEAT_MS;
    bool has_turned = turns != heartbeat->turns;
    heartbeat->still = is_late || has_turned ? 0 : heartbeat->still + 1;
    heartbeat->turns = turns;
    heartbeat->looked_us = now_us;
    return heartbeat->still >= (in_handshake ? HEARTBEAT_MOST_HANDSHAKE : HEARTBEAT_MOST);
}
