/* test_value.c - each kind of configured value: what it takes, what it refuses, how it is written
 * SPDX-License-Identifier: ISC
 */
#include "value_scene.h"

#include <time.h>

static const struct value_rule *const all[] = {
    &duration, &count, &lanes,   &word, &flags,  &name,     &user,      &host,
    &domain,   &path,  &control, &who,  &listen, &upstream, &prefix,    &pin,
    &source,   &port,  &bytes,   &rate, &share,  &secret,   &from_zero, &pace};

#define KINDS (sizeof all / sizeof all[0])

static uint32_t
number(const struct value_rule *rule, const char *text)
{
    uint32_t value;
    const char *wrong;
    cr_assert_eq(value_parse(rule, text, &value, &wrong), STATUS_OK, "\"%s\"", text);
    return value;
}

Test(value, durations_need_a_unit_and_are_milliseconds)
{
    cr_expect_eq(number(&duration, "500ms"), 500);
    cr_expect_eq(number(&duration, "4s"), 4000);
    cr_expect_eq(number(&duration, "2m"), 120000);
    cr_expect_eq(number(&duration, "1h"), 3600000);
    cr_expect_str_eq(again(&duration, "4"), "a number without its unit");
    static const char *const wrong[] = {"",    "s",     " 4s",  "1.5s", "-4s",
                                        "04s", "4s4ms", "0x4s", "+4s",  "4  s"};
    static const char *const units[] = {"4 s", "4S", "4sm", "4w", "4 parsecs"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_str_eq(again(&duration, wrong[i]), "not a duration", "%s", wrong[i]);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        cr_expect_str_eq(again(&duration, units[i]), "in a unit that is not known", "%s", units[i]);
}

Test(value, durations_stay_in_range_and_never_wrap)
{
    static const char *const wrong[] = {"99ms",         "7200001ms", "3h",
                                        "0s",           "4294968s",  "4294967296ms",
                                        "4294967396ms", "1193047h",  "99999999999999999999999s"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_str_eq(again(&duration, wrong[i]), "out of range", "%s", wrong[i]);
    cr_expect_str_eq(again(&duration, "100ms"), "100ms");
    cr_expect_str_eq(again(&duration, "7200000ms"), "2h");
}

Test(value, durations_are_written_in_the_largest_exact_unit)
{
    cr_expect_str_eq(again(&duration, "4000ms"), "4s");
    cr_expect_str_eq(again(&duration, "120s"), "2m");
    cr_expect_str_eq(again(&duration, "90s"), "90s");
    cr_expect_str_eq(again(&duration, "1500ms"), "1500ms");
    cr_expect_str_eq(again(&duration, "60m"), "1h");
    cr_expect_str_eq(again(&from_zero, "24h"), "1d");
    cr_expect_str_eq(again(&from_zero, "36h"), "36h");
    cr_expect_str_eq(again(&from_zero, "7d"), "7d");
    cr_expect_str_eq(again(&from_zero, "8d"), "out of range");
    cr_expect_str_eq(again(&from_zero, "50d"), "out of range"); /* past 2^32 ms */
    cr_expect_str_eq(again(&from_zero, "0h"), "0s");
    cr_expect_str_eq(again(&pace, "off"), "off");
    cr_expect_str_eq(again(&pace, "90s"), "90s");
    cr_expect_str_eq(again(&pace, "0s"), "out of range");
    cr_expect_str_eq(again(&duration, "off"), "not a duration");
}

Test(value, counts_are_whole_numbers_in_range)
{
    cr_expect_eq(number(&count, "64"), 64);
    cr_expect_eq(number(&count, "65536"), 65536);
    cr_expect_str_eq(again(&count, "63"), "out of range");
    cr_expect_str_eq(again(&count, "65537"), "out of range");
    cr_expect_str_eq(again(&count, "4294967360"), "out of range"); /* 64 + 2^32 */
    static const char *const wrong[] = {"",    "auto", "64.0", "-64", "+64",
                                        "064", "1e3",  " 64",  "64 "};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_str_eq(again(&count, wrong[i]), "not a whole number", "%s", wrong[i]);
    cr_expect_eq(number(&lanes, "auto"), 0);
    cr_expect_str_eq(again(&lanes, "auto"), "auto");
    cr_expect_str_eq(again(&lanes, "0"), "out of range");
}

Test(value, words_are_matched_whole)
{
    cr_expect_eq(number(&word, "pin+ca"), 0);
    cr_expect_eq(number(&word, "pin"), 1);
    cr_expect_eq(number(&word, "ca"), 2);
    cr_expect_eq(number(&flags, "1.2"), 1);
    cr_expect_eq(number(&flags, "1.3"), 2);
    static const char *const wrong[] = {"", "pi", "pin+", "pin+ca pin", "PIN", "ca ", " "};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_str_eq(again(&word, wrong[i]), "not one of the allowed words", "%s", wrong[i]);
}

Test(value, prefixes_have_no_host_bits)
{
    cr_expect_str_eq(again(&prefix, "10.0.0.0/8"), "10.0.0.0/8");
    cr_expect_str_eq(again(&prefix, "::/0"), "::/0");
    cr_expect_str_eq(again(&prefix, "192.0.2.7"), "192.0.2.7/32");
    static const char *const wrong[] = {"10.0.0.1/8", "10.0.0.0/33", "", "10/8", "::/129"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_str_eq(again(&prefix, wrong[i]), "not a prefix, or bits set past it", "%s",
                         wrong[i]);
}

Test(value, every_kind_says_what_is_allowed)
{
    char text[VALUE_ALLOWED_MAX];
    for (size_t i = 0; i < KINDS; i++) {
        size_t len = strlen(value_allowed(all[i], text));
        cr_expect(len > 4 && len < sizeof text - 1, "kind %u: %s", (unsigned)all[i]->kind, text);
    }
    cr_expect_str_eq(value_allowed(&duration, text), "100ms to 2h, with a unit (ms, s, m, h or d)");
    cr_expect_str_eq(value_allowed(&lanes, text), "auto, or 1 to 16");
    cr_expect_str_eq(value_allowed(&pace, text),
                     "off, or 1s to 1h, with a unit (ms, s, m, h or d)");
    cr_expect_str_eq(value_allowed(&word, text), "pin+ca, pin or ca");
    cr_expect_str_eq(value_allowed(&flags, text), "1.2 or 1.3");
}

/* Hostile memory: whatever a field holds, it is either refused or comes back from its own text. */
Test(value, any_memory_is_judged)
{
    unsigned seed = (unsigned)time(NULL), sound = 0;
    for (unsigned round = 0; round < 200000; round++) {
        _Alignas(8) unsigned char field[VALUE_TEXT_MAX];
        char text[VALUE_TEXT_MAX];
        unsigned state = seed + round, is_small = round % 3 == 0;
        const struct value_rule *rule = all[round % KINDS];
        for (size_t i = 0; i < rule->size; i++)
            field[i] = (unsigned char)(rand_r(&state) >> 9) & (is_small ? 0x05 : 0xff);
        const char *written = value_format(rule, field, text);
        cr_assert(written == NULL || memchr(text, '\0', sizeof text) != NULL, "seed %u", seed);
        if (!value_is_sound(rule, field))
            continue;
        sound++;
        cr_assert_not_null(written, "seed %u round %u", seed, round);
    }
    cr_expect_gt(sound, 100, "seed %u: too few to tell", seed);
}
