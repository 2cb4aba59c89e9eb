/* test_ctl_options.c - tests of ctl_options
 * SPDX-License-Identifier: ISC
 */
#include "ctl/ctl_options.h"

#include "conf/config.h"
#include "control/control_message.h"

#include <criterion/criterion.h>
#include <string.h>

static struct ctl_options options;

#define PARSE(...) parse((const char *[]){"penstockctl", __VA_ARGS__, NULL}, NULL)

static enum status
parse(const char *words[], const char *socket_env)
{
    int argc = 0;
    while (words[argc] != NULL)
        argc++;
    return ctl_options_parse(argc, (char **)(uintptr_t)words, socket_env, &options);
}

Test(ctl_options, commands)
{
    cr_expect_eq(PARSE("status"), STATUS_OK);
    cr_expect_eq(options.command, CTL_STATUS);
    cr_expect_not(options.is_json);
    cr_expect_eq(PARSE("stats", "--json"), STATUS_OK);
    cr_expect(options.command == CTL_STATS && options.is_json);
    cr_expect_eq(PARSE("--json", "status"), STATUS_OK);
    cr_expect_eq(PARSE("log-level", "notice"), STATUS_OK);
    cr_expect_eq(options.level, CONTROL_LEVEL_MIN);
    cr_expect_eq(PARSE("log-level", "debug"), STATUS_OK);
    cr_expect_eq(options.level, CONTROL_LEVEL_MAX);
    cr_expect_eq(PARSE("--help", "nothing"), STATUS_OK);
    cr_expect_eq(options.command, CTL_HELP);
    cr_expect_eq(PARSE("-V"), STATUS_OK);
    cr_expect_eq(options.command, CTL_VERSION);
}

Test(ctl_options, names_to_forget)
{
    cr_expect_eq(PARSE("flush", "www.example"), STATUS_OK);
    cr_expect_eq(options.command, CTL_FLUSH);
    cr_expect_str_eq(options.what, "www.example");
    cr_expect_not(options.is_below);
    cr_expect_eq(PARSE("flush", "--below", "."), STATUS_OK);
    cr_expect(options.is_below);
    cr_expect_eq(PARSE("flush"), STATUS_INVALID);
    cr_expect_eq(PARSE("flush", "b\xc3\xbc"
                                "cher.example"),
                 STATUS_INVALID);
    cr_assert_not_null(strstr(options.error, "xn--"));
    static const char *const none[] = {"", "..", "a..example", ".a", "a b", "a\tb"};
    for (unsigned i = 0; i < 6; i++) {
        cr_expect_eq(PARSE("flush", none[i]), STATUS_INVALID, "\"%s\"", none[i]);
        cr_expect_not_null(strstr(options.error, "labels of 1 to 63 octets"));
    }
    cr_expect_eq(PARSE("flush", "--", "-name"), STATUS_OK);
    cr_expect_str_eq(options.what, "-name");
    cr_expect_eq(PARSE("flush", "a.example", "b.example"), STATUS_INVALID);
    cr_expect_eq(PARSE("reload", "--below"), STATUS_INVALID);
    cr_expect_str_eq(options.error, "reload has no --below");
}

Test(ctl_options, addresses_to_look_at)
{
    cr_expect_eq(PARSE("limits", "192.0.2.1"), STATUS_OK);
    cr_expect_eq(options.command, CTL_LIMITS);
    cr_expect_str_eq(options.what, "192.0.2.1");
    cr_expect_eq(PARSE("limits", "2001:db8::1", "--json"), STATUS_OK);
    cr_expect(options.is_json);
    cr_expect_eq(PARSE("limits"), STATUS_INVALID);
    cr_expect_eq(PARSE("limits", "192.0.2.1:53"), STATUS_INVALID);
    cr_expect_eq(PARSE("limits", "192.0.2.0/24"), STATUS_INVALID);
}

Test(ctl_options, networks)
{
    cr_expect_eq(PARSE("networks", "--json"), STATUS_OK);
    cr_expect_eq(options.command, CTL_NETWORKS);
    cr_expect_eq(PARSE("networks", "192.0.2.1"), STATUS_INVALID);
}

Test(ctl_options, attestations)
{
    cr_expect_eq(PARSE("attest"), STATUS_OK);
    cr_expect(options.command == CTL_ATTEST && !options.is_check && options.baseline == NULL);
    cr_expect_eq(PARSE("attest", "--json"), STATUS_OK);
    cr_expect_eq(PARSE("attest", "--check"), STATUS_OK);
    cr_expect(options.is_check);
    cr_expect_eq(PARSE("--verify", "kept.json", "attest"), STATUS_OK);
    cr_expect_str_eq(options.baseline, "kept.json");
    cr_expect_eq(PARSE("attest", "--check", "--verify", "kept.json"), STATUS_INVALID);
    cr_expect_eq(PARSE("attest", "--check", "--json"), STATUS_INVALID);
    cr_expect_eq(PARSE("status", "--check"), STATUS_INVALID);
    cr_expect_eq(PARSE("top", "--verify", "kept.json"), STATUS_INVALID);
    cr_expect_eq(PARSE("attest", "--verify"), STATUS_INVALID);
}

Test(ctl_options, the_socket)
{
    cr_expect_str_eq(CTL_OPTIONS_SOCKET, CONFIG_CONTROL_SOCKET);
    cr_expect_eq(PARSE("status"), STATUS_OK);
    cr_expect_str_eq(options.socket, CTL_OPTIONS_SOCKET);
    cr_expect_eq(PARSE("status", "--socket", "/a"), STATUS_OK);
    cr_expect_str_eq(options.socket, "/a");
    cr_expect_eq(parse((const char *[]){"penstockctl", "drain", NULL}, "/b"), STATUS_OK);
    cr_expect_str_eq(options.socket, "/b");
    cr_expect_eq(parse((const char *[]){"penstockctl", "--socket=/a", "drain", NULL}, "/b"),
                 STATUS_OK);
    cr_expect_str_eq(options.socket, "/a");
}

Test(ctl_options, what_is_wrong_is_one_line)
{
    static const char *const wrong[][3] = {
        {"nothing"},       {"--nothing", "status"}, {"log-level"}, {"log-level", "loud"},
        {"reload", "now"}, {"drain", "--json"},     {"--socket"},  {"status", "-x"}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const char *words[] = {"penstockctl", wrong[i][0], wrong[i][1], NULL};
        cr_expect_eq(parse(words, NULL), STATUS_INVALID, "%s", words[1]);
        cr_expect_gt(strlen(options.error), 10);
        cr_expect_null(strchr(options.error, '\n'));
    }
}

Test(ctl_options, top)
{
    cr_expect_eq(PARSE("top"), STATUS_OK);
    cr_expect(options.command == CTL_TOP && !options.is_once && !options.is_json);
    cr_expect_eq(options.interval_s, 2);
    cr_expect_eq(PARSE("top", "--once", "--json"), STATUS_OK);
    cr_expect(options.is_once && options.is_json);
    cr_expect_eq(PARSE("--interval", "60", "top", "--json"), STATUS_OK);
    cr_expect_eq(options.interval_s, 60);
    cr_expect_eq(PARSE("top", "--interval=1", "--json"), STATUS_OK);
    cr_expect_eq(options.interval_s, 1);
    static const char *const wrong[] = {"0", "61", "", "-1", "1s", "1000", "99999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        cr_expect_eq(PARSE("top", "--interval", wrong[i]), STATUS_INVALID, "%s", wrong[i]);
        cr_expect_not_null(strstr(options.error, "1 to 60"));
    }
    cr_expect_eq(PARSE("status", "--once"), STATUS_INVALID);
    cr_expect_str_eq(options.error, "status has no --once");
    cr_expect_eq(PARSE("status", "--interval=2"), STATUS_INVALID);
    cr_expect_eq(PARSE("top", "--once", "--interval=2"), STATUS_INVALID);
}

Test(ctl_options, what_takes_no_value_says_so)
{
    cr_expect_eq(PARSE("status", "--json=1"), STATUS_INVALID);
    cr_expect_str_eq(options.error, "--json takes no value");
    cr_expect_eq(PARSE("--help=1"), STATUS_INVALID);
    cr_expect_str_eq(options.error, "--help takes no value");
    cr_expect_eq(PARSE("--nothing=1"), STATUS_INVALID);
    cr_expect_str_eq(options.error, "there is no option \"--nothing=1\"");
    cr_expect_eq(parse((const char *[]){"penstockctl", NULL}, NULL), STATUS_INVALID);
    cr_expect_str_eq(options.error, "no command is given");
}

#define SUM "00000000000000000000000000000000000000000000000000000000000000a1"

Test(ctl_options, audit_verify_takes_files_heads_and_a_key)
{
    const char *words[] = {"penstockctl",   "audit",     "verify", "--key",   "k",      "a",
                           "--head=7:" SUM, "--head-of", "d",      "--after", "3:" SUM, "b",
                           "--json",        NULL};
    cr_assert_eq(parse(words, NULL), STATUS_OK, "%s", options.error);
    cr_expect_eq(options.command, CTL_AUDIT);
    cr_expect(options.is_json);
    cr_expect_eq(options.audit.files_count, 2);
    cr_expect_str_eq(options.audit.files[0], "a");
    cr_expect_str_eq(options.audit.files[1], "b");
    cr_expect_str_eq(options.audit.key, "k");
    cr_expect_eq(options.audit.heads_count, 1);
    cr_expect_eq(options.audit.heads[0].sequence, 7);
    cr_expect_eq(options.audit.heads[0].sum[31], 0xa1);
    cr_expect_eq(options.audit.head_of_count, 1);
    cr_expect(options.audit.has_after);
    cr_expect_eq(options.audit.after.sequence, 3);
    static const char *const wrong[][4] = {
        {"audit", NULL},
        {"audit", "look", "a", NULL},
        {"audit", "verify", NULL},
        {"audit", "verify", "a", "--head=7"},
        {"audit", "verify", "a", "--after=x"},
        {"audit", "verify", "a", "--below"},
        {"status", "--key=k", NULL},
        {"attest", "--head=7:" SUM, NULL},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_eq(parse((const char *[]){"penstockctl", wrong[i][0], wrong[i][1], wrong[i][2],
                                            wrong[i][2] != NULL ? wrong[i][3] : NULL, NULL},
                           NULL),
                     STATUS_INVALID, "%zu", i);
    const char *many[CTL_OPTIONS_FILES_MAX + 5] = {"penstockctl", "audit", "verify"};
    for (unsigned i = 3; i < CTL_OPTIONS_FILES_MAX + 4; i++)
        many[i] = "a";
    cr_expect_eq(parse(many, NULL), STATUS_INVALID);
    many[CTL_OPTIONS_FILES_MAX + 3] = NULL;
    cr_expect_eq(parse(many, NULL), STATUS_OK);
}

Test(ctl_options, files_to_import)
{
    cr_expect_eq(PARSE("import", "unbound.conf"), STATUS_OK);
    cr_expect(options.command == CTL_IMPORT && options.from == NULL && !options.is_verbose);
    cr_expect_str_eq(options.what, "unbound.conf");
    cr_expect_eq(PARSE("import", "--from", "coredns", "-", "--output", "a", "--verbose"),
                 STATUS_OK);
    cr_expect_str_eq(options.from, "coredns");
    cr_expect_str_eq(options.output, "a");
    cr_expect(options.is_verbose);
    cr_expect_eq(PARSE("import"), STATUS_INVALID);
    cr_expect_eq(PARSE("import", "a", "b"), STATUS_INVALID);
    cr_expect_eq(PARSE("import", "a", "--from", "bind"), STATUS_INVALID);
    cr_expect_not_null(strstr(options.error, "stubby, unbound"));
    cr_expect_eq(PARSE("import", "a", "--nothing"), STATUS_INVALID);
    cr_expect_eq(options.command, CTL_IMPORT); /* whose exit status it gets */
    static const char *const others[] = {"--from", "--output", "--verbose"};
    for (unsigned i = 0; i < 3; i++) {
        cr_expect_eq(PARSE("status", others[i], "stubby"), STATUS_INVALID);
        cr_expect_not_null(strstr(options.error, others[i]));
        cr_expect_neq(options.command, CTL_IMPORT);
    }
}
