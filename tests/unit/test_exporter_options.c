/* test_exporter_options.c - tests of exporter_options
 * SPDX-License-Identifier: ISC
 */
#include "exporter/exporter_options.h"

#include "conf/config.h"

#include <criterion/criterion.h>
#include <string.h>

static struct exporter_options options;

#define PARSE(...) parse((const char *[]){"penstock-exporter", __VA_ARGS__, NULL}, NULL)

static enum status
parse(const char *words[], const char *control_env)
{
    int argc = 0;
    while (words[argc] != NULL)
        argc++;
    return exporter_options_parse(argc, (char **)(uintptr_t)words, control_env, &options);
}

Test(exporter_options, nothing_given)
{
    cr_expect_eq(parse((const char *[]){"penstock-exporter", NULL}, NULL), STATUS_OK);
    cr_expect_eq(options.action, EXPORTER_SERVE);
    cr_expect_str_eq(options.control, CONFIG_CONTROL_SOCKET);
    cr_expect_str_eq(options.user, "penstock-exporter");
    cr_expect_eq(options.listen_count, 1);
    cr_expect_eq(options.listen[0].port, EXPORTER_OPTIONS_PORT);
    cr_expect_str_eq(options.hosts, "");
}

Test(exporter_options, what_is_given)
{
    cr_expect_eq(PARSE("--listen", "[::1]:80", "--listen=127.0.0.1", "--control", "/a", "--user",
                       "b", "--host", "c.example", "--host", "d"),
                 STATUS_OK);
    cr_expect_eq(options.listen_count, 2);
    cr_expect_eq(options.listen[0].family, ADDR_IPV6);
    cr_expect_eq(options.listen[0].port, 80);
    cr_expect_eq(options.listen[1].port, EXPORTER_OPTIONS_PORT);
    cr_expect_str_eq(options.control, "/a");
    cr_expect_str_eq(options.user, "b");
    cr_expect_str_eq(options.hosts, "c.example,d");
    cr_expect_eq(parse((const char *[]){"penstock-exporter", NULL}, "/e"), STATUS_OK);
    cr_expect_str_eq(options.control, "/e");
    cr_expect_eq(PARSE("--describe"), STATUS_OK);
    cr_expect_eq(options.action, EXPORTER_DESCRIBE);
    cr_expect_eq(PARSE("--once"), STATUS_OK);
    cr_expect_eq(options.action, EXPORTER_ONCE);
    cr_expect_eq(PARSE("-V"), STATUS_OK);
    cr_expect_eq(options.action, EXPORTER_VERSION);
    cr_expect_eq(PARSE("--help"), STATUS_OK);
    cr_expect_eq(options.action, EXPORTER_HELP);
    cr_expect_not_null(strstr(exporter_options_help(), EXPORTER_OPTIONS_ADDRESS));
}

Test(exporter_options, what_is_wrong_has_a_line)
{
    cr_expect_eq(PARSE("--listen", "localhost:1"), STATUS_INVALID);
    cr_expect_eq(PARSE("--listen"), STATUS_INVALID);
    cr_expect_str_eq(options.error, "--listen takes a value");
    cr_expect_eq(PARSE("--host", "a:1"), STATUS_INVALID);
    cr_expect_eq(PARSE("--host", "a,b"), STATUS_INVALID);
    cr_expect_eq(PARSE("--host", ""), STATUS_INVALID);
    cr_expect_eq(PARSE("--describe=1"), STATUS_INVALID);
    cr_expect_str_eq(options.error, "--describe takes no value");
    cr_expect_eq(PARSE("--once", "--listen", "127.0.0.1"), STATUS_INVALID);
    cr_expect_str_eq(options.error, "with --once it serves nothing: no --listen, no --host");
    cr_expect_eq(PARSE("--nothing"), STATUS_INVALID);
    cr_expect_eq(PARSE("word"), STATUS_INVALID);
    cr_expect_eq(PARSE("--listen", "127.0.0.1", "--listen", "127.0.0.2", "--listen", "127.0.0.3",
                       "--listen", "127.0.0.4", "--listen", "127.0.0.5"),
                 STATUS_INVALID);
    char long_name[300];
    memset(long_name, 'a', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    cr_expect_eq(PARSE("--host", long_name, "--host", long_name), STATUS_INVALID);
}

Test(exporter_options, one_thing_is_done)
{
    static const char *const actions[] = {"--once", "--describe", "--events=json",
                                          "--events=dnstap"};
    for (unsigned i = 0; i < 4; i++)
        for (unsigned k = 0; k < 4; k++) {
            cr_expect_eq(PARSE(actions[i], actions[k]), STATUS_INVALID, "%u %u", i, k);
            cr_expect_str_eq(options.error,
                             "one of --events, --once and --describe can be given, and once");
        }
    cr_expect_eq(PARSE("--describe", "--listen", "127.0.0.1"), STATUS_INVALID);
    cr_expect_str_eq(options.error, "with --describe it serves nothing: no --listen, no --host");
    cr_expect_eq(PARSE("--once", "--help", "--describe"), STATUS_OK);
    cr_expect_eq(options.action, EXPORTER_HELP);
    cr_expect_eq(PARSE("--events=json", "-V", "--once"), STATUS_OK);
    cr_expect_eq(options.action, EXPORTER_VERSION);
}

Test(exporter_options, events_take_a_form_and_nothing_to_serve)
{
    cr_expect_eq(PARSE("--events", "json"), STATUS_OK);
    cr_expect_eq(options.action, EXPORTER_EVENTS);
    cr_expect_eq(options.form, EVENTS_OUTPUT_JSON);
    cr_expect_eq(options.listen_count, 0);
    cr_expect_eq(PARSE("--events=dnstap", "--user", "a"), STATUS_OK);
    cr_expect_eq(options.form, EVENTS_OUTPUT_DNSTAP);
    cr_expect_str_eq(options.user, "a");
    cr_expect_eq((int)options.output.kind, (int)EXPORTER_TARGET_STANDARD);
    cr_expect_eq(PARSE("--output", "/a/b", "--events", "json"), STATUS_OK);
    cr_expect_eq((int)options.output.kind, (int)EXPORTER_TARGET_FILE);
    cr_expect_str_eq(options.user, "penstock-events");
    cr_expect_eq(PARSE("--output", "unix:/a", "--events", "dnstap"), STATUS_OK);
    cr_expect_eq((int)options.output.kind, (int)EXPORTER_TARGET_UNIX);
    cr_expect_eq(PARSE("--output", "tcp:127.0.0.1:6000", "--events", "json"), STATUS_INVALID);
    cr_expect_str_eq(options.error, "json goes to a file or to standard output, no socket");
    cr_expect_eq(PARSE("--output", "tcp:127.0.0.1", "--events", "dnstap"), STATUS_INVALID);
    cr_expect_eq(PARSE("--output", "/a/b"), STATUS_INVALID);
    cr_expect_str_eq(options.error, "--output is for --events");
    cr_expect_eq(PARSE("--events", "text"), STATUS_INVALID);
    cr_expect_eq(PARSE("--events", "json", "--listen", "127.0.0.1"), STATUS_INVALID);
    cr_expect_eq(PARSE("--host", "a.example", "--events", "json"), STATUS_INVALID);
}
