/* test_config_key.c - which row a key of the file means
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_key.h"

#include <criterion/criterion.h>

Test(config_key, a_key_is_found_in_its_group)
{
    cr_expect_eq(config_key_find("", "lanes"), CONFIG_ROW_lanes);
    cr_expect_eq(config_key_find("timeouts", "query"), CONFIG_ROW_query_ms);
    cr_expect_eq(config_key_find("upstreams", "name"), CONFIG_ROW_upstream_name);
    cr_expect_eq(config_key_find("", "query"), CONFIG_ROWS);
    cr_expect_eq(config_key_find("acl", "query"), CONFIG_ROWS);
    cr_expect_eq(config_key_find("acl", "acl"), CONFIG_ROWS);
    cr_expect_eq(config_key_find("", ""), CONFIG_ROWS);
}

Test(config_key, a_group_is_its_first_row)
{
    cr_expect_eq(config_key_find("", "acl"), CONFIG_ROW_allow);
    cr_expect_eq(config_key_find("", "upstreams"), CONFIG_ROW_upstream_name);
}

Test(config_key, known_keys_are_listed_each_once)
{
    char known[CONFIG_KEY_KNOWN_MAX];
    cr_expect_str_eq(config_key_list("acl", known), "allow, deny");
    cr_expect_eq(strncmp(config_key_list("", known),
                         "listen, user, lanes, reload_on_change, strategy, proxy, acl, "
                         "upstreams, routes, tls, ",
                         84),
                 0, "%s", known);
    cr_expect_null(strstr(strstr(known, "upstreams") + 1, "upstreams"));
}

static void
expect_near(const char *group, const char *key, const char *expected)
{
    char text[CONFIG_PATH_TEXT_MAX];
    const char *near = config_key_near(group, key, text);
    cr_expect_str_eq(near == NULL ? "" : near, expected, "%s.%s: %s", group, key, near);
}

Test(config_key, a_slip_of_a_finger_is_forgiven_with_a_word)
{
    expect_near("", "Lanes", "lanes");
    expect_near("", "upstream", "upstreams");
    expect_near("", "lsiten", "listen");
    expect_near("upstreams", "tls-name", "tls_name");
    expect_near("upstreams", "adress", "address");
    expect_near("timeouts", "tcpidle", "tcp_idle");
    expect_near("", "colour", "");
    expect_near("", "x", "");
    expect_near("", "", "");
}

Test(config_key, a_key_of_another_group_is_known_by_its_path)
{
    expect_near("", "ca_file", "tls.ca_file");
    expect_near("tls", "tls_name", "upstreams[].tls_name");
    expect_near("tls", "lanes", "lanes");
    expect_near("", "enabled", ""); /* there are several */
}
