/* test_pin_show.c - `penstock pin`: what an upstream shows, as configuration to paste
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/pin_show.h"

#include "conf/config_load.h"
#include "look_scene.h"

static struct options options = {.pin_tls_name = "",
                                 .pin_address = {.family = ADDR_IPV4, .port = 853, .bytes = {9}}};

static void
show(unsigned certificates)
{
    shown = (struct look_chain){.count = certificates, .complete = true};
    for (unsigned i = 0; i < certificates; i++) {
        shown.seen[i].pin[0] = 1;
        snprintf(shown.seen[i].text, sizeof shown.seen[i].text, "CN=number-%u", i);
    }
}

/* Taken out of what was printed: it has to be a configuration that is sound. */
static void
expect_sound(const char *text)
{
    static struct config config;
    struct config_error error;
    struct config_source source = {.file = "t", .text = text, .text_size = strlen(text)};
    cr_assert_eq(config_load(&source, &config, &error), STATUS_OK, "%s\n%s", error.text, text);
    cr_assert_eq(config.upstreams[0].pins_count, 1);
}

Test(pin_show, the_servers_own_key_is_configuration_and_its_issuers_are_comments)
{
    int exit_code;
    show(2);
    options.pin_tls_name = "dns.example";
    const char *text = said_by(pin_show_run, &options, &exit_code);
    cr_assert_eq(exit_code, 0);
    SAYS("A first look is not proof", text);
    SAYS("    tls_name: dns.example\n    verify: pin+ca\n", text);
    SAYS("      - \"sha256//AQAA", text);
    SAYS("      # - \"sha256//AQAA", text);
    SAYS("# CN=number-1", text);
    expect_sound(text);
}

Test(pin_show, without_a_name_the_pin_alone_is_checked)
{
    int exit_code;
    show(1);
    const char *text = said_by(pin_show_run, &options, &exit_code);
    SAYS("name: upstream\n", text);
    SAYS("verify: pin # there is no tls_name to check", text);
    expect_sound(text);
}

Test(pin_show, a_whole_policy_starts_as_it_is)
{
    int exit_code;
    show(1);
    options.pin_policy = true;
    const char *text = said_by(pin_show_run, &options, &exit_code);
    SAYS("listen: [\"127.0.0.1:53\"", text);
    SAYS("versions: [\"1.3\"]", text);
    expect_sound(text);
}

Test(pin_show, what_went_wrong_is_one_line_and_the_exit_code)
{
    int exit_code;
    cannot_connect = true;
    const char *text = said_by(pin_show_run, &options, &exit_code);
    cr_assert_str_eq(text, "penstock: cannot connect to 9.0.0.0:853\n");
    cr_assert_eq(exit_code, OPTIONS_EXIT_FAILURE);
}

Test(pin_show, a_handshake_that_did_not_end_well_is_told_beside_the_keys)
{
    int exit_code;
    show(1);
    strcpy(shown.problem, "no handshake in time");
    const char *text = said_by(pin_show_run, &options, &exit_code);
    SAYS("penstock: the handshake did not end well: no handshake in time\n", text);
    cr_assert_eq(exit_code, 0);
}
