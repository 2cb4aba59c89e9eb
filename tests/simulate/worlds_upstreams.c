/* worlds_upstreams.c - worlds that are about upstreams, and what lies between them and the front
 * SPDX-License-Identifier: ISC
 */
#include "worlds.h"

#include "draw.h"
#include "message.h"

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

/* Of 3 questions one is for a name of a route, of 30 one for the name of a route itself, or its DS. */
static void
ask_routes(uint64_t *dice)
{
    static const char *const zones[] = {WORLD_CORP, WORLD_LAB};
    for (size_t i = 0; i < world.acts_count; i++) {
        struct act *act = &world.acts[i];
        char *end = strstr(act->text, "example");
        const char *zone = zones[draw_next(dice, 2)];
        uint64_t kind = draw_next(dice, 30);
        if (end == NULL || kind > 9)
            continue;
        strcpy(kind > 0 ? end : act->text, zone);
        if (kind == 0 && draw_next(dice, 2) == 0)
            act->number = MESSAGE_DS;
    }
}

/* @return octets of "names: …, upstreams: […]", behind what is in `text` */
static size_t
say_route(char *text, size_t used, const char *zone, uint64_t set)
{
    used +=
        (size_t)snprintf(text + used, WORLD_TEXT_MAX - used, "{names: [%s], upstreams: [", zone);
    for (unsigned i = 0; i < world.upstreams; i++)
        if ((set >> i & 1) != 0)
            used += (size_t)snprintf(text + used, WORLD_TEXT_MAX - used, "u%u,", i);
    return used + (size_t)snprintf(text + used, WORLD_TEXT_MAX - used, "]},");
}

/* What is behind the configuration for these routes. */
static void
say_routes(char text[WORLD_TEXT_MAX], uint64_t sets)
{
    size_t used = (size_t)snprintf(text, WORLD_TEXT_MAX, ", routes: [");
    if ((sets & 0xff) != 0)
        used = say_route(text, used, WORLD_CORP, sets & 0xff);
    if (sets >> 8 != 0)
        used = say_route(text, used, WORLD_LAB, sets >> 8);
    snprintf(text + used, WORLD_TEXT_MAX - used, "]");
}

/* Some names have upstreams of their own; all freeze, go silent, refuse, and processes die. */
void
worlds_routes(uint64_t *dice)
{
    char text[WORLD_TEXT_MAX];
    world_begin_config(1, 2 + (unsigned)draw_next(dice, 3));
    unsigned from = 1 + (unsigned)draw_next(dice, world.upstreams - 1);
    world.routes = ((1U << world.upstreams) - 1) & ~((1U << from) - 1);
    say_routes(text, world.routes);
    world_say("cache: {size: off}%s", text);
    worlds_ask_evenly(dice, 70 * KERNEL_S, 0, 5, 2);
    ask_routes(dice);
    for (uint64_t at_us = 5 * KERNEL_S; at_us < 45 * KERNEL_S;
         at_us += 200 * KERNEL_MS + draw_next(dice, 5 * KERNEL_S))
        worlds_fault(dice, at_us);
}

/* Routes come and go while their names are asked, and are in the cache. One upstream has all others. */
void
worlds_rerouted(uint64_t *dice)
{
    world_begin_config(1 + (unsigned)draw_next(dice, 2), 3);
    world_say("cache: {size: 4MiB}");
    worlds_ask_evenly(dice, 70 * KERNEL_S, 300, 20, 0);
    for (size_t i = 0; i < world.acts_count; i++) /* few slow names: many wait for the same one */
        if (world.acts[i].text[0] == 'd')
            snprintf(world.acts[i].text, WORLD_TEXT_MAX, "d1500-q%u.example",
                     (unsigned)draw_next(dice, 5));
    ask_routes(dice);
    for (uint64_t at_us = 5 * KERNEL_S; at_us < 68 * KERNEL_S;
         at_us += 2 * KERNEL_S + draw_next(dice, 8 * KERNEL_S)) {
        struct act *act = world_add(at_us, ACT_RELOAD, 0);
        act->number = draw_next(dice, 4) << 1 | draw_next(dice, 4) << 9;
        say_routes(act->text, act->number);
    }
}
