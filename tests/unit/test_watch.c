/* test_watch.c - every state with every sign, when the signs come, and what follows
 * SPDX-License-Identifier: ISC
 */
#include "upstream/watch.h"

#include <criterion/criterion.h>

Test(watch, the_table_is_as_drawn)
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
        struct watch_step step = watch_step(rows[i].doubt, rows[i].sign);
        cr_assert_eq(step.doubt, rows[i].next, "row %u", i);
        cr_assert_eq(step.remedies.probe, rows[i].remedies.probe, "row %u", i);
        cr_assert_eq(step.remedies.leave, rows[i].remedies.leave, "row %u", i);
    }
}

Test(watch, any_octet_ends_it_and_costs_nothing)
{
    for (unsigned doubt = 0; doubt < WATCH_DOUBTS; doubt++) {
        struct watch_step step = watch_step(doubt, WATCH_HEARD);
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
    return watch_sign_at(&watch, &flights, &times);
}

Test(watch, nothing_in_flight_is_never_silence)
{
    cr_assert_eq(at(WATCH_CALM, (struct quiet){.heard_us = 5}), UINT64_MAX);
}

Test(watch, a_query_that_nothing_followed_is_due_soon)
{
    struct quiet quiet = {.heard_us = 1000, .unheard_us = 7000, .oldest_us = 7000};
    cr_assert_eq(at(WATCH_CALM, quiet), 7000 + SUSPECT_US);
    /* however long a slow name waits beside it */
    quiet.oldest_us = 1;
    quiet.heard_us = 3000000;
    quiet.unheard_us = 3000001;
    cr_assert_eq(at(WATCH_CALM, quiet), 3000001 + SUSPECT_US);
}

Test(watch, only_a_probe_that_nothing_followed_proves_anything)
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

Test(watch, a_slow_name_costs_a_few_probes)
{
    cr_assert_eq(probes_beside(99000, 1000), 0);
    cr_assert_eq(probes_beside(150000, 1000), 1);
    cr_assert(probes_beside(4000000, 1000) <= 6, "%u", probes_beside(4000000, 1000));
    cr_assert(probes_beside(30000000, 40000) <= 9, "%u", probes_beside(30000000, 40000));
}

Test(watch, one_that_freezes_beside_a_slow_name_is_found)
{
    /* heard last when the name had waited for a second: asked when it has waited for two */
    struct quiet quiet = {.heard_us = 1000001, .oldest_us = 1};
    cr_assert_eq(at(WATCH_CALM, quiet), 2000001);
    quiet.heard_us = 2; /* nearly at once */
    cr_assert_eq(at(WATCH_CALM, quiet), 2 + SUSPECT_US);
}

/* --- what follows ---------------------------------------------------------------------------- */

Test(watch, a_look_before_its_time_asks_for_nothing)
{
    static struct flights flights;
    struct watch watch =
        play(WATCH_CALM, (struct quiet){.unheard_us = 10, .oldest_us = 10}, &flights);
    cr_assert_not(watch_look(&watch, &flights, &times, 10 + SUSPECT_US - 1).probe);
    cr_assert_eq(watch.doubt, WATCH_CALM);
    cr_assert_eq(watch_next_us(&watch, &flights, &times, 20), 10 + SUSPECT_US);
}

Test(watch, silence_leads_to_a_probe_and_then_elsewhere)
{
    static struct flights flights;
    struct watch watch =
        play(WATCH_CALM, (struct quiet){.unheard_us = 10, .oldest_us = 10}, &flights);
    uint64_t now = 10 + SUSPECT_US;
    uint16_t id;
    cr_assert(watch_look(&watch, &flights, &times, now).probe);
    cr_assert_eq(watch.doubt, WATCH_SUSPECT);
    cr_assert_eq(watch.suspected_us, now);
    /* there was no room for the probe: asked for again, soon */
    cr_assert_eq(watch_next_us(&watch, &flights, &times, now), now + WATCH_AGAIN_US);
    cr_assert(watch_look(&watch, &flights, &times, now + 1).probe);
    cr_assert(flights_add(&flights, FLIGHTS_PROBE, 3, now, &id));
    cr_assert_not(watch_look(&watch, &flights, &times, now + ANSWER_US - 1).leave);
    cr_assert_eq(watch_next_us(&watch, &flights, &times, now), now + ANSWER_US);
    cr_assert(watch_look(&watch, &flights, &times, now + ANSWER_US).leave);
    cr_assert_eq(watch.doubt, WATCH_LEFT);
    cr_assert(watch_look(&watch, &flights, &times, now + ANSWER_US + 1).leave, "at every look");
}

Test(watch, what_is_left_over_is_tried_again)
{
    static struct flights flights;
    struct watch watch = play(WATCH_LEFT, (struct quiet){.oldest_us = 10}, &flights);
    cr_assert_eq(watch_next_us(&watch, &flights, &times, 500), UINT64_MAX);
    watch.is_left_over = true;
    cr_assert_eq(watch_next_us(&watch, &flights, &times, 500), 500 + WATCH_AGAIN_US);
}

Test(watch, a_pause_of_ours_is_no_silence)
{
    static struct flights flights;
    for (unsigned doubt = 0; doubt < WATCH_DOUBTS; doubt++) {
        struct watch watch =
            play(doubt, (struct quiet){.unheard_us = 10, .oldest_us = 10}, &flights);
        watch.is_paused = true;
        cr_assert_eq(watch_sign_at(&watch, &flights, &times), UINT64_MAX);
        cr_assert_eq(watch_late_at(&watch, &flights, FLIGHTS_HEDGE, 5), UINT64_MAX);
        cr_assert_eq(watch_end_at(&watch, &flights, &times, true, 4000000), UINT64_MAX);
    }
}

Test(watch, one_that_is_left_ends_when_nobody_waits_or_its_place_is_needed)
{
    static struct flights flights;
    struct watch watch =
        play(WATCH_LEFT, (struct quiet){.oldest_us = 10, .probe_us = 20, .suspected_us = 1000},
             &flights);
    cr_assert_eq(watch_end_at(&watch, &flights, &times, false, 4000000), 4001000);
    cr_assert_eq(watch_end_at(&watch, &flights, &times, true, 4000000), 1000 + SILENCE_US);
    struct flight oldest;
    cr_assert(flights_pop(&flights, &oldest));
    cr_assert_eq(watch_end_at(&watch, &flights, &times, false, 4000000), 0,
                 "our probe waits alone");
    watch_heard(&watch, 2000);
    cr_assert_eq(watch_end_at(&watch, &flights, &times, false, 4000000), UINT64_MAX);
}

Test(watch, what_was_heard_ends_every_suspicion)
{
    static struct flights flights;
    for (unsigned doubt = 0; doubt < WATCH_DOUBTS; doubt++) {
        struct watch watch =
            play(doubt, (struct quiet){.unheard_us = 10, .oldest_us = 10}, &flights);
        watch_heard(&watch, 700);
        cr_assert_eq(watch.doubt, WATCH_CALM);
        cr_assert_eq(watch.heard_us, 700);
        cr_assert_eq(watch.unheard_us, 0);
        watch_wrote(&watch, 800);
        watch_wrote(&watch, 900);
        cr_assert_eq(watch.unheard_us, 800, "the first that nothing followed");
    }
}

Test(watch, a_query_is_late_by_its_walk_and_its_age)
{
    static struct flights flights;
    struct watch watch = play(WATCH_CALM, (struct quiet){.oldest_us = 10}, &flights);
    cr_assert_eq(watch_late_at(&watch, &flights, FLIGHTS_HEDGE, 30), 40);
    cr_assert_eq(watch_late_at(&watch, &flights, FLIGHTS_HEDGE, UINT64_MAX), UINT64_MAX);
    flights_walk_on(&flights, FLIGHTS_HEDGE);
    cr_assert_eq(watch_late_at(&watch, &flights, FLIGHTS_HEDGE, 30), UINT64_MAX);
    cr_assert_eq(watch_late_at(&watch, &flights, FLIGHTS_SLOW, 30), 40);
    watch.doubt = WATCH_LEFT;
    cr_assert_eq(watch_late_at(&watch, &flights, FLIGHTS_SLOW, 30), UINT64_MAX);
}

Test(watch, times_follow_an_upstreams_health)
{
    struct health health = {.srtt_us = 100000};
    struct watch_times t = watch_times_of(&health, 4000);
    cr_assert_eq(t.suspect_us, health_suspect_us(&health, 4000));
    cr_assert_eq(t.answer_us, health_answer_us(&health, 4000));
    cr_assert_eq(t.silence_us, health_silence_us(&health, 4000));
    cr_assert(t.answer_us <= t.suspect_us && t.suspect_us <= t.silence_us);
}
