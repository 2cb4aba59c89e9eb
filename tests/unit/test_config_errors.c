/* test_config_errors.c - everything that is wrong, in the order of the file
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_errors.h"
#include "config_scene.h"

static struct config_errors errors;

static void
load_all(const char *text, const char *const *env)
{
    static const char *const listen[] = {"nowhere"};
    static const struct config zeros;
    struct config_source source = {.file = "t",
                                   .text = text,
                                   .text_size = strlen(text),
                                   .environ = env,
                                   .listen = listen,
                                   .listen_count = env != NULL};
    memset(&errors, 0x5a, sizeof errors);
    cr_assert_eq(config_load_all(&source, &config, &errors), STATUS_INVALID);
    cr_expect_eq(memcmp(&config, &zeros, sizeof config), 0, "half applied");
}

static void
expect_starts(unsigned count, const char *const starts[])
{
    cr_assert_eq(errors.count, count, "%u: %s", errors.count, errors.of[0].text);
    for (unsigned i = 0; i < count; i++)
        cr_expect_eq(strncmp(errors.of[i].text, starts[i], strlen(starts[i])), 0, "%s\n%s",
                     starts[i], errors.of[i].text);
}

Test(config_errors, all_are_told_in_the_order_of_file_environment_and_flags)
{
    static const char *const expected[] = {
        "t:1: cache.ttl_min: longer than cache.ttl_max; ",
        "t:2: lanes: \"x\" is not a whole number; ",
        "t:3: acl.allow: \"y\" is not a prefix",
        "t:3: acl.allow: \"10.0.0.1/8\" is not a prefix",
        "t:4: colour: unknown key; ",
        "t:6: upstreams[0].pins: no pin given, and verify: pin+ca needs one; ",
        "t:7: upstreams[1].pins: \"z\" is not a pin; ", /* what is judged comes after */
        "t:7: upstreams[1].name: given to an earlier upstream too; ",
        "environment: PENSTOCK_COLOUR: unknown variable; ",
        "environment: PENSTOCK_TIMEOUTS_QUERY: \"4\" is a number without its unit; ",
        "command line: listen: \"nowhere\" is not an address with port; ",
    };
    load_all("cache: {ttl_min: 1h, ttl_max: 1m}\n"
             "lanes: x\n"
             "acl: {allow: [y, 10.0.0.0/8, 10.0.0.1/8]}\n"
             "colour: {blue: [yes]}\n"
             "upstreams:\n"
             "  - {name: a, address: 192.0.2.1}\n"
             "  - {name: a, address: 192.0.2.2, pins: [z]}\n",
             ENV("PENSTOCK_TIMEOUTS_QUERY=4", "PENSTOCK_COLOUR=blue"));
    expect_starts(11, expected);
}

/* A file that ends in nonsense may say below what is missing above. */
Test(config_errors, behind_what_is_no_yaml_nothing_is_judged)
{
    static const char *const expected[] = {"t:1: lanes: \"x\"", "t:2: YAML: "};
    load_all("lanes: x\nacl: ]\n", NULL);
    expect_starts(2, expected);
}

/* What a wrong value would have been is not known: nothing is concluded from it. */
Test(config_errors, what_only_follows_is_not_told)
{
    static const char *const value[] = {"t:1: pacing.rate: \"0\" is out of range; "};
    static const char *const with[] = {"t:2: upstreams[0].verify: \"none\" is not one"};
    static const char *const lists[] = {"t:1: listen: \"a\" is", "t:2: upstreams: not a list; "};
    static const char *const env[] = {"environment: PENSTOCK_UPSTREAMS_1_: there is no upstream 0",
                                      "command line: listen: "};
    load_all("pacing: {rate: 0}\n" UPSTREAM, NULL);
    expect_starts(1, value);
    load_all("upstreams:\n- {name: a, address: 192.0.2.1, verify: none}\n", NULL);
    expect_starts(1, with);
    load_all("listen: [a]\nupstreams: {name: a}\nrates: {listeners: [\"127.0.0.1:53 off\"]}\n",
             NULL);
    expect_starts(2, lists);
    load_all("", ENV("PENSTOCK_UPSTREAMS_1_NAME=a"));
    expect_starts(2, env);
}

Test(config_errors, a_list_is_full_once)
{
    static const char *const expected[] = {"t:1: rates.ipv4: too many values; allowed: up to 4"};
    load_all("rates: {ipv4: [/32 1/s 1, /31 1/s 1, /30 1/s 1, /29 1/s 1, /28 1/s 1, /27 1/s "
             "1]}\n" UPSTREAM,
             NULL);
    expect_starts(1, expected);
}

Test(config_errors, so_many_are_kept_and_the_others_counted)
{
    char text[4096] = "tls: {policy: x}\n", rest[CONFIG_ERRORS_REST_MAX];
    for (int i = 0; i < 30; i++)
        strcat(text, "x: y\n");
    strcat(text, UPSTREAM "cache: {ttl_min: 1h, ttl_max: 1m}\n");
    load_all(text, NULL);
    cr_expect_eq(errors.count, 32);
    cr_expect_eq(config_errors_kept(&errors), CONFIG_ERRORS_MAX);
    cr_expect_eq(strncmp(errors.of[0].text, "t:1: tls.policy: ", 17), 0);
    cr_expect_eq(strncmp(errors.of[CONFIG_ERRORS_MAX - 1].text, "t:19: x: ", 9), 0);
    cr_expect_str_eq(config_errors_rest(&errors, rest), "and 13 more errors");
}

/* One that comes late and stands early pushes out the last. */
Test(config_errors, those_that_stand_first_are_kept)
{
    struct config_error one = {.text = "x"};
    char rest[CONFIG_ERRORS_REST_MAX];
    config_errors_begin(&errors);
    for (uint32_t line = 100; line > 0; line--) {
        snprintf(one.text, sizeof one.text, "%u", line);
        cr_expect_eq(config_errors_rest(&errors, rest) == NULL, line >= 81);
        config_errors_add(&errors, &one, (struct config_origin){CONFIG_FROM_FILE, line});
    }
    for (uint32_t i = 0; i < CONFIG_ERRORS_MAX; i++)
        cr_expect_eq(strtoul(errors.of[i].text, NULL, 10), i + 1);
    config_errors_begin(&errors);
    for (uint32_t i = 0; i <= CONFIG_ERRORS_MAX; i++)
        config_errors_add(&errors, &one, (struct config_origin){CONFIG_DEFAULTS, 0});
    cr_expect_str_eq(config_errors_rest(&errors, rest), "and 1 more error");
}

Test(config_errors, one_line_tells_the_first_and_how_many_more)
{
    struct config_error one, line;
    struct config_origin origin = {CONFIG_DEFAULTS, 0};
    memset(one.text, 'x', sizeof one.text);
    one.text[sizeof one.text - 1] = '\0';
    config_errors_begin(&errors);
    config_errors_add(&errors, &one, origin);
    config_errors_line(&errors, &line);
    cr_expect_str_eq(line.text, one.text);
    config_errors_add(&errors, &one, origin);
    config_errors_line(&errors, &line);
    cr_expect_eq(strlen(line.text), sizeof line.text - 1);
    cr_expect_str_eq(strchr(line.text, ' '), " (and 1 more)");
}

/* A megabyte of mistakes takes no longer than it takes to read it. */
Test(config_errors, very_many_are_counted_soon, .timeout = 60)
{
    static const char *const mistakes[] = {"lanez: 1\n", "x: [{}]\n", "- [2001:db8::1]\n", "[1],"};
    static const char *const heads[] = {"", "", "listen:\n", "listen: ["};
    static const char *const ends[] = {"", "", "", "]\n"};
    static char text[CONFIG_FILE_MAX];
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        size_t size = strlen(mistakes[i]), room = sizeof text - 16, count = 0;
        char *at = stpcpy(text, heads[i]);
        for (; (size_t)(at - text) + size < room; count++)
            at = mempcpy(at, mistakes[i], size);
        strcpy(at, ends[i]);
        load_all(text, NULL);
        cr_expect_geq(errors.count, count, "%s", mistakes[i]);
        cr_expect(config_errors_is_full(&errors));
    }
}
