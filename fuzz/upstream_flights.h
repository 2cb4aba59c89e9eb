/* upstream_flights.h - queries in flight on a connection and its silence, against a plain list
 * SPDX-License-Identifier: ISC
 *
 * For fuzz_upstream.c: what is kept from event to event, and the events of one connection.
 */
#pragma once

#include "base/bytes.h"
#include "upstream/conn_fsm.h"
#include "upstream/flights.h"
#include "upstream/key_news.h"

#include "fuzz.h"

#include <string.h>

#define UPSTREAMS 4
#define OUT_MAX   (FLIGHTS_MAX + 8)

static struct world {
    uint64_t now_us;
    struct health health[UPSTREAMS];
    uint32_t least_us[UPSTREAMS], most_us[UPSTREAMS]; /* of the samples */
    struct health_quota quota;
    struct key_news news;
    uint32_t pins_seen, pin;
    struct conn_fsm fsm;
    struct flights flights;
    struct watch watch;
    struct out { /* what is in flight, in the order of writing */
        uint16_t id;
        uint32_t query; /* FLIGHTS_NOBODY: abandoned */
        uint64_t sent_us;
    } out[OUT_MAX];
    unsigned out_count;
    uint32_t written;
    uint32_t random;
} world;

static uint32_t
random_bits(void)
{
    world.random = world.random * 1664525 + 1013904223;
    return world.random;
}

static uint32_t
get_us(struct bytes_reader *r)
{
    uint8_t value = bytes_get_u8(r);
    uint32_t us = (uint32_t)(value & 15) << value / 16 * 2;
    return value == 255 ? UINT32_MAX : us;
}

/* --- in flight ------------------------------------------------------------------------------- */

static void
forget(unsigned at)
{
    world.out_count--;
    memmove(&world.out[at], &world.out[at + 1], (world.out_count - at) * sizeof world.out[0]);
}

static unsigned
oldest_awaited(void)
{
    unsigned at = 0;
    while (at < world.out_count && world.out[at].query == FLIGHTS_NOBODY)
        at++;
    return at;
}

static void
write_query(bool is_probe)
{
    uint16_t id;
    uint32_t query = is_probe ? FLIGHTS_PROBE : world.written++;
    if (is_probe && flights_probe_us(&world.flights) != 0)
        return;
    bool is_full = world.out_count == FLIGHTS_MAX;
    must(flights_add(&world.flights, query, random_bits(), world.now_us, &id) == !is_full);
    if (is_full)
        return;
    for (unsigned i = 0; i < world.out_count; i++)
        must(world.out[i].id != id);
    world.out[world.out_count++] = (struct out){id, query, world.now_us};
    must(!is_probe || flights_probe_id(&world.flights) == id);
    flights_wrote(&world.watch, world.now_us);
}

static void
end_query(uint8_t which, uint8_t how)
{
    uint16_t id = (uint16_t)(which << 8 | how);
    unsigned at = 0;
    if (how % 2 == 0 && world.out_count > 0)
        id = world.out[which % world.out_count].id;
    while (at < world.out_count && world.out[at].id != id)
        at++;
    const struct flight *flight = flights_find(&world.flights, id);
    must((flight == NULL) == (at == world.out_count));
    must(flight == NULL || flight->query == world.out[at].query);
    if (how % 4 < 2) {
        flights_end(&world.flights, id);
        must(flights_find(&world.flights, id) == NULL);
        if (at < world.out_count)
            forget(at);
        return;
    }
    bool was_awaited = flight != NULL && world.out[at].query != FLIGHTS_NOBODY;
    must(flights_abandon(&world.flights, id) == was_awaited);
    if (was_awaited)
        world.out[at].query = FLIGHTS_NOBODY;
}

static void
pop_query(void)
{
    struct flight flight;
    unsigned at = oldest_awaited();
    must(flights_pop(&world.flights, &flight) == (at < world.out_count));
    if (at == world.out_count)
        return;
    must(flight.query == world.out[at].query && flight.sent_us == world.out[at].sent_us);
    forget(at);
}

/* A walk from the oldest meets each query in the order once. */
static void
walk(uint8_t which)
{
    enum flights_walk walk = which % FLIGHTS_WALKS;
    flights_walk_anew(&world.flights, walk);
    for (unsigned i = 0; i < world.out_count; i++) {
        if (world.out[i].query == FLIGHTS_NOBODY)
            continue;
        must(flights_walk_is_at(&world.flights, walk, world.out[i].id));
        must(flights_walk_us(&world.flights, walk) == world.out[i].sent_us);
        must(flights_walk_on(&world.flights, walk) == world.out[i].query);
    }
    must(flights_walk_us(&world.flights, walk) == 0);
    must(flights_walk_on(&world.flights, walk) == FLIGHTS_NOBODY);
}

static void
check_flights(void)
{
    unsigned at = oldest_awaited(), awaited = 0, late = 0, probes = 0;
    for (unsigned i = 0; i < world.out_count; i++) {
        late += world.out[i].query == FLIGHTS_NOBODY;
        probes += world.out[i].query == FLIGHTS_PROBE;
    }
    awaited = world.out_count - late;
    must(world.flights.count == awaited && world.flights.late == late);
    must(flights_awaited(&world.flights) == awaited - probes);
    must((flights_probe_us(&world.flights) != 0) == (probes == 1) && probes <= 1);
    must(flights_oldest_us(&world.flights) == (at < world.out_count ? world.out[at].sent_us : 0));
}

static void
look(uint8_t how)
{
    struct watch_times times = flights_times(&world.health[0], 4000);
    enum watch_doubt before = world.watch.doubt;
    bool is_probed = flights_probe_us(&world.flights) != 0;
    world.watch.is_left_over = how & 1;
    uint64_t next_us = flights_next_us(&world.watch, &world.flights, &times, world.now_us);
    must(next_us >= world.now_us);
    struct watch_remedies remedies =
        flights_look(&world.watch, &world.flights, &times, world.now_us);
    must(before != WATCH_CALM || world.watch.doubt != WATCH_LEFT);
    must(world.watch.doubt != WATCH_LEFT || before == WATCH_LEFT || is_probed);
    must(remedies.leave == (world.watch.doubt == WATCH_LEFT));
    must(!remedies.probe || world.watch.doubt == WATCH_SUSPECT);
    must(before == world.watch.doubt || next_us <= world.now_us);
    uint64_t end_us = flights_end_at(&world.watch, &world.flights, &times, how & 2, 4000000);
    must((end_us != UINT64_MAX) == (world.watch.doubt == WATCH_LEFT && !world.watch.is_paused));
    must(flights_late_at(&world.watch, &world.flights, FLIGHTS_SLOW, 1000) == UINT64_MAX ||
         world.watch.doubt != WATCH_LEFT);
}

static void
hear(uint8_t how)
{
    world.watch.is_paused = how % 4 == 3;
    if (world.watch.is_paused)
        return;
    flights_heard(&world.watch, world.now_us);
    must(world.watch.doubt == WATCH_CALM);
}
