/* test_config_row.c - the table of config.def
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_row.h"

#include <criterion/criterion.h>
#include <string.h>

Test(config_row, rows_of_a_group_stand_together_and_no_name_is_taken_twice)
{
    for (enum config_row_id a = 0; a < CONFIG_ROWS; a++) {
        char env_a[CONFIG_PATH_TEXT_MAX], env_b[CONFIG_PATH_TEXT_MAX];
        config_row_env(&config_rows[a], 0, env_a);
        for (enum config_row_id b = 0; b < a; b++) {
            cr_expect_str_neq(env_a, config_row_env(&config_rows[b], 0, env_b));
            cr_expect(*config_rows[a].group != '\0' ||
                      strcmp(config_rows[a].key, config_rows[b].group) != 0);
            if (strcmp(config_rows[a].group, config_rows[b].group) == 0)
                cr_expect_str_eq(config_rows[a].group, config_rows[a - 1].group);
        }
    }
}

Test(config_row, a_list_has_at_most_the_items_it_has_room_for)
{
    static struct config config;
    const struct config_row *row = &config_rows[CONFIG_ROW_listen];
    config.listen_count = 3;
    cr_expect_eq(config_row_count(row, &config), 3);
    config.listen_count = UINT32_MAX;
    cr_expect_eq(config_row_count(row, &config), CONFIG_LISTEN_MAX, "whatever memory says");
    cr_expect_eq(config_row_count(&config_rows[CONFIG_ROW_lanes], &config), 1);
    cr_expect_eq(config_row_item(row, &config, 2), &config.listen[2]);
    config.listen[2] = config.listen[0] = (struct addr){.family = ADDR_IPV4, .port = 53};
    cr_expect(config_row_is_twice(row, &config, 2));
    cr_expect_not(config_row_is_twice(row, &config, 1));
}

Test(config_row, paths_and_variables_have_the_number_of_an_upstream)
{
    char text[CONFIG_PATH_TEXT_MAX];
    const struct config_row *row = &config_rows[CONFIG_ROW_upstream_tls_name];
    cr_expect_str_eq(config_row_path(row, 15, text), "upstreams[15].tls_name");
    cr_expect_str_eq(config_row_env(row, 15, text), "PENSTOCK_UPSTREAMS_15_TLS_NAME");
    row = &config_rows[CONFIG_ROW_lanes];
    cr_expect_str_eq(config_row_path(row, 0, text), "lanes");
    cr_expect_str_eq(config_row_env(row, 0, text), "PENSTOCK_LANES");
}
