/* test_flights.c - ids that are unique while out, spread, free once; the order; the walks
 * SPDX-License-Identifier: ISC
 */
#include "upstream/flights.h"

#include "prng.h"

#include <criterion/criterion.h>

static struct prng prng;

Test(flights, gives_out_every_slot_once_and_then_none)
{
    static struct flights f;
    static uint8_t seen[FLIGHTS_MAX];
    prng = prng_begin("flights");
    flights_init(&f);
    uint16_t id;
    for (unsigned i = 0; i < FLIGHTS_MAX; i++) {
        cr_assert(flights_add(&f, 7, (uint32_t)prng_next(&prng), 1, &id));
        cr_assert_eq(seen[(id & (FLIGHTS_MAX - 1))], 0);
        seen[(id & (FLIGHTS_MAX - 1))] = 1;
    }
    cr_assert_not(flights_add(&f, 7, (uint32_t)prng_next(&prng), 1, &id));
    cr_assert_eq(id, 0);
}

Test(flights, never_gives_out_an_id_that_is_out)
{
    static struct flights f;
    static uint8_t out[65536];
    static uint16_t held[FLIGHTS_MAX];
    unsigned count = 0;
    prng = prng_begin("flights");
    flights_init(&f);
    for (unsigned i = 0; i < 200000; i++) {
        if (count == 0 || (count < FLIGHTS_MAX && (uint32_t)prng_next(&prng) % 100 < 55)) {
            uint16_t id;
            cr_assert(flights_add(&f, 7, (uint32_t)prng_next(&prng), 1, &id));
            cr_assert_eq(out[id], 0);
            cr_assert_not_null(flights_find(&f, id));
            out[id] = 1;
            held[count++] = id;
        } else {
            unsigned at = (uint32_t)prng_next(&prng) % count;
            flights_end(&f, held[at]);
            cr_assert_null(flights_find(&f, held[at]));
            out[held[at]] = 0;
            held[at] = held[--count];
        }
        cr_assert_eq(f.free_count, FLIGHTS_MAX - count);
    }
}

Test(flights, knows_a_wrong_id_of_a_slot_that_is_out)
{
    static struct flights f;
    flights_init(&f);
    uint16_t id;
    cr_assert(flights_add(&f, 7, 12345, 1, &id));
    for (unsigned upper = 0; upper < 64; upper++) {
        uint16_t other = (uint16_t)(upper << FLIGHTS_BITS | (id & (FLIGHTS_MAX - 1)));
        cr_assert_eq(flights_find(&f, other) != NULL, other == id);
    }
}

Test(flights, takes_an_id_back_only_once)
{
    static struct flights f;
    flights_init(&f);
    uint16_t id;
    cr_assert(flights_add(&f, 7, 99, 1, &id));
    flights_end(&f, id);
    flights_end(&f, id);
    flights_end(&f, (uint16_t)(id ^ 0x8000));
    cr_assert_eq(f.free_count, FLIGHTS_MAX);
}

Test(flights, spreads_over_all_sixteen_bits)
{
    static struct flights f;
    static uint32_t buckets[256];
    prng = prng_begin("flights");
    flights_init(&f);
    for (unsigned i = 0; i < 256000; i++) {
        uint16_t id;
        cr_assert(flights_add(&f, 7, (uint32_t)prng_next(&prng), 1, &id));
        buckets[id >> 8]++;
        flights_end(&f, id);
    }
    for (unsigned i = 0; i < 256; i++)
        cr_assert(buckets[i] > 700 && buckets[i] < 1300, "bucket %u has %u", i, buckets[i]);
}

/* --- the order ------------------------------------------------------------------------------- */

#define QUERIES 200

struct model { /* what must be in the order, oldest first */
    uint16_t ids[QUERIES];
    uint64_t sent_us[QUERIES];
    unsigned count, late;
};

static void
model_remove(struct model *model, unsigned at)
{
    for (unsigned i = at; i + 1 < model->count; i++) {
        model->ids[i] = model->ids[i + 1];
        model->sent_us[i] = model->sent_us[i + 1];
    }
    model->count--;
}

static void
assert_same(const struct flights *f, const struct model *model)
{
    cr_assert_eq(f->count, model->count);
    cr_assert_eq(f->late, model->late);
    cr_assert_eq(f->free_count, FLIGHTS_MAX - model->count - model->late);
    cr_assert_eq(flights_oldest_us(f), model->count > 0 ? model->sent_us[0] : 0);
    for (unsigned i = 0; i < model->count; i++) {
        const struct flight *flight = flights_find(f, model->ids[i]);
        cr_assert_not_null(flight);
        cr_assert_eq(flight->sent_us, model->sent_us[i]);
        cr_assert_eq(flight->older, i > 0 ? model->ids[i - 1] & (FLIGHTS_MAX - 1) : FLIGHTS_MAX);
    }
}

Test(flights, stand_in_the_order_of_writing_whatever_leaves_it)
{
    static struct flights f;
    static struct model model;
    static uint16_t late[QUERIES];
    prng = prng_begin("flights");
    flights_init(&f);
    for (uint64_t now = 1; now < 20000; now++) {
        unsigned what = (uint32_t)prng_next(&prng) % 8;
        unsigned at = model.count > 0 ? (uint32_t)prng_next(&prng) % model.count : 0;
        if (what < 4 && model.count + model.late < QUERIES) {
            model.sent_us[model.count] = now;
            cr_assert(
                flights_add(&f, 5, (uint32_t)prng_next(&prng), now, &model.ids[model.count++]));
        } else if (what < 6 && model.count > 0) {
            flights_end(&f, model.ids[at]);
            model_remove(&model, at);
        } else if (what == 6 && model.count > 0) {
            late[model.late++] = model.ids[at];
            cr_assert(flights_abandon(&f, model.ids[at]));
            cr_assert_not(flights_abandon(&f, model.ids[at]), "once only");
            model_remove(&model, at);
        } else if (model.late > 0) {
            flights_end(&f, late[--model.late]);
        }
        assert_same(&f, &model);
    }
}

Test(flights, a_late_response_is_known_and_frees_its_id)
{
    static struct flights f;
    uint16_t id;
    flights_init(&f);
    cr_assert(flights_add(&f, 3, 77, 10, &id));
    cr_assert(flights_abandon(&f, id));
    cr_assert_eq(flights_find(&f, id)->query, FLIGHTS_NOBODY);
    cr_assert_eq(flights_find(&f, id)->sent_us, 10);
    cr_assert_eq(flights_oldest_us(&f), 0);
    flights_end(&f, id);
    cr_assert_null(flights_find(&f, id));
    cr_assert_eq(f.late, 0);
    cr_assert_not(flights_abandon(&f, id), "it is not out any more");
}

Test(flights, are_popped_from_the_oldest_with_what_is_known_of_them)
{
    static struct flights f;
    struct flight flight;
    uint16_t ids[3];
    flights_init(&f);
    for (unsigned i = 0; i < 3; i++)
        cr_assert(flights_add(&f, i, i * 1000000007U, 100 + i, &ids[i]));
    flights_end(&f, ids[1]);
    cr_assert(flights_pop(&f, &flight));
    cr_assert(flight.query == 0 && flight.sent_us == 100);
    cr_assert(flights_pop(&f, &flight));
    cr_assert(flight.query == 2 && flight.sent_us == 102);
    cr_assert_not(flights_pop(&f, &flight));
    cr_assert_eq(f.free_count, FLIGHTS_MAX);
}

Test(flights, a_probe_is_in_flight_and_nobody_else_waits_for_it)
{
    static struct flights f;
    uint16_t id, probe;
    flights_init(&f);
    cr_assert_eq(flights_probe_us(&f), 0);
    cr_assert(flights_add(&f, 1, 5, 50, &id));
    cr_assert(flights_add(&f, FLIGHTS_PROBE, 6, 60, &probe));
    cr_assert_eq(flights_probe_us(&f), 60);
    cr_assert_eq(flights_probe_id(&f), probe);
    cr_assert_eq(f.count, 2);
    cr_assert_eq(flights_awaited(&f), 1);
    flights_end(&f, probe);
    cr_assert_eq(flights_probe_us(&f), 0);
    cr_assert_eq(flights_awaited(&f), 1);
    cr_assert(flights_add(&f, FLIGHTS_PROBE, 7, 70, &probe));
    cr_assert(flights_abandon(&f, probe));
    cr_assert_eq(flights_probe_us(&f), 0);
}

/* --- walks ----------------------------------------------------------------------------------- */

Test(flights, a_walk_passes_each_query_once_and_stays_beside_those_that_leave)
{
    static struct flights f;
    uint16_t ids[4];
    flights_init(&f);
    cr_assert_eq(flights_walk_us(&f, FLIGHTS_HEDGE), 0);
    cr_assert_eq(flights_walk_on(&f, FLIGHTS_HEDGE), FLIGHTS_NOBODY);
    for (unsigned i = 0; i < 4; i++)
        cr_assert(flights_add(&f, i, i * 1000000007U, 10 + i, &ids[i]));
    cr_assert_eq(flights_walk_us(&f, FLIGHTS_HEDGE), 10);
    cr_assert(flights_walk_is_at(&f, FLIGHTS_HEDGE, ids[0]));
    cr_assert_eq(flights_walk_on(&f, FLIGHTS_HEDGE), 0);
    flights_end(&f, ids[1]);
    cr_assert_eq(flights_walk_us(&f, FLIGHTS_HEDGE), 12, "the next one left meanwhile");
    cr_assert_eq(flights_walk_us(&f, FLIGHTS_SLOW), 10, "another walk has a place of its own");
    cr_assert_eq(flights_walk_on(&f, FLIGHTS_HEDGE), 2);
    cr_assert_eq(flights_walk_on(&f, FLIGHTS_HEDGE), 3);
    cr_assert_eq(flights_walk_us(&f, FLIGHTS_HEDGE), 0);
    cr_assert(flights_add(&f, 4, 4, 14, &ids[1]));
    cr_assert(flights_walk_is_at(&f, FLIGHTS_HEDGE, ids[1]), "and goes on with what comes");
    flights_walk_anew(&f, FLIGHTS_HEDGE);
    cr_assert_eq(flights_walk_us(&f, FLIGHTS_HEDGE), 10);
}
