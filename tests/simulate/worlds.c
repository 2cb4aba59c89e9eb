/* worlds.c - how worlds are built
 * SPDX-License-Identifier: ISC
 */
#include "worlds.h"

#include "draw.h"

#include <stdio.h>

#define PER_QUERY (20 * KERNEL_MS) /* at most between two, drawn: 100 queries a second */

uint64_t
worlds_client(uint64_t *dice, uint64_t below)
{
    uint64_t who = draw_next(dice, below);
    return draw_next(dice, 2) == 0 ? who : WORLDS_IPV6 + who;
}

void
worlds_ask(uint64_t at_us, uint64_t who, const char *script, uint64_t number)
{
    struct act *act = world_add(at_us, ACT_ASK, who);
    snprintf(act->text, sizeof act->text, "%sq%llu.example", script, (unsigned long long)number);
}

void
worlds_ask_evenly(uint64_t *dice, uint64_t length_us, uint64_t names, unsigned slow,
                  unsigned silent)
{
    uint64_t number = 0;
    for (uint64_t at_us = WORLDS_BEGIN_US; at_us < WORLDS_BEGIN_US + length_us;
         at_us += 1 + draw_next(dice, PER_QUERY)) {
        char script[16] = "";
        uint64_t kind = draw_next(dice, 100);
        if (kind < slow)
            snprintf(script, sizeof script, "d%u-", (unsigned)draw_next(dice, 3000));
        else if (kind < slow + silent)
            snprintf(script, sizeof script, "n-");
        uint64_t who = draw_next(dice, 1U << 16);
        worlds_ask(at_us, who, script, names > 0 ? draw_next(dice, names) : number++);
    }
}

static void
calm(uint64_t *dice)
{
    world_begin_config(1, 1);
    world_say("cache: {size: off}");
    worlds_ask_evenly(dice, 30 * KERNEL_S, 0, 0, 0);
}

static void
cached(uint64_t *dice)
{
    world_begin_config(1, 2);
    world_say("cache: {size: 4MiB}");
    worlds_ask_evenly(dice, 120 * KERNEL_S, 200, 0, 0);
}

static void
slow(uint64_t *dice)
{
    world_begin_config(1, 1 + (unsigned)draw_next(dice, 4));
    world_say("cache: {size: off}");
    worlds_ask_evenly(dice, 60 * KERNEL_S, 0, 5, 2);
}

void
worlds_fault(uint64_t *dice, uint64_t at_us)
{
    static const enum act_kind kinds[] = {ACT_FREEZE, ACT_FORGET, ACT_SILENCE,
                                          ACT_REFUSE, ACT_KILL,   ACT_STALL};
    enum act_kind kind = kinds[draw_next(dice, sizeof kinds / sizeof kinds[0])];
    bool is_ours = kind == ACT_KILL || kind == ACT_STALL;
    struct act *act =
        world_add(at_us, kind, draw_next(dice, is_ours ? world.lanes : world.upstreams));
    act->for_us = draw_next(dice, kind == ACT_STALL ? 1500 : 6000) * KERNEL_MS;
    act->number = draw_next(dice, 2);
}

static void
faults(uint64_t *dice)
{
    world_begin_config(1, 1 + (unsigned)draw_next(dice, 3));
    world_say("cache: {size: off}");
    worlds_ask_evenly(dice, 70 * KERNEL_S, 0, 5, 2);
    for (uint64_t at_us = 5 * KERNEL_S; at_us < 45 * KERNEL_S;
         at_us += 200 * KERNEL_MS + draw_next(dice, 5 * KERNEL_S))
        worlds_fault(dice, at_us);
}

static void
lanes(uint64_t *dice)
{
    world_begin_config(2 + (unsigned)draw_next(dice, 3), 2);
    world_say("cache: {size: off}");
    worlds_ask_evenly(dice, 60 * KERNEL_S, 0, 5, 0);
    for (uint64_t at_us = 5 * KERNEL_S; at_us < 40 * KERNEL_S;
         at_us += KERNEL_S + draw_next(dice, 8 * KERNEL_S)) {
        if (draw_next(dice, 3) == 0)
            world_add(at_us, ACT_RELOAD, 0);
        else
            worlds_fault(dice, at_us);
    }
}

/* Orders of calls between processes that no other world has. */
static void
preempted(uint64_t *dice)
{
    faults(dice);
    world.preemption = 1 + (unsigned)draw_next(dice, 20);
}

/* Whatever happens to the others. */
static void
one_well(uint64_t *dice)
{
    static const enum act_kind kinds[] = {ACT_FREEZE, ACT_FORGET, ACT_SILENCE, ACT_REFUSE};
    world_begin_config(1, 2 + (unsigned)draw_next(dice, 3));
    world_say("cache: {size: off}");
    worlds_ask_evenly(dice, 60 * KERNEL_S, 0, 0, 0);
    for (uint64_t at_us = 5 * KERNEL_S; at_us < 55 * KERNEL_S;
         at_us += 200 * KERNEL_MS + draw_next(dice, 4 * KERNEL_S)) {
        enum act_kind kind = kinds[draw_next(dice, sizeof kinds / sizeof kinds[0])];
        struct act *act = world_add(at_us, kind, 1 + draw_next(dice, world.upstreams - 1));
        act->for_us = draw_next(dice, 8000) * KERNEL_MS;
    }
}

/* It is told to end while questions are under way. */
static void
stopped(uint64_t *dice)
{
    unsigned lanes_count = 1 + (unsigned)draw_next(dice, 2);
    world_begin_config(lanes_count, 1 + (unsigned)draw_next(dice, 2));
    world_say("cache: {size: off}");
    worlds_ask_evenly(dice, 6 * KERNEL_S, 0, 20, 5);
    world_add(WORLDS_BEGIN_US + KERNEL_S + draw_next(dice, 5 * KERNEL_S), ACT_STOP, 0);
}

static const char *const reloaded[] = {", strategy: spread", ", strategy: ordered", "",
                                       ", timeouts: {upstream_idle: 20s}"};

/* Nobody may notice that the configuration is read again, however often. */
static void
reloads(uint64_t *dice)
{
    unsigned lanes_count = 1 + (unsigned)draw_next(dice, 2);
    world_begin_config(lanes_count, 1 + (unsigned)draw_next(dice, 3));
    world_say("cache: {size: off}");
    worlds_ask_evenly(dice, 40 * KERNEL_S, 0, 10, 0);
    uint64_t every_us = 20 * KERNEL_MS + draw_next(dice, 5 * KERNEL_S);
    for (uint64_t at_us = 3 * KERNEL_S; at_us < 40 * KERNEL_S;
         at_us += 1 + draw_next(dice, every_us)) {
        struct act *act = world_add(at_us, ACT_RELOAD, 0);
        snprintf(act->text, sizeof act->text, "%s", reloaded[draw_next(dice, 4)]);
    }
}

const struct world_row world_rows[] = {
#define WORLD(name, builder, flags, seeds, text) {#name, builder, flags, seeds, text},
#include "worlds.def"
#undef WORLD
};
const size_t world_rows_count = sizeof world_rows / sizeof world_rows[0];
