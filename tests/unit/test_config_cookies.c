/* test_config_cookies.c - what the file of cookies.secret_file holds
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_cookies.h"

#include <criterion/criterion.h>
#include <string.h>

#define ONE   "000102030405060708090a0b0c0d0e0f"
#define TWO   "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
#define THREE "11111111111111111111111111111111"

static struct config config;
static unsigned line;

static const char *
read_text(const char *text)
{
    return config_cookies_read(text, strlen(text), &config, &line);
}

static void
expect_secret(const struct config_secret *secret, unsigned first)
{
    cr_expect_eq(secret->is_set, 1);
    cr_expect_eq(secret->bytes[0], first);
}

Test(config_cookies, one_line_is_the_secret)
{
    const char *texts[] = {ONE, ONE "\n"};
    for (unsigned i = 0; i < 2; i++) {
        memset(&config, 7, sizeof config);
        cr_assert_null(read_text(texts[i]));
        expect_secret(&config.cookies_secret, 0);
        cr_expect_eq(config.cookies_secret.bytes[15], 15);
        cr_expect_eq(config.cookies_previous_secret.is_set, 0, "what it does not name is not set");
        cr_expect_eq(config.cookies_staged_secret.is_set, 0);
        cr_expect_eq(config.cookies_staged_secret.bytes[3], 0);
    }
}

Test(config_cookies, others_are_named_in_any_order)
{
    cr_assert_null(read_text(ONE "\nprevious " TWO "\nstaged " THREE "\n"));
    expect_secret(&config.cookies_previous_secret, 0xf0);
    expect_secret(&config.cookies_staged_secret, 0x11);
    cr_assert_null(read_text(TWO "\nstaged " ONE "\nprevious " THREE));
    expect_secret(&config.cookies_secret, 0xf0);
    expect_secret(&config.cookies_previous_secret, 0x11);
    expect_secret(&config.cookies_staged_secret, 0);
    cr_assert_null(read_text(TWO "\nstaged " ONE "\n"));
    cr_expect_eq(config.cookies_previous_secret.is_set, 0);
}

Test(config_cookies, what_is_wrong_is_told_with_its_line_and_changes_nothing)
{
    static const struct {
        const char *text;
        unsigned line;
        const char *wrong;
    } cases[] = {
        {"", 1, "not a secret"},
        {"\n" ONE "\n", 1, "not a secret"},
        {ONE "0\n", 1, "not a secret"},
        {"0001020304050607080F0a0b0c0d0e0f\n", 1, "in lower case"},
        {ONE "\r\n", 1, "not a secret"},
        {ONE " \n", 1, "not a secret"},
        {"secret " ONE "\n", 1, "not a secret"},
        {ONE "\n\n", 2, "not a line of a second secret"},
        {ONE "\n" TWO "\n", 2, "not a line of a second secret"},
        {ONE "\nprevious:" TWO "\n", 2, "not a line of a second secret"},
        {ONE "\nprevious " TWO "0\n", 2, "not a secret"},
        {ONE "\nprevious  " TWO "\n", 2, "not a secret"},
        {ONE "\nstaged \n", 2, "not a secret"},
        {ONE "\nstaged " TWO "\nstaged " THREE "\n", 3, "given twice"},
        {ONE "\nstaged " TWO "\nprevious " THREE "\n" ONE "\n", 4, "not a line of a second secret"},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static struct config before;
        memset(&config, 0x5a, sizeof config);
        before = config;
        const char *wrong = read_text(cases[i].text);
        cr_assert_not_null(wrong, "%u", i);
        cr_expect_not_null(strstr(wrong, cases[i].wrong), "%u: %s", i, wrong);
        cr_expect_eq(line, cases[i].line, "%u: %u", i, line);
        cr_expect_eq(memcmp(&config, &before, sizeof config), 0, "%u: half applied", i);
    }
}

Test(config_cookies, a_nul_is_no_end)
{
    static const char text[] = ONE "\0\nstaged " TWO;
    cr_expect_not_null(config_cookies_read(text, sizeof text - 1, &config, &line));
}

Test(config_cookies, what_is_read_of_a_file_is_more_than_a_file_has)
{
    cr_expect_lt(sizeof(ONE "\nprevious " TWO "\nstaged " THREE "\n") - 1,
                 CONFIG_COOKIES_FILE_MOST);
}
