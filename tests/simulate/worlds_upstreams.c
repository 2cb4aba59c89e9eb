/* worlds_upstreams.c - worlds that are about upstreams, and what lies between them and the front
 * SPDX-License-Identifier: ISC
 */
#include "worlds.h"

#include "draw.h"

#include <stdio.h>
#include <string.h>

/* Every fifth name is answered by an error that has no question section. */
void
worlds_errors(uint64_t *dice)
{
    world_begin_config(1, 1 + (unsigned)draw_next(dice, 2));
    world_say("cache: {size: off}");
    worlds_ask_evenly(dice, 30 * KERNEL_S, 0, 0, 0);
    size_t count = world.acts_count;
    for (size_t i = 0; i < count; i++)
        if (draw_next(dice, 5) == 0)
            snprintf(world.acts[i].text, sizeof world.acts[i].text, "e-%zu.example", i);
}

/* Answers are kept for a short time and stand in for some longer, upstreams are away for longer still. */
void
worlds_stale(uint64_t *dice)
{
    static const enum act_kind kinds[] = {ACT_FREEZE, ACT_SILENCE, ACT_REFUSE};
    world_begin_config(1, 1 + (unsigned)draw_next(dice, 2));
    world.ttl_s = 10;
    world.stale_s = 40;
    world_say("cache: {size: 4MiB, ttl_max: %us, stale: %us}", (unsigned)world.ttl_s,
              (unsigned)world.stale_s);
    worlds_ask_evenly(dice, 300 * KERNEL_S, 100, 0, 0);
    uint64_t at_us = 70 * KERNEL_S, for_us = (60 + draw_next(dice, 60)) * KERNEL_S;
    for (unsigned i = 0; i < world.upstreams; i++) {
        struct act *act =
            world_add(at_us, kinds[draw_next(dice, sizeof kinds / sizeof kinds[0])], i);
        act->for_us = for_us;
    }
}

/* Workers die, or are replaced by a reload, while much is in flight. */
void
worlds_deaths(uint64_t *dice)
{
    world_begin_config(1, 1);
    world_say("cache: {size: off}");
    uint64_t number = 0;
    for (uint64_t at_us = WORLDS_BEGIN_US; at_us < 70 * KERNEL_S;
         at_us += 1 + draw_next(dice, 20 * KERNEL_MS)) {
        char script[16];
        uint64_t who = draw_next(dice, 1U << 16);
        snprintf(script, sizeof script, "d%u-", (unsigned)draw_next(dice, 800));
        worlds_ask(at_us, who, script, number++);
    }
    for (uint64_t at_us = 5 * KERNEL_S; at_us < 65 * KERNEL_S;
         at_us += 10 * KERNEL_S + draw_next(dice, 10 * KERNEL_S)) {
        enum act_kind kind = draw_next(dice, 3) == 0 ? ACT_RELOAD : ACT_KILL;
        struct act *act = world_add(at_us, kind, 0);
        act->number = kind == ACT_KILL;
        if (kind == ACT_RELOAD) /* another value that is a worker's: it is replaced */
            snprintf(act->text, sizeof act->text, ", timeouts: {connect: %us}",
                     1 + (unsigned)draw_next(dice, 8));
    }
}

/* What is said over TLS arrives a few octets at a time. */
void
worlds_pieces(uint64_t *dice)
{
    world_begin_config(1, 1 + (unsigned)draw_next(dice, 2));
    world_say("cache: {size: off}");
    world.piece_octets = 1 + (uint32_t)draw_next(dice, 40);
    worlds_ask_evenly(dice, 5 * KERNEL_S, 0, 5, 2);
}

void
worlds_rings(uint64_t *dice)
{
    world_begin_config(1 + (unsigned)draw_next(dice, 2), 1);
    world_say("cache: {size: off}");
    worlds_ask_evenly(dice, 70 * KERNEL_S, 0, 0, 0);
    for (uint64_t at_us = 5 * KERNEL_S; at_us < 45 * KERNEL_S;
         at_us += 8 * KERNEL_S + draw_next(dice, 20 * KERNEL_S)) {
        struct act *act = world_add(at_us, ACT_RING, draw_next(dice, world.lanes));
        act->number = draw_next(dice, 4);
    }
}

/* Connections are reset, and servers come back with a key that nobody pinned. */
void
worlds_keys(uint64_t *dice)
{
    world_begin_config(1, 2);
    world_say("cache: {size: off}");
    worlds_ask_evenly(dice, 60 * KERNEL_S, 0, 0, 0);
    for (uint64_t at_us = 5 * KERNEL_S; at_us < 40 * KERNEL_S;
         at_us += KERNEL_S + draw_next(dice, 8 * KERNEL_S)) {
        bool is_key = draw_next(dice, 2) == 0;
        struct act *act =
            world_add(at_us, is_key ? ACT_KEY : ACT_RESET, draw_next(dice, world.upstreams));
        act->for_us = draw_next(dice, 8000) * KERNEL_MS;
    }
}

/* Some names have upstreams of their own; all freeze, go silent, refuse, and processes die. */
void
worlds_routes(uint64_t *dice)
{
    world_begin_config(1, 2 + (unsigned)draw_next(dice, 3));
    world.routed_from = 1 + (unsigned)draw_next(dice, world.upstreams - 1);
    world_say("cache: {size: off}, routes: [{names: [corp.example], upstreams: [");
    for (unsigned i = world.routed_from; i < world.upstreams; i++)
        world_say("u%u, ", i);
    world_say("]}]");
    worlds_ask_evenly(dice, 70 * KERNEL_S, 0, 5, 2);
    size_t count = world.acts_count;
    for (size_t i = 0; i < count; i++) {
        char *end = strstr(world.acts[i].text, ".example");
        if (end != NULL && draw_next(dice, 3) == 0)
            strcpy(end, ".corp.example");
    }
    for (uint64_t at_us = 5 * KERNEL_S; at_us < 45 * KERNEL_S;
         at_us += 200 * KERNEL_MS + draw_next(dice, 5 * KERNEL_S))
        worlds_fault(dice, at_us);
}
