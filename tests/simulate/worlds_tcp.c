/* worlds_tcp.c - worlds of clients over TCP
 * SPDX-License-Identifier: ISC
 */
#include "worlds.h"

#include "draw.h"
#include "world_tcp.h"

#include <stdio.h>

#define IDLE_MS 3000

static uint64_t conns, names; /* so far */

static void
begin_tcp(unsigned upstreams)
{
    conns = names = 0;
    world_begin_config(1, upstreams);
    world.tcp_idle_ms = IDLE_MS;
    world_say("cache: {size: off}, timeouts: {tcp_idle: %us}", IDLE_MS / 1000);
}

static void
say(uint64_t at_us, uint64_t conn, const char *script)
{
    struct act *act = world_add(at_us, ACT_SAY, conn);
    snprintf(act->text, sizeof act->text, "%st%llu.example", script, (unsigned long long)names++);
}

static uint64_t
connect_at(uint64_t at_us, enum act_kind kind, uint64_t who, uint64_t pieces, uint64_t window)
{
    struct act *act = world_add(at_us, kind, who);
    act->number = window << 32 | pieces << 16 | conns;
    return conns++;
}

/* A few queries, in one segment or one after the other. @return when the last is said */
static uint64_t
talk(uint64_t *dice, uint64_t at_us, uint64_t conn, unsigned most)
{
    unsigned count = 1 + (unsigned)draw_next(dice, most);
    uint64_t apart_us = draw_next(dice, 2) == 0 ? 0 : draw_next(dice, 300 * KERNEL_MS);
    for (unsigned i = 0; i < count; i++, at_us += apart_us) {
        char script[16] = "";
        if (draw_next(dice, 3) == 0)
            snprintf(script, sizeof script, "d%u-", (unsigned)draw_next(dice, 2500));
        say(at_us, conn, script);
    }
    return at_us - apart_us;
}

/* How it ends: most leave it to the front. */
static void
part(uint64_t *dice, uint64_t at_us, uint64_t conn)
{
    static const unsigned junk[] = {0, 5, 11, 40, 300, 4096, 4097, 65535};
    uint64_t then_us = at_us + 1;
    if (draw_next(dice, 2) == 0)
        then_us += draw_next(dice, 3 * KERNEL_S);
    switch (draw_next(dice, 10)) {
    case 0:
    case 1:
    case 2:
        world_add(then_us, ACT_HANG_UP, conn)->number = TCP_HANG_UP_HALF;
        break;
    case 3:
        world_add(then_us, ACT_HANG_UP, conn)->number = TCP_HANG_UP_CLOSE;
        break;
    case 4:
        world_add(then_us, ACT_HANG_UP, conn)->number = TCP_HANG_UP_RESET;
        break;
    case 5:
        world_add(then_us, ACT_JUNK, conn)->number = junk[draw_next(dice, 8)];
        break;
    case 6:
        world_add(at_us, ACT_DEAF, conn)->for_us = draw_next(dice, 7 * KERNEL_S);
        break;
    default:
        break;
    }
}

/* Some send octet by octet, some have a window of a few octets, some pipeline. */
static void
tcp(uint64_t *dice)
{
    for (uint64_t at_us = WORLDS_BEGIN_US; at_us < 40 * KERNEL_S;
         at_us += 1 + draw_next(dice, 200 * KERNEL_MS)) {
        uint64_t who = worlds_client(dice, 1U << 16);
        uint64_t pieces = draw_next(dice, 3) == 0 ? 1 + draw_next(dice, 8) : 0;
        /* not both: that is too slow a reader (TCP_STALL_MS) */
        uint64_t window = pieces == 0 && draw_next(dice, 3) == 0 ? 16 + draw_next(dice, 600) : 0;
        uint64_t conn = connect_at(at_us, ACT_CONNECT, who, pieces, window);
        unsigned most = draw_next(dice, 20) == 0 ? 150 : 6;
        if (draw_next(dice, 20) > 0) /* else it says nothing */
            part(dice, talk(dice, at_us + draw_next(dice, KERNEL_S), conn, most), conn);
    }
}

void
worlds_tcp(uint64_t *dice)
{
    begin_tcp(1 + (unsigned)draw_next(dice, 2));
    tcp(dice);
}

void
worlds_tcp_faults(uint64_t *dice)
{
    begin_tcp(1 + (unsigned)draw_next(dice, 2));
    tcp(dice);
    for (uint64_t at_us = 5 * KERNEL_S; at_us < 38 * KERNEL_S;
         at_us += 200 * KERNEL_MS + draw_next(dice, 6 * KERNEL_S))
        worlds_fault(dice, at_us);
}

/* --- more connections than slots ------------------------------------------------------------- */

#define SLOTS     32
#define HONEST    (200U << 16 | 7U << 8 | 200U) /* and one in each /20 behind */
#define HONEST_BY 4

/* Connections that are held, with a query that is answered late, or with none. */
static void
crowd_in(uint64_t *dice, uint64_t network, unsigned addresses)
{
    uint64_t apart_us = 1 + draw_next(dice, 60 * KERNEL_MS);
    for (uint64_t at_us = 4 * KERNEL_S; at_us < 14 * KERNEL_S && conns < TCP_CONNS_MAX - 512;
         at_us += 1 + draw_next(dice, apart_us)) {
        uint64_t who = network << 8 | (1 + draw_next(dice, addresses));
        uint64_t conn = connect_at(at_us, ACT_CROWD_IN, who, 0, 0);
        uint64_t later_us = draw_next(dice, KERNEL_S);
        bool is_silent = draw_next(dice, 4) > 0;
        if (draw_next(dice, 8) > 0)
            say(at_us + later_us, conn, is_silent ? "n-" : "d700-");
    }
}

/* Some have one connection now and then, each from a network of its own. */
void
worlds_tcp_crowd(uint64_t *dice)
{
    unsigned networks = 1 + (unsigned)draw_next(dice, 6);
    begin_tcp(1);
    world_say(", limits: {tcp_clients: %u, tcp_per_prefix: %u}", SLOTS, SLOTS / 4);
    world.is_tcp_crowded = true;
    for (unsigned i = 0; i < HONEST_BY; i++)
        for (uint64_t at_us = WORLDS_BEGIN_US + draw_next(dice, KERNEL_S); at_us < 18 * KERNEL_S;
             at_us += IDLE_MS * KERNEL_MS + KERNEL_S) {
            uint64_t conn = connect_at(at_us, ACT_CONNECT, HONEST + (i << 12), 0, 0);
            unsigned count = 1 + (unsigned)draw_next(dice, 4);
            for (unsigned asked = 0; asked < count; asked++)
                say(at_us + asked * (IDLE_MS / 12) * KERNEL_MS, conn,
                    draw_next(dice, 2) == 0 ? "" : "d300-");
            world_add(at_us + IDLE_MS * KERNEL_MS, ACT_HANG_UP, conn)->number = TCP_HANG_UP_CLOSE;
        }
    for (unsigned i = 0; i < networks; i++)
        crowd_in(dice, (100U << 8) + i * 16, 1 + (unsigned)draw_next(dice, 100));
}
