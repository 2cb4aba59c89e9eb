/* test_reread.c - tests of reread, and of jail_warnings()
 * SPDX-License-Identifier: ISC
 */
/* What root may read and an account may not takes root to try, and an account "nobody". */
#include "supervisor/reread.h"

#include "supervisor/jail.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], file[96], told[2048];
static struct config config;
static struct options options;

static void
begin(void)
{
    strcpy(folder, "/tmp/penstock-reread-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chmod(folder, 0755), 0);
    snprintf(file, sizeof file, "%s/penstock.yaml", folder);
    int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    cr_assert_geq(fd, 0);
    close(fd);
    options.file = file;
    strcpy(config.user, "nobody");
}

static void
end(void)
{
    unlink(file);
    rmdir(folder);
}

static unsigned
look_as_account(void)
{
    memset(told, 0, sizeof told);
    FILE *to = tmpfile();
    cr_assert_not_null(to);
    unsigned count = jail_warnings(&options, &config, to);
    rewind(to);
    cr_assert_lt(fread(told, 1, sizeof told, to), sizeof told);
    fclose(to);
    return count;
}

static void
add_key(void *context, const char *key, const char *path)
{
    size_t used = strlen(context);
    snprintf((char *)context + used, sizeof told - used, "%s%s\n", key, path);
}

Test(reread, each_file_of_a_reload_is_named_once, .init = begin, .fini = end)
{
    char expected[256];
    strcpy(config.tls_ca_file, "/ca");
    strcpy(config.cookies_secret_file, "/secrets");
    strcpy(config.local_block[0], "/b0");
    strcpy(config.local_block[1], "/b1");
    config.local_block_count = 2;
    strcpy(config.local_allow[0], "/a0");
    config.local_allow_count = 1;
    reread_each(&options, &config, add_key, told);
    snprintf(expected, sizeof expected,
             "%s\ntls.ca_file: /ca\ncookies.secret_file: /secrets\nlocal.block: /b0\nlocal.block: "
             "/b1\nlocal.allow: /a0\n",
             file);
    cr_expect_str_eq(told, expected);
}

Test(reread, what_only_root_can_read_is_told, .init = begin, .fini = end)
{
    char expected[256];
    if (geteuid() != 0)
        cr_skip_test("needs root");
    cr_expect_eq(reread_warnings(&options, &config, reread_is_forbidden, NULL), 0, "root can");
    cr_assert_eq(look_as_account(), 1);
    snprintf(expected, sizeof expected,
             "%s: root can read it and the account \"nobody\" cannot: a start works, and every "
             "reload is refused\n",
             file);
    cr_expect_str_eq(told, expected);
    strcpy(config.cookies_secret_file, file);
    strcpy(config.local_allow[0], file);
    config.local_allow_count = 1;
    cr_expect_eq(look_as_account(), 3, "each by its key: %s", told);
    cr_expect_not_null(strstr(told, "\ncookies.secret_file: "), "%s", told);
    cr_expect_eq(geteuid(), 0, "and this process is still root");
    cr_assert_eq(chmod(file, 0644), 0);
    cr_expect_eq(look_as_account(), 0, "%s", told);
    cr_assert_eq(chmod(folder, 0700), 0);
    cr_expect_eq(look_as_account(), 0, "a folder is a question of where it is put: %s", told);
    cr_assert_eq(seteuid(65534), 0);
    cr_expect_eq(reread_warnings(&options, &config, reread_is_forbidden, NULL), 3,
                 "and one of where it is");
    cr_assert_eq(seteuid(0), 0);
}

Test(reread, a_file_that_no_reload_needs_is_not_told, .init = begin, .fini = end)
{
    if (geteuid() != 0)
        cr_skip_test("needs root");
    strcpy(config.tls_ca_file, file);
    cr_assert_eq(chmod(file, 0600), 0);
    config.upstreams_count = 1;
    config.upstreams[0].verify = CONFIG_VERIFY_PIN;
    cr_expect_eq(look_as_account(), 1, "the configuration alone: %s", told);
    config.upstreams[0].verify = CONFIG_VERIFY_CA;
    cr_expect_eq(look_as_account(), 2, "%s", told);
    unlink(file);
    cr_expect_eq(look_as_account(), 0, "what is not there is no question of who may read: %s",
                 told);
}

Test(reread, an_account_that_is_none_is_told, .init = begin, .fini = end)
{
    if (geteuid() != 0)
        cr_skip_test("needs root");
    strcpy(config.user, "no-such-account");
    cr_expect_eq(look_as_account(), 1);
    cr_expect_not_null(strstr(told, "user: whether \"no-such-account\" can read"), "%s", told);
}
