/* test_pin_check.c - by which pin a worker said that it trusts, and what the command says of it
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/pin_check.h"

#include "look_scene.h"

static struct config_upstream upstream;
static struct look_chain chain;

static void
keys(uint32_t pins, unsigned count)
{
    upstream = (struct config_upstream){.pins_count = pins};
    chain = (struct look_chain){.count = count};
    for (uint32_t i = 0; i < pins; i++)
        upstream.pins[i][0] = (uint8_t)(1 + i);
    for (unsigned i = 0; i < count; i++)
        chain.seen[i].pin[0] = (uint8_t)(100 + i);
}

Test(pin_check, only_what_the_worker_says_vouches)
{
    keys(3, 3);
    cr_assert_eq(pin_check_compare(&upstream, &chain).pin, -1);
    chain.seen[0].pin[0] = 1; /* shown, and yet the worker did not take it for proof */
    cr_assert_eq(pin_check_compare(&upstream, &chain).pin, -1);
    keys(0, 3);
    cr_assert_eq(pin_check_compare(&upstream, &chain).pin, -1);
}

Test(pin_check, the_certificate_whose_key_it_is_is_named)
{
    keys(3, 3);
    chain.vouches[0] = 102;
    upstream.pins[1][0] = 102;
    cr_assert_eq(pin_check_compare(&upstream, &chain).pin, 1);
    cr_assert_eq(pin_check_compare(&upstream, &chain).depth, 2);
    chain.vouches[0] = 3; /* a CA of ours, which was not sent */
    cr_assert_eq(pin_check_compare(&upstream, &chain).pin, 2);
    cr_assert_eq(pin_check_compare(&upstream, &chain).depth, 3);
}

Test(pin_check, every_octet_of_a_pin_counts)
{
    keys(1, 1);
    chain.vouches[0] = 1;
    cr_assert_eq(pin_check_compare(&upstream, &chain).pin, 0);
    chain.vouches[CONFIG_PIN_BYTES - 1] = 1;
    cr_assert_eq(pin_check_compare(&upstream, &chain).pin, -1);
}

#define PIN_1 "\"sha256//AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\""
#define PIN_2 "\"sha256//AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\""
#define ONE(verify, pins)                                                                          \
    "upstreams:\n  - {name: one, address: 192.0.2.1, verify: " verify ", tls_name: dns.example, "  \
    "pins: [" pins "]}\ntls: {versions: [\"1.2\", \"1.3\"]}\n"

/* @return what the command says of a server whose key is that of the first pin, if any */
static const char *
check(const char *yaml, const char *name, int *exit_code)
{
    static char path[64];
    int fd = memfd_create("file", MFD_CLOEXEC);
    cr_assert_eq(write(fd, yaml, strlen(yaml)), (ssize_t)strlen(yaml));
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct options options = {.file = path, .pin_upstream = name};
    return said_by(pin_check_run, &options, exit_code);
}

static void
show(uint8_t key, uint8_t vouching)
{
    shown = (struct look_chain){.count = 2, .complete = true};
    shown.seen[0].pin[0] = key;
    shown.seen[1].pin[0] = 9;
    strcpy(shown.seen[0].text, "CN=own");
    strcpy(shown.seen[1].text, "CN=issuer");
    shown.vouches[0] = vouching;
}

Test(pin_check, a_pin_that_matches_is_told_with_its_place_and_its_backup)
{
    int exit_code;
    show(1, 1);
    SAYS("one: pin 1 of 2 matches the server's key: sha256//AQAA",
         check(ONE("pin", PIN_1 ", " PIN_2), NULL, &exit_code));
    cr_assert_eq(exit_code, 0);
    SAYS("one: there is no backup pin", check(ONE("pin", PIN_1), NULL, &exit_code));
    SAYS("one: the last pin is in use", check(ONE("pin", PIN_2 ", " PIN_1), NULL, &exit_code));
    show(1, 9);
    SAYS("one: not trusted: no pin of 1 vouches", check(ONE("pin", PIN_1), NULL, &exit_code));
    cr_assert_eq(exit_code, OPTIONS_EXIT_FAILURE);
}

Test(pin_check, what_the_worker_says_against_it_is_told)
{
    int exit_code;
    show(1, 0);
    strcpy(shown.problem, "the name does not match");
    SAYS("one: not trusted: the name does not match; the server's key is sha256//AQAA",
         check(ONE("pin", PIN_1), "one", &exit_code));
    cr_assert_eq(exit_code, OPTIONS_EXIT_FAILURE);
    shown.problem[0] = '\0';
    shown.complete = false;
    SAYS("the worker ended too soon", check(ONE("pin", PIN_1), "one", &exit_code));
}

Test(pin_check, a_second_look_is_taken_in_tls_1_2_alone_where_the_first_asks_for_it)
{
    int exit_code;
    show(1, 1);
    shown.wants_12 = true;
    (void)check(ONE("pin", PIN_1), NULL, &exit_code);
    cr_assert_eq(looks, 2);
    cr_assert_eq(versions[0], 0);
    cr_assert_eq(versions[1], CONFIG_TLS12);
}

Test(pin_check, an_upstream_that_there_is_not_or_that_shows_nothing_fails)
{
    int exit_code;
    SAYS("no upstream is called \"two\"", check(ONE("pin", PIN_1), "two", &exit_code));
    cr_assert_eq(exit_code, OPTIONS_EXIT_FAILURE);
    SAYS("one: it shows no certificate", check(ONE("pin", PIN_1), NULL, &exit_code));
    cr_assert_eq(exit_code, OPTIONS_EXIT_FAILURE);
    cannot_connect = true;
    SAYS("one: cannot connect to 192.0.2.1:853", check(ONE("pin", PIN_1), NULL, &exit_code));
}

Test(pin_check, a_configuration_that_is_not_sound_has_an_exit_code_of_its_own)
{
    int exit_code;
    SAYS("penstock: ", check("nonsense: 1\n", NULL, &exit_code));
    cr_assert_eq(exit_code, OPTIONS_EXIT_CONFIG);
}
