/* worlds_whole.c - worlds that are about the service as a whole
 * SPDX-License-Identifier: ISC
 */
#include "worlds.h"

#include "draw.h"

void
worlds_lies(uint64_t *dice)
{
    unsigned lanes = 1 + (unsigned)draw_next(dice, 2);
    world_begin_config(lanes, 1 + (unsigned)draw_next(dice, 2));
    world_say("cache: {size: off}");
    worlds_ask_evenly(dice, 70 * KERNEL_S, 0, 5, 2);
    for (uint64_t at_us = 5 * KERNEL_S; at_us < 60 * KERNEL_S;
         at_us += 4 * KERNEL_S + draw_next(dice, 10 * KERNEL_S)) {
        struct act *act = world_add(at_us, ACT_LIE, draw_next(dice, world.lanes));
        act->number = draw_next(dice, 20);
    }
}

void
worlds_again(uint64_t *dice)
{
    unsigned lanes = 1 + (unsigned)draw_next(dice, 2);
    world_begin_config(lanes, 1 + (unsigned)draw_next(dice, 2));
    world_say("cache: {size: off}");
    worlds_ask_evenly(dice, 70 * KERNEL_S, 0, 5, 2);
    for (uint64_t at_us = 5 * KERNEL_S; at_us < 55 * KERNEL_S;
         at_us += 12 * KERNEL_S + draw_next(dice, 12 * KERNEL_S)) {
        struct act *act = world_add(at_us, ACT_AGAIN, 0);
        act->number = draw_next(dice, 2);
        act->for_us = 100 * KERNEL_MS + draw_next(dice, 3 * KERNEL_S);
    }
}

/* Servers that let us resume, and what may happen between a ticket and its use. */
void
worlds_tickets(uint64_t *dice)
{
    static const enum act_kind kinds[] = {ACT_FORGET, ACT_KEY, ACT_REFUSE};
    world_begin_config(1, 1 + (unsigned)draw_next(dice, 2));
    world.handshakes = 1 + (unsigned)draw_next(dice, 4);
    world_say("cache: {size: off}, limits: {handshakes_per_s: %u, handshakes_burst: %u}",
              world.handshakes, 2 * world.handshakes);
    worlds_ask_evenly(dice, 50 * KERNEL_S, 0, 5, 2);
    uint64_t every_us = 10 * KERNEL_MS + draw_next(dice, 500 * KERNEL_MS);
    for (uint64_t at_us = 5 * KERNEL_S; at_us < 35 * KERNEL_S;
         at_us += 1 + draw_next(dice, every_us)) {
        enum act_kind kind = draw_next(dice, 3) == 0 ? ACT_TICKETS : ACT_RESET;
        (void)world_add(at_us, kind, draw_next(dice, world.upstreams));
    }
    for (uint64_t at_us = 5 * KERNEL_S; at_us < 35 * KERNEL_S;
         at_us += KERNEL_S + draw_next(dice, 10 * KERNEL_S)) {
        enum act_kind kind = kinds[draw_next(dice, sizeof kinds / sizeof kinds[0])];
        struct act *act = world_add(at_us, kind, draw_next(dice, world.upstreams));
        act->for_us = draw_next(dice, 2000) * KERNEL_MS;
    }
}

/* --- configurations -------------------------------------------------------------------------- */

/* Small ones as often as large ones. */
static unsigned
draw_size(uint64_t *dice, unsigned least, unsigned most)
{
    unsigned bits = 0;
    while (bits < 31 && most >> bits > least)
        bits++;
    unsigned size = most >> draw_next(dice, bits + 1);
    if (size > 1)
        size = size / 2 + (unsigned)draw_next(dice, size / 2 + 1);
    return size < least ? least : size;
}

/* What any sound configuration may say. @param is_ample  with room for what the world asks */
static void
say_any(uint64_t *dice, bool is_ample)
{
    static const char *const strategies[] = {"fastest", "ordered", "spread"};
    static const char *const sizes[] = {"off", "1MiB", "4MiB", "16MiB"};
    unsigned least = is_ample ? 2000 : 0;
    world.query_ms = draw_size(dice, is_ample ? 1000 : 100, 30000);
    world.ttl_s = draw_size(dice, 1, 86400);
    world.stale_s = draw_size(dice, 1, 604800);
    world_say("strategy: %s, ", strategies[draw_next(dice, 3)]);
    world_say("timeouts: {query: %ums, ", world.query_ms);
    world_say("connect: %ums, ", draw_size(dice, is_ample ? 500 : 100, 30000));
    world_say("upstream_idle: %us}, ", draw_size(dice, 1, 600));
    world_say("limits: {queries: %u, ", draw_size(dice, least + 64, 65536));
    world_say("queue_per_prefix: %u, ", draw_size(dice, least + 1, 65536));
    world_say("upstream_connections: %u, ", draw_size(dice, is_ample ? 4 : 1, 32));
    world_say("upstream_in_flight: %u, ", draw_size(dice, is_ample ? 256 : 1, 1024));
    world_say("handshakes_per_s: %u, ", draw_size(dice, is_ample ? 10 : 1, 1000));
    world_say("handshakes_burst: %u, ", draw_size(dice, is_ample ? 20 : 1, 1000));
    world_say("retry_percent: %u, ", (unsigned)draw_next(dice, 101));
    world_say("hedge_percent: %u}, ", (unsigned)draw_next(dice, 101));
    world_say("cache: {size: %s, ", sizes[draw_next(dice, 4)]);
    world_say("ttl_max: %us, stale: %us, ", (unsigned)world.ttl_s, (unsigned)world.stale_s);
    world_say("stale_after: %ums, ", (is_ample ? 600 : 0) + (unsigned)draw_next(dice, 9401));
    world_say("prefetch: %s}", draw_next(dice, 2) == 0 ? "yes" : "no");
}

void
worlds_sound(uint64_t *dice)
{
    unsigned lanes = 1 + (unsigned)draw_next(dice, 4);
    world_begin_config(lanes, 1 + (unsigned)draw_next(dice, 8));
    say_any(dice, false);
    worlds_ask_evenly(dice, 60 * KERNEL_S, draw_next(dice, 2) * 300, 5, 2);
    for (uint64_t at_us = 5 * KERNEL_S; at_us < 45 * KERNEL_S;
         at_us += 200 * KERNEL_MS + draw_next(dice, 5 * KERNEL_S))
        worlds_fault(dice, at_us);
}

void
worlds_ample(uint64_t *dice)
{
    unsigned lanes = 1 + (unsigned)draw_next(dice, 4);
    world_begin_config(lanes, 1 + (unsigned)draw_next(dice, 8));
    say_any(dice, true);
    worlds_ask_evenly(dice, 40 * KERNEL_S, draw_next(dice, 2) * 300, 5, 0);
}
