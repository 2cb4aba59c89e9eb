/* test_config_error.c - an error is one printable line
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_error.h"
#include "config_scene.h"

Test(config_error, an_error_is_one_printable_line_for_any_file_name)
{
    char file[1000];
    memset(file, 'x', sizeof file);
    file[sizeof file - 1] = '\0';
    file[sizeof file - 3] = '\n';
    struct config_source source = {.file = file, .text = "lanes: x", .text_size = 8};
    cr_assert_eq(config_load(&source, &config, &error), STATUS_INVALID);
    cr_expect_not_null(strstr(error.text,
                              "x?x:1: lanes: \"x\" is not a whole number; allowed: auto, "
                              "or 1 to 16"));
}

Test(config_error, a_place_is_a_line_a_variable_or_a_flag)
{
    const struct config_row *row = &config_rows[CONFIG_ROW_upstream_name];
    struct config_origin from_file = {CONFIG_FROM_FILE, 7}, from_none = {CONFIG_DEFAULTS, 0};
    struct config_origin from_env = {CONFIG_FROM_ENV, 0}, from_flags = {CONFIG_FROM_FLAGS, 0};
    cr_assert_eq(config_error_of(&error, "f", from_file, row, 3, "%d", 1), STATUS_INVALID);
    cr_expect_str_eq(error.text, "f:7: upstreams[3].name: 1");
    cr_assert_eq(config_error_of(&error, "f", from_none, row, 3, "%d", 1), STATUS_INVALID);
    cr_expect_str_eq(error.text, "f: upstreams[3].name: 1");
    cr_assert_eq(config_error_of(&error, "f", from_env, row, 3, "%d", 1), STATUS_INVALID);
    cr_expect_str_eq(error.text, "environment: PENSTOCK_UPSTREAMS_3_NAME: 1");
    cr_assert_eq(config_error_of(&error, "f", from_flags, row, 3, "%d", 1), STATUS_INVALID);
    cr_expect_str_eq(error.text, "command line: upstreams[3].name: 1");
    cr_assert_eq(config_error_at(&error, NULL, 0, NULL, "\tx\xff"), STATUS_INVALID);
    cr_expect_str_eq(error.text, "configuration: ?x?");
}
