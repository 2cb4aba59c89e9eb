/* worlds_clients.c - worlds that are about clients
 * SPDX-License-Identifier: ISC
 */
#include "worlds.h"

#include "draw.h"

#include <stdio.h>

/* Clients over IPv6, who spell their names each in another way. */
void
worlds_private(uint64_t *dice)
{
    world_begin_config(1, 1);
    world_say("cache: {size: off}");
    for (uint64_t at_us = WORLDS_BEGIN_US; at_us < 20 * KERNEL_S;
         at_us += 1 + draw_next(dice, 10 * KERNEL_MS)) {
        uint64_t who = 1ULL << 32 | draw_next(dice, 1U << 24);
        struct act *act = world_add(at_us, ACT_ASK, who);
        snprintf(act->text, sizeof act->text, "wHoSpElLsIt-%06x.eXaMpLe", (unsigned)who & 0xffffff);
        for (char *at = act->text; *at != '\0'; at++)
            if (*at >= 'a' && *at <= 'z' && draw_next(dice, 2) == 0)
                *at = (char)(*at - 'a' + 'A');
    }
}

void
worlds_cookies(uint64_t *dice)
{
    static const int jumps_s[] = {1000, 2000, 4000, 86400, -100, -2000, -4000};
    world_begin_config(1, 1);
    world_say("cache: {size: off}");
    world.cookies_in = 1;
    for (uint64_t at_us = WORLDS_BEGIN_US, number = 0; at_us < 60 * KERNEL_S;
         at_us += 1 + draw_next(dice, 100 * KERNEL_MS))
        worlds_ask(at_us, draw_next(dice, 16), "", number++);
    for (uint64_t at_us = 4 * KERNEL_S; at_us < 55 * KERNEL_S;
         at_us += 1 + draw_next(dice, 6 * KERNEL_S)) {
        struct act *act = world_add(at_us, ACT_CLOCK, 0);
        act->number = (uint64_t)jumps_s[draw_next(dice, sizeof jumps_s / sizeof jumps_s[0])];
    }
}

/* --- crowds ---------------------------------------------------------------------------------- */

#define QUERIES   1024
#define PLACES    256                           /* at the worker */
#define FLOOD_US  400                           /* eight networks are no more than a front reads */
#define HONEST    (200U << 16 | 7U << 8 | 200U) /* 10.200.7.200, and one in each /20 behind */
#define HONEST_BY 4

/* Names that are answered late or never, so that each holds its place for long. */
static void
flood(uint64_t *dice, uint64_t network, unsigned addresses, bool is_silent)
{
    uint64_t per_query_us = FLOOD_US + draw_next(dice, 12 * KERNEL_MS), number = 0;
    uint64_t end_us = 12 * KERNEL_S + draw_next(dice, 10 * KERNEL_S);
    for (uint64_t at_us = 6 * KERNEL_S; at_us < end_us;
         at_us += 1 + draw_next(dice, per_query_us)) {
        uint64_t client = network << 8 | (1 + draw_next(dice, addresses));
        unsigned late_ms = 200 + (unsigned)draw_next(dice, 600);
        struct act *act = world_add(at_us, ACT_FLOOD, client);
        char script[16] = "n";
        if (!is_silent)
            snprintf(script, sizeof script, "d%u", late_ms);
        snprintf(act->text, sizeof act->text, "%s-%llu-%llu%s.example", script,
                 (unsigned long long)network, (unsigned long long)number++,
                 world.routes != 0 ? ".corp" : "");
    }
}

/* Some ask now and then, each from a network of its own; others ask as fast as they can, in networks
 * of their own and in that of the first. */
static void
crowd(uint64_t *dice, bool is_silent)
{
    unsigned networks = 1 + (unsigned)draw_next(dice, 8);
    bool is_within = draw_next(dice, 2) == 0;
    world_say("cache: {size: off}, limits: {queries: %u, queue_per_prefix: %u, "
              "upstream_connections: 4, upstream_in_flight: %u}",
              QUERIES, QUERIES / 4, PLACES / 4);
    world.turn_us = (uint64_t)(networks + HONEST_BY) * world.query_ms * KERNEL_MS / PLACES;
    for (uint64_t at_us = WORLDS_BEGIN_US, number = 0; at_us < 26 * KERNEL_S;
         at_us += 20 * KERNEL_MS + draw_next(dice, 200 * KERNEL_MS)) {
        uint64_t who = HONEST + (draw_next(dice, HONEST_BY) << 12);
        worlds_ask(at_us, who, "", number++);
    }
    if (is_within)
        flood(dice, HONEST >> 8, 8, is_silent);
    for (unsigned i = is_within; i < networks; i++) {
        unsigned addresses = 1 + (unsigned)draw_next(dice, 100);
        flood(dice, (100U << 8) + i * 16, addresses, is_silent);
    }
}

void
worlds_crowd(uint64_t *dice)
{
    world_begin_config(1, 1);
    crowd(dice, false);
}

void
worlds_silent(uint64_t *dice)
{
    world_begin_config(1, 1);
    crowd(dice, true);
}

/* What floods are for is asked of an upstream of its own. */
void
worlds_route_flood(uint64_t *dice)
{
    world_begin_config(1, 2);
    world.routes = 1U << 1;
    world_say("routes: [{names: [" WORLD_CORP "], upstreams: [u1]}], ");
    crowd(dice, true);
    world.turn_us = 0;
}
