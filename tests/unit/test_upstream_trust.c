/* test_upstream_trust.c - what is told about keys and certificates, and how often
 * SPDX-License-Identifier: ISC
 */
#include "upstream/upstream_trust.h"

#include <criterion/criterion.h>

#define FAR (1000 * 86400)

Test(upstream_trust, the_first_pin_is_no_news)
{
    struct upstream_trust trust = {0};
    for (unsigned i = 0; i < 3; i++)
        cr_assert_eq(upstream_trust_seen(&trust, 0, 2, FAR, 1 + i), 0);
    cr_assert_eq(upstream_trust_seen(&(struct upstream_trust){0}, -1, 0, FAR, 1), 0);
}

Test(upstream_trust, a_change_to_the_backup_is_told_once)
{
    struct upstream_trust trust = {0};
    upstream_trust_seen(&trust, 0, 3, FAR, 1);
    cr_assert_eq(upstream_trust_seen(&trust, 1, 3, FAR, 2),
                 UPSTREAM_KEY_CHANGED | UPSTREAM_KEY_IS_BACKUP);
    cr_assert_eq(upstream_trust_seen(&trust, 1, 3, FAR, 3), 0);
    cr_assert_eq(upstream_trust_seen(&trust, 0, 3, FAR, 4), UPSTREAM_KEY_CHANGED);
    cr_assert_eq(upstream_trust_seen(&trust, 1, 3, FAR, 5), UPSTREAM_KEY_CHANGED);
}

Test(upstream_trust, the_last_pin_in_use_is_told_even_at_the_start)
{
    struct upstream_trust trust = {0};
    cr_assert_eq(upstream_trust_seen(&trust, 1, 2, FAR, 1),
                 UPSTREAM_KEY_IS_BACKUP | UPSTREAM_KEY_IS_LAST);
    cr_assert_eq(upstream_trust_seen(&trust, 1, 2, FAR, 2), 0);
}

Test(upstream_trust, an_end_that_is_near_is_told_once_a_day)
{
    struct upstream_trust trust = {0};
    const int64_t limit = UPSTREAM_ENDS_SOON_DAYS * 86400;
    cr_assert_eq(upstream_trust_seen(&trust, 0, 2, limit, 1), 0);
    cr_assert_eq(upstream_trust_seen(&trust, 0, 2, limit - 1, 2), UPSTREAM_KEY_ENDS_SOON);
    cr_assert_eq(upstream_trust_seen(&trust, 0, 2, 5, 3), 0);
    cr_assert_eq(upstream_trust_seen(&trust, 0, 2, -5, 1 + UPSTREAM_TOLD_US), 0);
    cr_assert_eq(upstream_trust_seen(&trust, 0, 2, -5, 2 + UPSTREAM_TOLD_US),
                 UPSTREAM_KEY_ENDS_SOON);
}
