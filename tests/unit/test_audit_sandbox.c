/* test_audit_sandbox.c - what binds a process, in words
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/audit_sandbox.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

static char text[AUDIT_SANDBOX_TEXT_MAX];

Test(audit_sandbox, says_what_the_kernel_says)
{
    const char *said = audit_sandbox_state(0, text);
    cr_expect_not_null(strstr(said, "seccomp filter"), "%s", said);
    cr_expect_not_null(strstr(said, "; "), "%s", said);
    char other[AUDIT_SANDBOX_TEXT_MAX];
    cr_expect_str_eq(audit_sandbox_state(getpid(), other), said);
}

Test(audit_sandbox, a_process_that_is_gone_is_not_made_up)
{
    cr_expect_str_eq(audit_sandbox_state(0x3fffffff, text), "/proc does not tell");
}

Test(audit_sandbox, names_namespaces)
{
    struct spaces spaces = {.made = 1 << SPACES_USER | 1 << SPACES_UTS};
    cr_expect_str_eq(audit_sandbox_spaces(NULL, text), "none");
    cr_expect_str_eq(audit_sandbox_spaces(&spaces, text), "user, UTS");
    spaces.made = (1 << SPACES_KINDS) - 1;
    cr_expect_str_eq(audit_sandbox_spaces(&spaces, text), "user, network, IPC, UTS, mount");
    spaces.made = 0;
    cr_expect_str_eq(audit_sandbox_spaces(&spaces, text), "none");
}
