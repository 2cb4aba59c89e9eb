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

static struct config_errors errors;

static void
expect(struct config_origin origin, const char *expected)
{
    config_errors_begin(&errors);
    cr_assert_eq(config_error_of(&errors, "f", origin, CONFIG_ROW_upstream_name, 3, "%d", 1),
                 STATUS_INVALID);
    cr_expect_str_eq(errors.of[0].text, expected);
    cr_expect(config_errors_has(&errors, CONFIG_ROW_upstream_name, 3));
    cr_expect_not(config_errors_has(&errors, CONFIG_ROW_upstream_name, 2));
    cr_expect_not(config_errors_has(&errors, CONFIG_ROW_upstream_pins, 3));
}

Test(config_error, a_place_is_a_line_a_variable_or_a_flag)
{
    expect((struct config_origin){CONFIG_FROM_FILE, 7}, "f:7: upstreams[3].name: 1");
    expect((struct config_origin){CONFIG_DEFAULTS, 0}, "f: upstreams[3].name: 1");
    expect((struct config_origin){CONFIG_FROM_ENV, 0}, "environment: PENSTOCK_UPSTREAMS_3_NAME: 1");
    expect((struct config_origin){CONFIG_FROM_FLAGS, 0}, "command line: upstreams[3].name: 1");
    config_errors_begin(&errors);
    cr_assert_eq(
        config_error_at(&errors, NULL, (struct config_origin){CONFIG_DEFAULTS, 0}, NULL, "\tx\xff"),
        STATUS_INVALID);
    cr_expect_str_eq(errors.of[0].text, "configuration: ?x?");
}
