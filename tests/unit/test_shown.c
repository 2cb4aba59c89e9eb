/* test_shown.c - keys that upstreams showed and that no pin matches
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/shown.h"

#include <criterion/criterion.h>

static struct supervisor sup;
static char text[SHOWN_TEXT_MAX];

/* The upstream of this number shows the key of that number. */
static void
shows(uint16_t upstream, uint8_t key)
{
    uint8_t pin[CONFIG_PIN_BYTES] = {key};
    shown_note(&sup, &(struct addr){.family = ADDR_IPV4, .port = upstream}, pin);
}

static bool
is_known(uint16_t upstream)
{
    return shown_text(&sup, &(struct addr){.family = ADDR_IPV4, .port = upstream}, text);
}

Test(shown, the_last_key_of_each_is_told)
{
    cr_assert_not(is_known(1));
    cr_assert_str_eq(text, "");
    shows(1, 7);
    shows(2, 8);
    shows(1, 1);
    cr_assert(is_known(1));
    cr_assert_str_eq(text, "sha256//AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    cr_assert(is_known(2));
    cr_assert_not(is_known(3));
}

Test(shown, when_there_are_too_many_the_oldest_is_forgotten)
{
    for (uint16_t i = 1; i <= CONFIG_UPSTREAMS_MAX; i++)
        shows(i, 1);
    shows(1, 2);
    cr_assert(is_known(CONFIG_UPSTREAMS_MAX));
    shows(100, 3);
    cr_assert(is_known(1), "it showed one again");
    cr_assert_not(is_known(2));
    for (uint16_t i = 3; i <= CONFIG_UPSTREAMS_MAX; i++)
        cr_assert(is_known(i), "%u", i);
    cr_assert(is_known(100));
}
