/* test_repeats.c - names that went wrong lately
 * SPDX-License-Identifier: ISC
 */
#include "upstream/repeats.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct repeats repeats;

static bool
take(const char *name)
{
    return repeats_take(&repeats, (const uint8_t *)name, strlen(name) + 1);
}

Test(repeats, a_name_counts_once)
{
    cr_assert_not(take("\1a"));
    cr_assert(take("\1a"));
    cr_assert_not(take("\1b"));
    cr_assert(take("\1a"));
    cr_assert_not(take(""));
    cr_assert(take(""));
}

Test(repeats, only_the_last_names_are_known)
{
    char name[8];
    for (int i = 0; i < REPEATS_NAMES; i++) {
        snprintf(name, sizeof name, "\2n%d", i);
        cr_assert_not(take(name));
    }
    for (int i = 0; i < REPEATS_NAMES; i++) {
        snprintf(name, sizeof name, "\2n%d", i);
        cr_assert(take(name));
    }
    cr_assert_not(take("\1x"));
    cr_assert_not(take("\2n0"), "its place was the first to be taken");
    cr_assert(take("\2n7"));
}
