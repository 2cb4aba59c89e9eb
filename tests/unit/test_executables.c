/* test_executables.c - where penstock-front and penstock-worker are
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/executables.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

Test(executables, where_there_are_none_the_folders_are_named)
{
    struct config_error error;
    int fds[CHILD_ROLES];
    enum status status = executables_open(fds, &error);
    if (status == STATUS_OK)
        cr_skip_test("penstock is installed here");
    cr_assert_eq(status, STATUS_NONE);
    cr_assert_not_null(strstr(error.text, "penstock-front and penstock-worker are neither in"));
    cr_assert_not_null(strstr(error.text, "libexec/penstock"), "%s", error.text);
    cr_assert_not_null(strstr(error.text, "tests/unit"), "%s", error.text);
    cr_assert_eq(fds[CHILD_FRONT], -1);
    cr_assert_eq(fds[CHILD_WORKER], -1);
}

static void
make(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
    cr_assert_geq(fd, 0, "%s", path);
    close(fd);
}

Test(executables, both_or_none_beside_our_own)
{
    struct config_error error;
    char folder[CONFIG_PATH_MAX], front[CONFIG_PATH_MAX + 32], worker[CONFIG_PATH_MAX + 32];
    int fds[CHILD_ROLES];
    ssize_t size = readlink("/proc/self/exe", folder, sizeof folder - 1);
    cr_assert_gt(size, 0);
    folder[size] = '\0';
    *strrchr(folder, '/') = '\0';
    snprintf(front, sizeof front, "%s/penstock-front", folder);
    snprintf(worker, sizeof worker, "%s/penstock-worker", folder);
    enum status other = executables_open(fds, &error); /* where penstock is installed: those */
    make(front);
    enum status one = executables_open(fds, &error);
    make(worker);
    enum status with = executables_open(fds, &error);
    unlink(front);
    unlink(worker);
    cr_assert_eq(with, STATUS_OK);
    cr_assert_eq(one, other, "one is none");
    cr_assert_geq(fds[CHILD_FRONT], 0);
    cr_assert_geq(fds[CHILD_WORKER], 0);
}

Test(executables, a_front_without_a_capability_can_be_started_again)
{
    struct config_error error;
    int fds[CHILD_ROLES] = {open("/proc/self/exe", O_PATH | O_CLOEXEC), -1};
    cr_assert_eq(executables_check_root(fds, &error), STATUS_OK);
}
