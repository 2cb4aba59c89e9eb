/* test_upstream_doubt.c - every state with every sign, and when the signs come
 * SPDX-License-Identifier: ISC
 */
#include "upstream/upstream_doubt.h"

#include <criterion/criterion.h>

Test(upstream_doubt, the_table_is_as_drawn)
{
    static const struct {
        enum upstream_doubt doubt;
        enum upstream_sign sign;
        enum upstream_doubt next;
        uint32_t remedies;
    } rows[] = {
        {UPSTREAM_CALM, UPSTREAM_SEEN_QUIET, UPSTREAM_SUSPECT, UPSTREAM_DO_PROBE},
        {UPSTREAM_CALM, UPSTREAM_SEEN_STILL, UPSTREAM_CALM, 0},
        {UPSTREAM_CALM, UPSTREAM_SEEN_BYTES, UPSTREAM_CALM, 0},
        {UPSTREAM_SUSPECT, UPSTREAM_SEEN_QUIET, UPSTREAM_SUSPECT, 0},
        {UPSTREAM_SUSPECT, UPSTREAM_SEEN_STILL, UPSTREAM_LEFT, UPSTREAM_DO_LEAVE},
        {UPSTREAM_SUSPECT, UPSTREAM_SEEN_BYTES, UPSTREAM_CALM, 0},
        {UPSTREAM_LEFT, UPSTREAM_SEEN_QUIET, UPSTREAM_LEFT, 0},
        {UPSTREAM_LEFT, UPSTREAM_SEEN_STILL, UPSTREAM_LEFT, 0},
        {UPSTREAM_LEFT, UPSTREAM_SEEN_BYTES, UPSTREAM_CALM, 0},
    };
    cr_assert_eq(sizeof rows / sizeof rows[0],
                 (size_t)UPSTREAM_DOUBTS_COUNT * UPSTREAM_SIGNS_COUNT);
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct upstream_doubt_step step = upstream_doubt_step(rows[i].doubt, rows[i].sign);
        cr_assert_eq(step.doubt, rows[i].next, "row %u", i);
        cr_assert_eq(step.remedies, rows[i].remedies, "row %u", i);
    }
}

Test(upstream_doubt, any_octet_ends_it_and_costs_nothing)
{
    for (unsigned doubt = 0; doubt < UPSTREAM_DOUBTS_COUNT; doubt++) {
        struct upstream_doubt_step step = upstream_doubt_step(doubt, UPSTREAM_SEEN_BYTES);
        cr_assert_eq(step.doubt, UPSTREAM_CALM);
        cr_assert_eq(step.remedies, 0);
    }
}

#define SUSPECT_US 100000U
#define ANSWER_US  50000U

static uint64_t
at(enum upstream_doubt doubt, struct upstream_quiet quiet)
{
    return upstream_doubt_at(doubt, &quiet, SUSPECT_US, ANSWER_US);
}

Test(upstream_doubt, nothing_in_flight_is_never_silence)
{
    cr_assert_eq(at(UPSTREAM_CALM, (struct upstream_quiet){.heard_us = 5}), UINT64_MAX);
}

Test(upstream_doubt, a_query_that_nothing_followed_is_due_soon)
{
    struct upstream_quiet quiet = {.heard_us = 1000, .unheard_us = 7000, .oldest_us = 7000};
    cr_assert_eq(at(UPSTREAM_CALM, quiet), 7000 + SUSPECT_US);
    /* however long a slow name waits beside it */
    quiet.oldest_us = 1;
    quiet.heard_us = 3000000;
    quiet.unheard_us = 3000001;
    cr_assert_eq(at(UPSTREAM_CALM, quiet), 3000001 + SUSPECT_US);
}

Test(upstream_doubt, only_a_probe_that_nothing_followed_proves_anything)
{
    struct upstream_quiet quiet = {.unheard_us = 1, .oldest_us = 1, .suspected_us = 100001};
    cr_assert_eq(at(UPSTREAM_SUSPECT, quiet), 0, "it must be written first");
    quiet.probe_us = 100001;
    cr_assert_eq(at(UPSTREAM_SUSPECT, quiet), 100001 + ANSWER_US);
    quiet.probe_us = 400000; /* when there was room at last */
    cr_assert_eq(at(UPSTREAM_SUSPECT, quiet), 400000 + ANSWER_US);
    quiet.probe_us = 2; /* one of a quiet time */
    cr_assert_eq(at(UPSTREAM_SUSPECT, quiet), 100001 + ANSWER_US);
    cr_assert_eq(at(UPSTREAM_LEFT, quiet), UINT64_MAX);
}

/* A name that takes so long, alone on its connection; each probe is answered after `rtt_us`. */
static unsigned
probes_beside(uint64_t name_us, uint64_t rtt_us)
{
    struct upstream_quiet quiet = {.unheard_us = 1, .oldest_us = 1};
    unsigned probes = 0;
    for (uint64_t now; (now = at(UPSTREAM_CALM, quiet)) < name_us; probes++) {
        quiet.suspected_us = quiet.probe_us = now;
        cr_assert(at(UPSTREAM_SUSPECT, quiet) > now + rtt_us, "the answer comes first");
        quiet.heard_us = now + rtt_us;
        quiet.probe_us = quiet.unheard_us = 0;
    }
    return probes;
}

Test(upstream_doubt, a_slow_name_costs_a_few_probes)
{
    cr_assert_eq(probes_beside(99000, 1000), 0);
    cr_assert_eq(probes_beside(150000, 1000), 1);
    cr_assert(probes_beside(4000000, 1000) <= 6, "%u", probes_beside(4000000, 1000));
    cr_assert(probes_beside(30000000, 40000) <= 9, "%u", probes_beside(30000000, 40000));
}

Test(upstream_doubt, one_that_freezes_beside_a_slow_name_is_found)
{
    /* heard last when the name had waited for a second: asked when it has waited for two */
    struct upstream_quiet quiet = {.heard_us = 1000001, .oldest_us = 1};
    cr_assert_eq(at(UPSTREAM_CALM, quiet), 2000001);
    quiet.heard_us = 2; /* nearly at once */
    cr_assert_eq(at(UPSTREAM_CALM, quiet), 2 + SUSPECT_US);
}
