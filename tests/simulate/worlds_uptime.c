/* worlds_uptime.c - worlds of weeks and months, in which little is asked
 * SPDX-License-Identifier: ISC
 *
 * What a dense world never meets: counters of time that begin again, what is kept for days, and what
 * happens once a month. Around each moment at which a counter begins again much is asked.
 */
#include "worlds.h"

#include "draw.h"
#include "world_tcp.h"

#include <stdio.h>

#define HOUR        (3600 * KERNEL_S)
#define CLIENTS     16
#define SHORT_SEEDS 1000
#define IDLE_S      3 /* timeouts.tcp_idle */
#define NAMES       48
#define APART       (40 * UINT64_C(60) * KERNEL_S) /* at most between two visits, drawn */
#define AROUND      (8 * KERNEL_S)                 /* a moment at which a counter begins again */
#define WRAP_BITS   32

static uint64_t conns, numbers; /* so far */

/* --- when ------------------------------------------------------------------------------------ */

/* Monotonic: microseconds and milliseconds, in 31 bits and in 32. */
static const uint64_t wraps_us[] = {UINT64_C(1) << (WRAP_BITS - 1), UINT64_C(1) << WRAP_BITS,
                                    (UINT64_C(1) << (WRAP_BITS - 1)) * KERNEL_MS,
                                    (UINT64_C(1) << WRAP_BITS) * KERNEL_MS};
#define WRAPS (sizeof wraps_us / sizeof wraps_us[0])

/* A machine that has just begun, or, most often, a little before one of its clocks begins again. */
static void
begin_anywhere(uint64_t *dice, uint64_t length_us)
{
    uint64_t back_us = length_us / 2 < 2 * HOUR ? length_us / 2 : 2 * HOUR;
    uint64_t wrap_us = wraps_us[draw_next(dice, WRAPS)];
    world.begin_us = KERNEL_S + draw_next(dice, 10 * KERNEL_S);
    if (draw_next(dice, 5) > 0)
        world.begin_us = wrap_us - draw_next(dice, wrap_us / 2 < back_us ? wrap_us / 2 : back_us);
    uint64_t wall_bits = WRAP_BITS - draw_next(dice, 2);
    if (draw_next(dice, 3) > 0)
        world.wall_s = (int64_t)((UINT64_C(1) << wall_bits) - draw_next(dice, back_us / KERNEL_S));
}

/* The first seeds play hours, so that a test run has time for them, the others up to months. */
static uint64_t
draw_length(uint64_t *dice)
{
    static const unsigned most_days[] = {2, 7, 30, 60};
    if (world.seed < SHORT_SEEDS)
        return (1 + draw_next(dice, 5)) * HOUR;
    return (1 + draw_next(dice, most_days[draw_next(dice, 4)])) * KERNEL_DAY;
}

/* Call `happen` where a counter begins again within the world. */
static void
at_wraps(uint64_t *dice, uint64_t length_us, void (*happen)(uint64_t *dice, uint64_t at_us))
{
    uint64_t walls[] = {UINT64_C(1) << (WRAP_BITS - 1), UINT64_C(1) << WRAP_BITS};
    for (size_t i = 0; i < WRAPS; i++)
        if (wraps_us[i] > world.begin_us + WORLDS_BEGIN_US + AROUND &&
            wraps_us[i] < world.begin_us + length_us)
            happen(dice, wraps_us[i] - world.begin_us);
    for (size_t i = 0; i < sizeof walls / sizeof walls[0]; i++) {
        uint64_t at_us = (walls[i] - (uint64_t)world.wall_s) * KERNEL_S;
        if (world.wall_s > 0 && walls[i] > (uint64_t)world.wall_s + 16 && at_us < length_us)
            happen(dice, at_us);
    }
}

/* --- who asks -------------------------------------------------------------------------------- */

/* Names live for a minute, for an hour, for days; some are answered late, and live as usual. */
static void
ask_one(uint64_t *dice, uint64_t at_us, uint64_t who)
{
    static const unsigned lives_s[] = {5, 60, 300, 3600, 40000, 86400, 200000, 604800};
    uint64_t number = draw_next(dice, NAMES);
    char script[16] = "";
    if (draw_next(dice, 8) == 0) {
        snprintf(script, sizeof script, "d%u-", (unsigned)draw_next(dice, 2500));
        number = numbers++;
    } else if (number % 9 < 8) {
        snprintf(script, sizeof script, "l%u-", lives_s[number % 9]);
    }
    worlds_ask(at_us, who, script, number);
}

static void
ask_over_tcp(uint64_t *dice, uint64_t at_us, uint64_t who)
{
    uint64_t conn = conns++;
    if (conn >= TCP_CONNS_MAX)
        return;
    world_add(at_us, ACT_CONNECT, who)->number = conn;
    for (uint64_t i = 1 + draw_next(dice, 3); i-- > 0; at_us += draw_next(dice, 3 * KERNEL_S)) {
        struct act *act = world_add(at_us + KERNEL_MS, ACT_SAY, conn);
        snprintf(act->text, sizeof act->text, "t%llu.example", (unsigned long long)numbers++);
    }
}

/* Some queries of one client within some seconds. */
static void
visit(uint64_t *dice, uint64_t at_us)
{
    uint64_t who = worlds_client(dice, CLIENTS);
    if (draw_next(dice, 16) == 0)
        ask_over_tcp(dice, at_us, who);
    for (uint64_t i = 1 + draw_next(dice, 4); i-- > 0; at_us += draw_next(dice, 2 * KERNEL_S))
        ask_one(dice, at_us, who);
}

static void
visit_around(uint64_t *dice, uint64_t at_us)
{
    uint64_t from_us = at_us - AROUND, to_us = at_us + AROUND;
    uint64_t before_us = draw_next(dice, 3 * KERNEL_S); /* arguments are drawn in no order */
    ask_over_tcp(dice, at_us - before_us, worlds_client(dice, CLIENTS));
    for (uint64_t then_us = from_us; then_us < to_us; then_us += 1 + draw_next(dice, KERNEL_S))
        ask_one(dice, then_us, worlds_client(dice, 4));
    if (draw_next(dice, 3) == 0) /* it heals on the other side */
        worlds_fault(dice, at_us - draw_next(dice, 3 * KERNEL_S));
    for (uint64_t i = 1; i < 8; i++)
        visit(dice, at_us + i * 25 * KERNEL_S);
}

/* Between two things that happen, at most. */
static uint64_t
seldom_us(uint64_t length_us)
{
    return length_us / 3 < 9 * KERNEL_DAY ? length_us / 3 : 9 * KERNEL_DAY;
}

/* --- what happens once in a while ------------------------------------------------------------ */

/* Days or months apart; somebody asks before, and when it is over. */
static void
happen_seldom(uint64_t *dice, uint64_t at_us)
{
    static const enum act_kind kinds[] = {ACT_RELOAD, ACT_ROLL,  ACT_ROLL,
                                          ACT_CLOCK,  ACT_CLOCK, ACT_TICKETS};
    static const int64_t jumps_s[] = {1,    -1,    3600,  -3600,      -2000,
                                      -900, 40000, 86400, 31 * 86400, -7 * 86400};
    static const char *const texts[] = {"", ", strategy: spread", ", strategy: ordered"};
    uint64_t who = worlds_client(dice, CLIENTS) & ~UINT64_C(1); /* it has a cookie */
    ask_one(dice, at_us - 1 - draw_next(dice, 600 * KERNEL_S), who);
    worlds_ask(at_us - HOUR * 5 / 6, who, "l3600-", NAMES); /* over when it is asked again */
    worlds_ask(at_us + HOUR / 4, who, "l3600-", NAMES);
    if (draw_next(dice, 3) == 0) {
        worlds_fault(dice, at_us);
    } else if (draw_next(dice, 4) == 0) { /* a certificate was renewed: the server began anew */
        uint64_t upstream = draw_next(dice, world.upstreams);
        (void)world_add(at_us, ACT_TICKETS, upstream);
        (void)world_add(at_us, ACT_FORGET, upstream);
    } else {
        enum act_kind kind = kinds[draw_next(dice, sizeof kinds / sizeof kinds[0])];
        struct act *act = world_add(at_us, kind, draw_next(dice, world.upstreams));
        if (kind == ACT_CLOCK)
            act->number = (uint64_t)jumps_s[draw_next(dice, sizeof jumps_s / sizeof jumps_s[0])];
        if (kind == ACT_RELOAD)
            snprintf(act->text, sizeof act->text, "%s", texts[draw_next(dice, 3)]);
    }
    ask_one(dice, at_us + 2 * KERNEL_S + draw_next(dice, 600 * KERNEL_S), who);
    visit(dice, at_us + 20 * KERNEL_S);
}

/* More deaths of one process than a minute may have, some minutes apart. */
static void
die_often(uint64_t *dice, uint64_t at_us)
{
    uint64_t lane = draw_next(dice, world.lanes), number = draw_next(dice, 2);
    for (unsigned i = 0; i < 12; i++, at_us += 90 * KERNEL_S + draw_next(dice, 400 * KERNEL_S)) {
        world_add(at_us, ACT_KILL, lane)->number = number;
        visit(dice, at_us + 20 * KERNEL_S);
    }
}

void
worlds_uptime(uint64_t *dice)
{
    uint64_t length_us = draw_length(dice);
    conns = numbers = 0;
    begin_anywhere(dice, length_us);
    unsigned lanes = 1 + (unsigned)draw_next(dice, 2); /* arguments are drawn in no order */
    world_begin_config(lanes, 1 + (unsigned)draw_next(dice, 3));
    world.ttl_s = draw_next(dice, 2) == 0 ? 86400 : 604800;
    world.tcp_idle_ms = 1000 * IDLE_S;
    world_say("cache: {size: 4MiB, ttl_max: %us}, ", (unsigned)world.ttl_s);
    world_say("timeouts: {tcp_idle: %us}, ", IDLE_S);
    world_say("cookies: {previous_secret: \"%032x\", secret: \"%032x\"}", 1, 2);
    world.cookies_in = 2;
    for (uint64_t at_us = WORLDS_BEGIN_US; at_us < length_us; at_us += 1 + draw_next(dice, APART))
        visit(dice, at_us);
    for (uint64_t at_us = HOUR; at_us < length_us;
         at_us += HOUR / 4 + draw_next(dice, seldom_us(length_us)))
        happen_seldom(dice, at_us);
    at_wraps(dice, length_us, visit_around);
    if (draw_next(dice, 2) == 0)
        die_often(dice, draw_next(dice, length_us) / 2 + WORLDS_BEGIN_US);
}

/* --- rates ----------------------------------------------------------------------------------- */

/* More than a client may ask, within a second or two. */
static void
burst(uint64_t *dice, uint64_t at_us)
{
    uint64_t who = worlds_client(dice, 6);
    for (uint64_t i = draw_next(dice, 200); i-- > 0; at_us += 1 + draw_next(dice, 20 * KERNEL_MS))
        worlds_ask(at_us, who, "", numbers++);
}

static void
burst_around(uint64_t *dice, uint64_t at_us)
{
    for (uint64_t then_us = at_us - AROUND; then_us < at_us + AROUND;
         then_us += 1 + draw_next(dice, KERNEL_S))
        burst(dice, then_us);
}

void
worlds_uptime_rates(uint64_t *dice)
{
    uint64_t length_us = draw_length(dice);
    conns = numbers = 0;
    begin_anywhere(dice, length_us);
    worlds_begin_rates(dice);
    world_say("cache: {size: off}");
    for (uint64_t at_us = WORLDS_BEGIN_US; at_us < length_us;
         at_us += 1 + draw_next(dice, 6 * APART))
        burst(dice, at_us);
    for (uint64_t at_us = HOUR; at_us < length_us;
         at_us += HOUR / 4 + draw_next(dice, seldom_us(length_us)))
        (void)world_add(at_us, ACT_RELOAD, 0);
    at_wraps(dice, length_us, burst_around);
}
