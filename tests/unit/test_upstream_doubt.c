/* test_upstream_doubt.c - every state with every sign */
#include "core/upstream_doubt.h"

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
        {UPSTREAM_LEFT, UPSTREAM_SEEN_STILL, UPSTREAM_LEFT, UPSTREAM_DO_LEAVE},
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
