/* test_config_zone.c - interfaces of link-local addresses by name and by number
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_zone.h"

#include "config_scene.h"

static uint32_t
index_of(const char *name)
{
    return strcmp(name, "eth0") == 0 ? 2 : strcmp(name, "wlan-long-name0") == 0 ? 4294967295u : 0;
}

static bool
name_of(uint32_t number, char name[CONFIG_ZONE_NAME_MAX])
{
    static const char *const names[] = {"", "lo", "eth0", "7", "a b", "a]b", ""};
    if (number >= sizeof names / sizeof names[0])
        return false;
    strcpy(name, names[number]);
    return true;
}

static void
expect_number(const char *text, const char *expected)
{
    char number[VALUE_TEXT_MAX];
    const char *found = config_zone_number(index_of, text, number);
    if (expected == NULL)
        cr_expect_null(found, "%s", text);
    else
        cr_expect_str_eq(found, expected);
}

static void
expect_name(const char *text, const char *expected)
{
    char named[VALUE_TEXT_MAX];
    cr_expect_str_eq(config_zone_name(name_of, text, named), expected);
}

Test(config_zone, a_name_becomes_its_number)
{
    expect_number("fe80::1%eth0", "fe80::1%2");
    expect_number("[fe80::1%eth0]:53", "[fe80::1%2]:53");
    expect_number("[fe80::1%eth0]:53 50%", "[fe80::1%2]:53 50%");
    expect_number("fe80::1%wlan-long-name0", "fe80::1%4294967295");
    expect_number("fe80::1%3", "fe80::1%3");
    expect_number("192.0.2.1:53 50%", "192.0.2.1:53 50%");
    expect_number("192.0.2.1", "192.0.2.1");
}

Test(config_zone, a_name_that_no_interface_has_is_no_address)
{
    char number[VALUE_TEXT_MAX];
    expect_number("fe80::1%eth1", NULL);
    expect_number("fe80::1%a-name-of-sixteen", NULL);
    cr_expect_null(config_zone_number(NULL, "fe80::1%eth0", number));
    cr_expect_str_eq(config_zone_number(NULL, "fe80::1%2", number), "fe80::1%2");
}

Test(config_zone, a_number_becomes_its_name_if_that_reads_back)
{
    char named[VALUE_TEXT_MAX];
    expect_name("[fe80::1%2]:53", "[fe80::1%eth0]:53");
    expect_name("[fe80::1%2]:53 50%", "[fe80::1%eth0]:53 50%");
    expect_name("[fe80::1%3]:53", "[fe80::1%3]:53");
    expect_name("[fe80::1%4]:53", "[fe80::1%4]:53");
    expect_name("[fe80::1%5]:53", "[fe80::1%5]:53");
    expect_name("[fe80::1%6]:53", "[fe80::1%6]:53");
    expect_name("[fe80::1%99]:53", "[fe80::1%99]:53");
    expect_name("192.0.2.1:53 50%", "192.0.2.1:53 50%");
    cr_expect_str_eq(config_zone_name(NULL, "[fe80::1%2]:53", named), "[fe80::1%2]:53");
}

Test(config_zone, only_addresses_with_a_port_have_interfaces)
{
    cr_expect(config_zone_is_possible(VALUE_LISTEN));
    cr_expect(config_zone_is_possible(VALUE_UPSTREAM));
    cr_expect(config_zone_is_possible(VALUE_SHARE));
    cr_expect_not(config_zone_is_possible(VALUE_PREFIX));
    cr_expect_not(config_zone_is_possible(VALUE_NAME));
}

Test(config_zone, a_file_names_interfaces_and_prints_them)
{
    static const char text[] = "listen: [\"[fe80::1%eth0]:53\"]\n" UPSTREAM;
    struct config_source source = {
        .file = "t", .text = text, .text_size = strlen(text), .zone_index = index_of};
    cr_assert_eq(config_load(&source, &config, &error), STATUS_OK, "%s", error.text);
    cr_expect_eq(config.listen[0].scope, 2);
    char *printed = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&printed, &size);
    config_print(&config, name_of, to);
    fclose(to);
    cr_expect_not_null(strstr(printed, "[fe80::1%eth0]:53"), "%s", printed);
    free(printed);
    source.zone_index = NULL;
    cr_assert_eq(config_load(&source, &config, &error), STATUS_INVALID);
    cr_expect_not_null(strstr(error.text, "names an interface that is not there"), "%s",
                       error.text);
}
