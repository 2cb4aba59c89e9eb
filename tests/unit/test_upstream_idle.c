/* test_upstream_idle.c - closing before the server does
 * SPDX-License-Identifier: ISC
 */
#include "upstream/upstream_idle.h"

#include <criterion/criterion.h>

#define S 1000000ULL

Test(upstream_idle, closes_before_a_known_server_does)
{
    cr_assert_eq(upstream_idle_us(0, 30 * S), 30 * S);
    cr_assert_eq(upstream_idle_us(10 * S, 30 * S), 8 * S);
    cr_assert_eq(upstream_idle_us(100 * S, 30 * S), 30 * S);
}

Test(upstream_idle, a_close_at_once_teaches_nothing)
{
    cr_assert_eq(upstream_idle_closed(0, UPSTREAM_IDLE_LEARN_US - 1), 0);
    cr_assert_eq(upstream_idle_closed(7 * S, 0), 7 * S);
    cr_assert_eq(upstream_idle_closed(0, 10 * S), 10 * S);
    cr_assert_eq(upstream_idle_closed(10 * S, 5 * S), 5 * S);
}

Test(upstream_idle, a_limit_that_was_lifted_is_forgotten_step_by_step)
{
    uint64_t server = 2 * S;
    unsigned steps = 0;
    for (; server != 0 && steps < 1000; steps++) {
        uint64_t next = upstream_idle_outlived(server, 30 * S);
        cr_assert(next == 0 || next > server);
        /* never so far that the server's limit is missed by more than the fifth we keep */
        cr_assert(next == 0 || upstream_idle_us(next, 30 * S) < server);
        server = next;
    }
    cr_assert(steps > 20 && steps < 100, "%u steps", steps);
    cr_assert_eq(upstream_idle_outlived(0, 30 * S), 0);
}
