/* test_pin_check.c - by which pin a worker said that it trusts, and whose key that is
 * SPDX-License-Identifier: ISC
 */
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

Test(pin_check, only_what_the_worker_says_vouches)
{
    keys(3, 3);
    cr_assert_eq(pin_compare(&upstream, &chain).pin, -1);
    chain.seen[0].pin[0] = 1; /* shown, and yet the worker did not take it for proof */
    cr_assert_eq(pin_compare(&upstream, &chain).pin, -1);
    keys(0, 3);
    cr_assert_eq(pin_compare(&upstream, &chain).pin, -1);
}

Test(pin_check, the_certificate_whose_key_it_is_is_named)
{
    keys(3, 3);
    chain.vouches[0] = 102;
    upstream.pins[1][0] = 102;
    cr_assert_eq(pin_compare(&upstream, &chain).pin, 1);
    cr_assert_eq(pin_compare(&upstream, &chain).depth, 2);
    chain.vouches[0] = 3; /* a CA of ours, which was not sent */
    cr_assert_eq(pin_compare(&upstream, &chain).pin, 2);
    cr_assert_eq(pin_compare(&upstream, &chain).depth, 3);
}

Test(pin_check, every_octet_of_a_pin_counts)
{
    keys(1, 1);
    chain.vouches[0] = 1;
    cr_assert_eq(pin_compare(&upstream, &chain).pin, 0);
    chain.vouches[CONFIG_PIN_BYTES - 1] = 1;
    cr_assert_eq(pin_compare(&upstream, &chain).pin, -1);
}
