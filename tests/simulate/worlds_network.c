/* worlds_network.c - worlds that are about what the network does with datagrams
 * SPDX-License-Identifier: ISC
 */
#include "worlds.h"

#include "draw.h"
#include "world_tcp.h"

#include <stdio.h>

#define PER_MILLE 300

/* Half of the worlds have a cache, some have no filter in the kernel. */
void
worlds_network(uint64_t *dice)
{
    unsigned lanes = 1 + (unsigned)draw_next(dice, 2);
    world_begin_config(lanes, 1 + (unsigned)draw_next(dice, 2));
    world_say("cache: {size: %s}", draw_next(dice, 2) == 0 ? "off" : "4MiB");
    world.is_unfiltered = draw_next(dice, 4) == 0;
    if (world.is_unfiltered)
        world_say(", filter: {kernel: no}");
    world.chances.lost = (unsigned)draw_next(dice, PER_MILLE);
    world.chances.doubled = (unsigned)draw_next(dice, PER_MILLE);
    world.chances.late = (unsigned)draw_next(dice, PER_MILLE);
    world.chances.cut = (unsigned)draw_next(dice, PER_MILLE);
    worlds_ask_evenly(dice, 30 * KERNEL_S, draw_next(dice, 2) * 300, 5, 0);
    for (uint64_t at_us = WORLDS_BEGIN_US, number = 0; at_us < 32 * KERNEL_S;
         at_us += 1 + draw_next(dice, 200 * KERNEL_MS)) {
        struct act *act = world_add(at_us, ACT_FORGE, 0);
        act->number = draw_next(dice, 1U << 16);
        snprintf(act->text, sizeof act->text, "x-%llu.example", (unsigned long long)number++);
    }
}

#define PACING_RATE  20000
#define PACING_BURST 8000

/* A few networks ask for large answers out of the cache. */
void
worlds_pulses(uint64_t *dice)
{
    world_begin_config(1, 1);
    world.pacing_wait_ms = 50 + (uint32_t)draw_next(dice, 1000);
    world_say("cache: {size: 4MiB}, pacing: {rate: %u, burst: %u, wait: %ums}", PACING_RATE,
              PACING_BURST, world.pacing_wait_ms);
    world.pacing_rate = PACING_RATE;
    world.pacing_burst = PACING_BURST;
    world.cookies_in = 5;
    uint64_t every_us = (4 + draw_next(dice, 40)) * KERNEL_MS;
    for (uint64_t at_us = WORLDS_BEGIN_US; at_us < 20 * KERNEL_S;
         at_us += 1 + draw_next(dice, every_us)) {
        uint64_t network = draw_next(dice, 3) << 8, who = network + worlds_client(dice, 40);
        char script[16];
        snprintf(script, sizeof script, "b%u-", 1 + (unsigned)draw_next(dice, 70));
        worlds_ask(at_us, who, script, draw_next(dice, 10));
    }
}
