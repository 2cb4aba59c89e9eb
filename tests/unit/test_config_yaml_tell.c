/* test_config_yaml_tell.c - first mistakes are told in words
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_yaml_tell.h"
#include "config_scene.h"

#define IN_BRACKETS                                                                                \
    "an address in brackets without quotes, which YAML reads as a list; allowed: quotes around "   \
    "it, as in \"[::1]:853\""

Test(config_yaml_tell, a_tab)
{
    static const char tab[] = "test.yaml:2: YAML: a tab in the indentation; allowed: spaces";
    expect_error("acl:\n\tallow: []\n", NULL, tab);
    expect_error("acl:\n  \tallow: []\n", NULL, tab);
    expect_error("upstreams:\n\t- name: a\n", NULL, tab);
    expect_error("upstreams:\n  - name: a\n\taddress: 192.0.2.1\n", NULL,
                 "test.yaml:3: YAML: a tab in the indentation; allowed: spaces");
    load_ok("acl: {\n\tallow: []}\n" UPSTREAM, NULL); /* which YAML allows */
}

Test(config_yaml_tell, an_address_that_yaml_reads_as_a_list)
{
    expect_error("upstreams:\n- name: a\n  address: [::1]:853\n  verify: ca\n", NULL,
                 "test.yaml:3: upstreams[0].address: " IN_BRACKETS);
    expect_error("upstreams:\n- name: a\n  address: [2001:db8::1]\n  verify: ca\n", NULL,
                 "test.yaml:3: upstreams[0].address: " IN_BRACKETS);
    expect_error("upstreams:\n- {name: a, address: [::1]:853}\n", NULL,
                 "test.yaml:2: upstreams[0].address: " IN_BRACKETS);
    expect_error("listen: [[::]:53]\n", NULL, "test.yaml:1: YAML: " IN_BRACKETS);
    expect_error("listen: [127.0.0.1,\n  [::1]]\n", NULL, "test.yaml:2: listen: " IN_BRACKETS);
    expect_error("listen:\n- [::1]:53\n- 127.0.0.1\n", NULL, "test.yaml:2: listen: " IN_BRACKETS);
    expect_error("listen: [::1]:53\n" UPSTREAM, NULL, "test.yaml:1: YAML: " IN_BRACKETS);
    expect_error("listen: [::1]:53", NULL, "test.yaml:1: YAML: " IN_BRACKETS);
}

/* libyaml may fail in what it began to read as a list. */
Test(config_yaml_tell, each_such_address_once)
{
    static struct config_errors errors;
    static const char text[] = "listen:\n- [::1]\n- [::2]\n";
    struct config_source source = {.file = "t", .text = text, .text_size = sizeof text - 1};
    cr_assert_eq(config_load_all(&source, &config, &errors), STATUS_INVALID);
    cr_expect_eq(errors.count, 1);
    cr_expect_str_eq(errors.of[0].text, "t:2: listen: " IN_BRACKETS);
}

Test(config_yaml_tell, the_mark_of_an_editor)
{
    expect_error(
        "\xef\xbb\xbf" UPSTREAM, NULL,
        "test.yaml:1: YAML: a byte order mark before the text; allowed: UTF-8 without one");
    expect_error("\xef\xbb\xbf" UPSTREAM "lanes: x\n", NULL,
                 "test.yaml:6: lanes: \"x\" is not a whole number; allowed: auto, or 1 to 16");
    expect_error("\xff\xfel", NULL, "test.yaml:1: YAML: text in UTF-16; allowed: text in UTF-8");
}

Test(config_yaml_tell, a_near_key_and_a_near_value)
{
    expect_error("acl: {alow: []}\n", NULL,
                 "test.yaml:1: acl.alow: unknown key (did you mean allow?); allowed: allow, deny");
    expect_error("timeouts: {query: 4sec}\n", NULL,
                 "test.yaml:1: timeouts.query: \"4sec\" is in a unit that is not known (did you "
                 "mean 4s?); allowed: 100ms to 30s, with a unit (ms, s, m, h or d)");
    expect_error("rates: {mode: Enforce}\n", NULL,
                 "test.yaml:1: rates.mode: \"Enforce\" is not one of the allowed words (did you "
                 "mean enforce?); allowed: enforce, dry-run or off");
}
