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

/* --- silence --------------------------------------------------------------------------------- */

Test(flights, the_table_of_silence_is_as_drawn)
{
    static const struct {
        enum watch_doubt doubt;
        enum watch_sign sign;
        enum watch_doubt next;
        struct watch_remedies remedies;
    } rows[] = {
        {WATCH_CALM, WATCH_QUIET, WATCH_SUSPECT, {.probe = true}},
        {WATCH_CALM, WATCH_STILL, WATCH_CALM, {0}},
        {WATCH_CALM, WATCH_HEARD, WATCH_CALM, {0}},
        {WATCH_SUSPECT, WATCH_QUIET, WATCH_SUSPECT, {0}},
        {WATCH_SUSPECT, WATCH_STILL, WATCH_LEFT, {.leave = true}},
        {WATCH_SUSPECT, WATCH_HEARD, WATCH_CALM, {0}},
        {WATCH_LEFT, WATCH_QUIET, WATCH_LEFT, {0}},
        {WATCH_LEFT, WATCH_STILL, WATCH_LEFT, {0}},
        {WATCH_LEFT, WATCH_HEARD, WATCH_CALM, {0}},
    };
    cr_assert_eq(sizeof rows / sizeof rows[0], (size_t)WATCH_DOUBTS * WATCH_SIGNS);
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct watch_step step = flights_step(rows[i].doubt, rows[i].sign);
        cr_assert_eq(step.doubt, rows[i].next, "row %u", i);
        cr_assert_eq(step.remedies.probe, rows[i].remedies.probe, "row %u", i);
        cr_assert_eq(step.remedies.leave, rows[i].remedies.leave, "row %u", i);
    }
}

Test(flights, any_octet_ends_a_suspicion_and_costs_nothing)
{
    for (unsigned doubt = 0; doubt < WATCH_DOUBTS; doubt++) {
        struct watch_step step = flights_step(doubt, WATCH_HEARD);
        cr_assert_eq(step.doubt, WATCH_CALM);
        cr_assert(!step.remedies.probe && !step.remedies.leave);
    }
}

#define SUSPECT_US 100000U
#define ANSWER_US  50000U
#define SILENCE_US 1000000U

static const struct watch_times times = {SUSPECT_US, ANSWER_US, SILENCE_US};

struct quiet { /* a scene in times; 0: not so */
    uint64_t heard_us, unheard_us, oldest_us, probe_us, suspected_us;
};

/* @param doubt  the state of a connection with such times */
static struct watch
play(enum watch_doubt doubt, struct quiet quiet, struct flights *flights)
{
    uint16_t id;
    flights_init(flights);
    if (quiet.oldest_us != 0)
        cr_assert(flights_add(flights, 1, 99, quiet.oldest_us, &id));
    if (quiet.probe_us != 0)
        cr_assert(flights_add(flights, FLIGHTS_PROBE, 98, quiet.probe_us, &id));
    return (struct watch){.doubt = doubt,
                          .heard_us = quiet.heard_us,
                          .unheard_us = quiet.unheard_us,
                          .suspected_us = quiet.suspected_us};
}

static uint64_t
at(enum watch_doubt doubt, struct quiet quiet)
{
    static struct flights flights;
    struct watch watch = play(doubt, quiet, &flights);
    return flights_sign_at(&watch, &flights, &times);
}

Test(flights, nothing_in_flight_is_never_silence)
{
    cr_assert_eq(at(WATCH_CALM, (struct quiet){.heard_us = 5}), UINT64_MAX);
}

Test(flights, a_query_that_nothing_followed_is_due_soon)
{
    struct quiet quiet = {.heard_us = 1000, .unheard_us = 7000, .oldest_us = 7000};
    cr_assert_eq(at(WATCH_CALM, quiet), 7000 + SUSPECT_US);
    /* however long a slow name waits beside it */
    quiet.oldest_us = 1;
    quiet.heard_us = 3000000;
    quiet.unheard_us = 3000001;
    cr_assert_eq(at(WATCH_CALM, quiet), 3000001 + SUSPECT_US);
}

Test(flights, only_a_probe_that_nothing_followed_proves_anything)
{
    struct quiet quiet = {.unheard_us = 1, .oldest_us = 1, .suspected_us = 100001};
    cr_assert_eq(at(WATCH_SUSPECT, quiet), 0, "it must be written first");
    quiet.probe_us = 100001;
    cr_assert_eq(at(WATCH_SUSPECT, quiet), 100001 + ANSWER_US);
    quiet.probe_us = 400000; /* when there was room at last */
    cr_assert_eq(at(WATCH_SUSPECT, quiet), 400000 + ANSWER_US);
    quiet.probe_us = 2; /* one of a quiet time */
    cr_assert_eq(at(WATCH_SUSPECT, quiet), 100001 + ANSWER_US);
    cr_assert_eq(at(WATCH_LEFT, quiet), UINT64_MAX);
}

/* A name that takes so long, alone on its connection; each probe is answered after `rtt_us`. */
static unsigned
probes_beside(uint64_t name_us, uint64_t rtt_us)
{
    struct quiet quiet = {.unheard_us = 1, .oldest_us = 1};
    unsigned probes = 0;
    for (uint64_t now; (now = at(WATCH_CALM, quiet)) < name_us; probes++) {
        quiet.suspected_us = quiet.probe_us = now;
        cr_assert(at(WATCH_SUSPECT, quiet) > now + rtt_us, "the answer comes first");
        quiet.heard_us = now + rtt_us;
        quiet.probe_us = quiet.unheard_us = 0;
    }
    return probes;
}

Test(flights, a_slow_name_costs_a_few_probes)
{
    cr_assert_eq(probes_beside(99000, 1000), 0);
    cr_assert_eq(probes_beside(150000, 1000), 1);
    cr_assert(probes_beside(4000000, 1000) <= 6, "%u", probes_beside(4000000, 1000));
    cr_assert(probes_beside(30000000, 40000) <= 9, "%u", probes_beside(30000000, 40000));
}

Test(flights, one_that_freezes_beside_a_slow_name_is_found)
{
    /* heard last when the name had waited for a second: asked when it has waited for two */
    struct quiet quiet = {.heard_us = 1000001, .oldest_us = 1};
    cr_assert_eq(at(WATCH_CALM, quiet), 2000001);
    quiet.heard_us = 2; /* nearly at once */
    cr_assert_eq(at(WATCH_CALM, quiet), 2 + SUSPECT_US);
}

/* --- what follows ---------------------------------------------------------------------------- */

Test(flights, a_look_before_its_time_asks_for_nothing)
{
    static struct flights flights;
    struct watch watch =
        play(WATCH_CALM, (struct quiet){.unheard_us = 10, .oldest_us = 10}, &flights);
    cr_assert_not(flights_look(&watch, &flights, &times, 10 + SUSPECT_US - 1).probe);
    cr_assert_eq(watch.doubt, WATCH_CALM);
    cr_assert_eq(flights_next_us(&watch, &flights, &times, 20), 10 + SUSPECT_US);
}

Test(flights, silence_leads_to_a_probe_and_then_elsewhere)
{
    static struct flights flights;
    struct watch watch =
        play(WATCH_CALM, (struct quiet){.unheard_us = 10, .oldest_us = 10}, &flights);
    uint64_t now = 10 + SUSPECT_US;
    uint16_t id;
    cr_assert(flights_look(&watch, &flights, &times, now).probe);
    cr_assert_eq(watch.doubt, WATCH_SUSPECT);
    cr_assert_eq(watch.suspected_us, now);
    /* there was no room for the probe: asked for again, soon */
    cr_assert_eq(flights_next_us(&watch, &flights, &times, now), now + WATCH_AGAIN_US);
    cr_assert(flights_look(&watch, &flights, &times, now + 1).probe);
    cr_assert(flights_add(&flights, FLIGHTS_PROBE, 3, now, &id));
    cr_assert_not(flights_look(&watch, &flights, &times, now + ANSWER_US - 1).leave);
    cr_assert_eq(flights_next_us(&watch, &flights, &times, now), now + ANSWER_US);
    cr_assert(flights_look(&watch, &flights, &times, now + ANSWER_US).leave);
    cr_assert_eq(watch.doubt, WATCH_LEFT);
    cr_assert(flights_look(&watch, &flights, &times, now + ANSWER_US + 1).leave, "at every look");
}

Test(flights, what_is_left_over_is_tried_again)
{
    static struct flights flights;
    struct watch watch = play(WATCH_LEFT, (struct quiet){.oldest_us = 10}, &flights);
    cr_assert_eq(flights_next_us(&watch, &flights, &times, 500), UINT64_MAX);
    watch.is_left_over = true;
    cr_assert_eq(flights_next_us(&watch, &flights, &times, 500), 500 + WATCH_AGAIN_US);
}

Test(flights, a_pause_of_ours_is_no_silence)
{
    static struct flights flights;
    for (unsigned doubt = 0; doubt < WATCH_DOUBTS; doubt++) {
        struct watch watch =
            play(doubt, (struct quiet){.unheard_us = 10, .oldest_us = 10}, &flights);
        watch.is_paused = true;
        cr_assert_eq(flights_sign_at(&watch, &flights, &times), UINT64_MAX);
        cr_assert_eq(flights_late_at(&watch, &flights, FLIGHTS_HEDGE, 5), UINT64_MAX);
        cr_assert_eq(flights_end_at(&watch, &flights, &times, true, 4000000), UINT64_MAX);
    }
}

Test(flights, one_that_is_left_ends_when_nobody_waits_or_its_place_is_needed)
{
    static struct flights flights;
    struct watch watch =
        play(WATCH_LEFT, (struct quiet){.oldest_us = 10, .probe_us = 20, .suspected_us = 1000},
             &flights);
    cr_assert_eq(flights_end_at(&watch, &flights, &times, false, 4000000), 4001000);
    cr_assert_eq(flights_end_at(&watch, &flights, &times, true, 4000000), 1000 + SILENCE_US);
    struct flight oldest;
    cr_assert(flights_pop(&flights, &oldest));
    cr_assert_eq(flights_end_at(&watch, &flights, &times, false, 4000000), 0,
                 "our probe waits alone");
    flights_heard(&watch, 2000);
    cr_assert_eq(flights_end_at(&watch, &flights, &times, false, 4000000), UINT64_MAX);
}

Test(flights, what_was_heard_ends_every_suspicion)
{
    static struct flights flights;
    for (unsigned doubt = 0; doubt < WATCH_DOUBTS; doubt++) {
        struct watch watch =
            play(doubt, (struct quiet){.unheard_us = 10, .oldest_us = 10}, &flights);
        flights_heard(&watch, 700);
        cr_assert_eq(watch.doubt, WATCH_CALM);
        cr_assert_eq(watch.heard_us, 700);
        cr_assert_eq(watch.unheard_us, 0);
        flights_wrote(&watch, 800);
        flights_wrote(&watch, 900);
        cr_assert_eq(watch.unheard_us, 800, "the first that nothing followed");
    }
}

Test(flights, a_query_is_late_by_its_walk_and_its_age)
{
    static struct flights flights;
    struct watch watch = play(WATCH_CALM, (struct quiet){.oldest_us = 10}, &flights);
    cr_assert_eq(flights_late_at(&watch, &flights, FLIGHTS_HEDGE, 30), 40);
    cr_assert_eq(flights_late_at(&watch, &flights, FLIGHTS_HEDGE, UINT64_MAX), UINT64_MAX);
    flights_walk_on(&flights, FLIGHTS_HEDGE);
    cr_assert_eq(flights_late_at(&watch, &flights, FLIGHTS_HEDGE, 30), UINT64_MAX);
    cr_assert_eq(flights_late_at(&watch, &flights, FLIGHTS_SLOW, 30), 40);
    watch.doubt = WATCH_LEFT;
    cr_assert_eq(flights_late_at(&watch, &flights, FLIGHTS_SLOW, 30), UINT64_MAX);
}

Test(flights, times_of_silence_follow_an_upstreams_health)
{
    struct health health = {.srtt_us = 100000};
    struct watch_times t = flights_times(&health, 4000);
    cr_assert_eq(t.suspect_us, health_suspect_us(&health, 4000));
    cr_assert_eq(t.answer_us, health_answer_us(&health, 4000));
    cr_assert_eq(t.silence_us, health_silence_us(&health, 4000));
    cr_assert(t.answer_us <= t.suspect_us && t.suspect_us <= t.silence_us);
}
