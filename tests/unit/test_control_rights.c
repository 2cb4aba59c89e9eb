/* test_control_rights.c - accounts and groups of the configuration become numbers
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/control_rights.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct config config;
static struct control_rights rights;
static struct config_error error;

static void
add(char (*list)[CONFIG_WHO_MAX], uint32_t *count, const char *who)
{
    snprintf(list[(*count)++], CONFIG_WHO_MAX, "%s", who);
}

Test(control_rights, finds_accounts_and_groups)
{
    add(config.control_readers, &config.control_readers_count, "daemon");
    add(config.control_operators, &config.control_operators_count, "group:bin");
    add(config.control_operators, &config.control_operators_count, "root");
    cr_assert_eq(control_rights_find(&config, &rights, &error), STATUS_OK, "%s", error.text);
    cr_assert_eq(rights.readers.users_count, 1);
    cr_assert_eq(rights.readers.users[0], 1);
    cr_assert_eq(rights.readers.groups_count, 0);
    cr_assert_eq(rights.operators.groups_count, 1);
    cr_assert_eq(rights.operators.groups[0], 2);
    cr_assert_eq(rights.operators.users_count, 1);
    cr_assert_eq(rights.operators.users[0], 0);
}

Test(control_rights, who_is_not_there_is_named)
{
    add(config.control_operators, &config.control_operators_count, "group:no-such-group");
    cr_assert_eq(control_rights_find(&config, &rights, &error), STATUS_INVALID);
    cr_assert_not_null(strstr(error.text, "control.operators: \"group:no-such-group\""));
    strcpy(config.control_operators[0], "no-such-account");
    cr_assert_eq(control_rights_find(&config, &rights, &error), STATUS_INVALID);
    cr_assert_not_null(strstr(error.text, "\"no-such-account\""));
}

Test(control_rights, the_account_that_is_become_is_our_own)
{
    strcpy(config.user, "daemon");
    cr_assert_eq(control_rights_find(&config, &rights, &error), STATUS_OK);
    cr_assert_eq(rights.own_uid, geteuid() == 0 ? 1 : geteuid());
}
