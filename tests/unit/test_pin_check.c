/* test_pin_check.c - which configured pin a shown chain matches */
#include "supervisor/pin.h"

#include <criterion/criterion.h>

static struct config_upstream upstream;
static struct pin_chain chain;

static void
keys(uint32_t pins, unsigned shown)
{
    upstream = (struct config_upstream){.pins_count = pins};
    chain = (struct pin_chain){.count = shown};
    for (uint32_t i = 0; i < pins; i++)
        upstream.pins[i][0] = (uint8_t)(1 + i);
    for (unsigned i = 0; i < shown; i++)
        chain.seen[i].pin[0] = (uint8_t)(100 + i);
}

Test(pin_check, no_match_is_told)
{
    keys(3, 3);
    cr_assert_eq(pin_compare(&upstream, &chain).pin, -1);
    keys(0, 3);
    cr_assert_eq(pin_compare(&upstream, &chain).pin, -1);
}

Test(pin_check, the_match_nearest_to_the_servers_own_key_counts)
{
    keys(3, 3);
    chain.seen[2].pin[0] = 1;
    cr_assert_eq(pin_compare(&upstream, &chain).pin, 0);
    cr_assert_eq(pin_compare(&upstream, &chain).depth, 2);
    chain.seen[0].pin[0] = 3;
    cr_assert_eq(pin_compare(&upstream, &chain).pin, 2);
    cr_assert_eq(pin_compare(&upstream, &chain).depth, 0);
}

Test(pin_check, every_octet_of_a_pin_counts)
{
    keys(1, 1);
    chain.seen[0].pin[0] = 1;
    cr_assert_eq(pin_compare(&upstream, &chain).pin, 0);
    chain.seen[0].pin[CONFIG_PIN_BYTES - 1] = 1;
    cr_assert_eq(pin_compare(&upstream, &chain).pin, -1);
}
