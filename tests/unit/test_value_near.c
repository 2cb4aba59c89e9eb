/* test_value_near.c - what a value was meant to be
 * SPDX-License-Identifier: ISC
 */
#include "conf/value_near.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct value_rule duration = {VALUE_DURATION, 4, 100, 7200000, ""};
static const struct value_rule size = {VALUE_BYTES, 8, 0, 0, "off"};
static const struct value_rule flag = {VALUE_WORD, 4, 0, 0, "no yes"};
static const struct value_rule mode = {VALUE_WORD, 4, 0, 0, "enforce dry-run off"};
static const struct value_rule count = {VALUE_COUNT, 4, 1, 16, "auto"};
static const struct value_rule rate = {VALUE_RATE, sizeof(struct config_rate), 0, 0, "32"};

static void
expect(const struct value_rule *rule, const char *text, const char *expected)
{
    char near[VALUE_NEAR_MAX];
    const char *found = value_near(rule, text, near);
    cr_expect_str_eq(found == NULL ? "" : found, expected, "%s", text);
}

Test(value_near, words_in_another_case_or_with_a_slip)
{
    expect(&mode, "Enforce", "enforce");
    expect(&mode, "dry_run", "dry-run");
    expect(&mode, "dryrun", "dry-run");
    expect(&mode, "OFF", "off");
    expect(&count, "Auto", "auto");
    expect(&mode, "off", ""); /* which is right */
    expect(&mode, "on", "");
    expect(&mode, "never", "");
    expect(&count, "17", "");
    expect(&rate, "33", "");
}

Test(value_near, what_others_call_yes_no_and_off)
{
    expect(&flag, "true", "yes");
    expect(&flag, "On", "yes");
    expect(&flag, "False", "no");
    expect(&flag, "off", "no");
    expect(&mode, "disabled", "off");
    expect(&size, "none", "off");
    expect(&flag, "tru", "");
}

Test(value_near, units_of_other_programs)
{
    expect(&duration, "4 s", "4s");
    expect(&duration, "4S", "4s");
    expect(&duration, "4sec", "4s");
    expect(&duration, "4 Seconds", "4s");
    expect(&duration, "200msec", "200ms");
    expect(&duration, "200MS", "200ms");
    expect(&duration, "2mins", "2m");
    expect(&duration, "1hour", "1h");
    expect(&size, "16MB", "16MiB");
    expect(&size, "16M", "16MiB");
    expect(&size, "16 mib", "16MiB");
    expect(&size, "64k", "64KiB");
    expect(&size, "1GByte", "1GiB");
}

Test(value_near, a_guess_is_one_that_would_be_taken)
{
    expect(&duration, "4hours", "");
    expect(&duration, "4 parsecs", "");
    expect(&duration, "4", "");
    expect(&duration, "sec", "");
    expect(&duration, "99999999999999999999999999999sec", "");
    expect(&size, "1TB", "");
    expect(&size, "16", "");
    expect(&size, "1k", "");
}
