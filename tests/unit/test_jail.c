/* test_jail.c - the supervisor gives up what it has
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/jail.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

Test(jail, without_root_no_account_is_needed)
{
    struct config_error error;
    if (geteuid() == 0)
        cr_skip_test("this is root");
    cr_assert_eq(jail_check_account("no-such-account", &error), STATUS_OK);
}

Test(jail, root_needs_an_account_to_become)
{
    struct config_error error;
    if (geteuid() != 0)
        cr_skip_test("this is not root");
    cr_assert_eq(jail_check_account("nobody", &error), STATUS_OK);
    cr_assert_eq(jail_check_account("root", &error), STATUS_INVALID);
    cr_assert_not_null(strstr(error.text, "is root or of root's group"), "%s", error.text);
    cr_assert_eq(jail_check_account("no-such-account", &error), STATUS_INVALID);
    cr_assert_not_null(strstr(error.text, "there is no account \"no-such-account\""), "%s",
                       error.text);
}

Test(jail, what_was_given_up_is_gone)
{
    static const int none[CHILD_ROLES] = {-1, -1};
    struct config_error error;
    struct spaces spaces;
    int status;
    pid_t child = fork();
    if (child == 0) {
        if (jail_enter(NULL, NULL, none, &spaces, &error) != STATUS_OK)
            _exit(2);
        if (geteuid() == 0 || setuid(0) == 0)
            _exit(3);
        _exit(socket(AF_PACKET, SOCK_RAW, 0) >= 0 ? 4 : 0);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    bool is_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
    cr_assert(is_killed || status == 0, "status %x", status);
}
