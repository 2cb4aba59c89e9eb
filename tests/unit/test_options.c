/* test_options.c - tests of options
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/options.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

static struct options options;

static enum status
parse(size_t count, const char *const *words)
{
    static char room[32][300];
    char *argv[33];
    cr_assert_lt(count, 32);
    snprintf(room[0], sizeof room[0], "penstock");
    argv[0] = room[0];
    for (size_t i = 0; i < count; i++) { /* getopt moves them about */
        snprintf(room[i + 1], sizeof room[i + 1], "%s", words[i]);
        argv[i + 1] = room[i + 1];
    }
    argv[count + 1] = NULL;
    return options_parse((int)count + 1, argv, &options);
}

#define PARSE(...)                                                                                 \
    parse(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *),                       \
          (const char *const[]){__VA_ARGS__})

static void
assert_refused(enum status status, const char *because)
{
    cr_assert_eq(status, STATUS_INVALID);
    cr_assert_not_null(strstr(options.error, because), "\"%s\" does not say \"%s\"", options.error,
                       because);
    cr_assert_null(strchr(options.error, '\n'));
}

Test(options, nothing_said_means_serve)
{
    cr_assert_eq(parse(0, NULL), STATUS_OK);
    cr_assert_eq(options.action, OPTIONS_SERVE);
    cr_assert_null(options.file);
    cr_assert_eq(options.listen_count, 0);
}

Test(options, takes_file_addresses_and_verbosity)
{
    cr_assert_eq(PARSE("-c", "a.yaml", "-a", "127.0.0.1:5300", "--address", "::1", "-vv", "-v"),
                 STATUS_OK);
    cr_assert_str_eq(options.file, "a.yaml");
    cr_assert_eq(options.listen_count, 2);
    cr_assert_str_eq(options.listen[1], "::1");
    cr_assert_eq(options.verbose, 3);
}

Test(options, each_action_has_its_flag)
{
    static const struct {
        const char *flag;
        enum options_action action;
    } rows[] = {{"--check", OPTIONS_CHECK},
                {"--print-config", OPTIONS_PRINT_CONFIG},
                {"--version", OPTIONS_VERSION},
                {"--help", OPTIONS_HELP},
                {"-h", OPTIONS_HELP}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_assert_eq(PARSE(rows[i].flag), STATUS_OK);
        cr_assert_eq(options.action, rows[i].action, "%s", rows[i].flag);
    }
}

Test(options, strict_is_how_to_check)
{
    cr_assert_eq(PARSE("--check"), STATUS_OK);
    cr_expect_not(options.strict);
    cr_assert_eq(PARSE("--strict", "--check"), STATUS_OK);
    cr_expect(options.strict);
    assert_refused(PARSE("--strict"), "--strict");
    assert_refused(PARSE("--strict", "--print-config"), "--strict");
}

Test(options, errors_name_the_word_that_is_wrong)
{
    assert_refused(PARSE("--foo"), "--foo");
    assert_refused(PARSE("-x"), "-x");
    assert_refused(PARSE("-vx"), "-x");
    assert_refused(PARSE("-c"), "-c");
    assert_refused(PARSE("--config"), "--config");
    assert_refused(PARSE("--check=yes"), "--check=yes");
    assert_refused(PARSE("serve"), "serve");
    assert_refused(PARSE("-v", "pin"), "pin");
}

Test(options, one_address_too_many_is_refused)
{
    const char *words[(CONFIG_LISTEN_MAX + 1) * 2];
    for (size_t i = 0; i <= CONFIG_LISTEN_MAX; i++) {
        words[2 * i] = "-a";
        words[2 * i + 1] = "127.0.0.1";
    }
    static char *argv[(CONFIG_LISTEN_MAX + 1) * 2 + 2];
    argv[0] = (char[]){"penstock"};
    for (size_t i = 0; i < (CONFIG_LISTEN_MAX + 1) * 2; i++)
        argv[i + 1] = (char *)(uintptr_t)words[i];
    cr_assert_eq(options_parse(CONFIG_LISTEN_MAX * 2 + 1, argv, &options), STATUS_OK);
    assert_refused(options_parse(CONFIG_LISTEN_MAX * 2 + 3, argv, &options), "16");
}

Test(options, pin_takes_address_and_name_in_any_order)
{
    cr_assert_eq(PARSE("pin", "--tls-name", "dns.example", "[2001:db8::1]:8853"), STATUS_OK);
    cr_assert_eq(options.action, OPTIONS_PIN);
    cr_assert_str_eq(options.pin_tls_name, "dns.example");
    cr_assert_eq(options.pin_address.port, 8853);
    cr_assert_eq(PARSE("pin", "192.0.2.1", "--tls-name=dns.example"), STATUS_OK);
    cr_assert_eq(options.pin_address.port, OPTIONS_TLS_PORT);
    cr_assert_eq(PARSE("pin", "192.0.2.1"), STATUS_OK);
    cr_assert_str_eq(options.pin_tls_name, "");
}

Test(options, sandbox_takes_one_role_or_none)
{
    cr_assert_eq(PARSE("--sandbox"), STATUS_OK);
    cr_assert_eq(options.action, OPTIONS_SANDBOX);
    cr_assert_null(options.sandbox_role);
    cr_assert_eq(PARSE("--sandbox", "worker"), STATUS_OK);
    cr_assert_str_eq(options.sandbox_role, "worker");
    cr_assert_eq(PARSE("--sandbox-bpf", "exporter_tcp"), STATUS_OK);
    cr_assert_eq(options.action, OPTIONS_SANDBOX_BPF);
    cr_assert_str_eq(options.sandbox_role, "exporter_tcp");
    cr_assert_eq(PARSE("--sandbox-selftest", "front"), STATUS_OK);
    cr_assert_eq(options.action, OPTIONS_SANDBOX_SELFTEST);
    cr_assert_str_eq(options.sandbox_role, "front");
    assert_refused(PARSE("--sandbox", "backdoor"), "no role");
    assert_refused(PARSE("--sandbox", "front", "worker"), "one role");
    assert_refused(PARSE("--check", "front"), "neither an option");
}

/* what is printed as YAML must not be able to end its line or its quotes */
Test(options, pin_compares_with_the_configuration)
{
    cr_assert_eq(PARSE("pin", "--check", "-c", "file", "quad9"), STATUS_OK);
    cr_assert_eq(options.action, OPTIONS_PIN_CHECK);
    cr_assert_str_eq(options.file, "file");
    cr_assert_str_eq(options.pin_upstream, "quad9");
    cr_assert_eq(PARSE("pin", "--check"), STATUS_OK);
    cr_assert_eq(options.action, OPTIONS_PIN_CHECK);
    cr_assert_null(options.pin_upstream);
    assert_refused(PARSE("pin", "--check", "a", "b"), "one name");
    assert_refused(PARSE("pin", "--check", "--policy"), "--check");
    assert_refused(PARSE("pin", "--check", "--tls-name", "dns.example"), "--check");
    assert_refused(PARSE("pin", "-c", "file", "192.0.2.1"), "--check");
}

Test(options, pin_can_print_a_whole_policy)
{
    cr_assert_eq(PARSE("pin", "192.0.2.1", "--policy"), STATUS_OK);
    cr_assert_eq(options.action, OPTIONS_PIN);
    cr_assert(options.pin_policy);
    cr_assert_eq(PARSE("pin", "192.0.2.1"), STATUS_OK);
    cr_assert_not(options.pin_policy);
}

Test(options, pin_refuses_what_is_no_address_or_name)
{
    assert_refused(PARSE("pin"), "ADDRESS");
    assert_refused(PARSE("pin", "192.0.2.1", "192.0.2.2"), "ADDRESS");
    assert_refused(PARSE("pin", "dns.example"), "dns.example");
    assert_refused(PARSE("pin", "192.0.2.1", "--tls-name", "a\nb: c"), "character");
    assert_refused(PARSE("pin", "192.0.2.1", "--tls-name", "a\"b"), "character");
    assert_refused(PARSE("pin", "192.0.2.1", "--verify"), "--verify");
    char name[CONFIG_HOST_MAX + 1];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_refused(PARSE("pin", "192.0.2.1", "--tls-name", name), "longer");
}
