/* worlds_turns.c - worlds in which networks share the places at the worker, and the room in the front
 * SPDX-License-Identifier: ISC
 */
#include "worlds.h"

#include "draw.h"

#include <stdio.h>

#define ADDRESSES 4

/* Clients of a /24 ask for so long, about as often as `apart_us` says. */
static void
ask_from(uint64_t *dice, uint64_t network, uint64_t apart_us, uint64_t *number)
{
    uint64_t begin_us = WORLDS_BEGIN_US + draw_next(dice, 2 * KERNEL_S);
    uint64_t end_us = begin_us + draw_next(dice, 3 * KERNEL_S);
    unsigned addresses = 1 + (unsigned)draw_next(dice, ADDRESSES);
    unsigned late_ms = 1 + (unsigned)draw_next(dice, 600);
    for (uint64_t at_us = begin_us; at_us < end_us; at_us += 1 + draw_next(dice, apart_us)) {
        uint64_t client = network << 8 | draw_next(dice, addresses);
        char script[16];
        snprintf(script, sizeof script, "d%u-", (unsigned)draw_next(dice, late_ms));
        unsigned together = draw_next(dice, 10) == 0 ? 1 + (unsigned)draw_next(dice, 12) : 1;
        for (unsigned i = 0; i < together; i++)
            worlds_ask(at_us, client, script, (*number)++);
    }
}

void
worlds_turns(uint64_t *dice)
{
    unsigned widest = 1 + (unsigned)draw_next(dice, 6);
    uint64_t number = 0;
    world_begin_config(1, 1);
    world.places = 64 + 64 * (unsigned)draw_next(dice, 2);
    world.queries = 128 + (unsigned)draw_next(dice, 512);
    world.queue_per_prefix = 32 + (unsigned)draw_next(dice, 128);
    world.cookies_in = (unsigned)draw_next(dice, 4);
    world_say("cache: {size: off}, limits: {queries: %u, queue_per_prefix: %u, "
              "upstream_connections: %u, upstream_in_flight: 64}",
              world.queries, world.queue_per_prefix, world.places / 64);
    for (unsigned i = 0; i < widest; i++) {
        unsigned within = 1 + (unsigned)draw_next(dice, 3);
        for (unsigned j = 0; j < within; j++)
            ask_from(dice, (uint64_t)i << 4 | j, (1 + draw_next(dice, 40)) * KERNEL_MS, &number);
    }
}
