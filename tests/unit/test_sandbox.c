/* test_sandbox.c - tests of sandbox
 * SPDX-License-Identifier: ISC
 */
/* The tables as values; what the kernel makes of them is tests/sandbox. */
#include "os/sandbox_rows.h"

#include <criterion/criterion.h>
#include <string.h>

static bool
is_same_rule(const struct sandbox_row *a, const struct sandbox_row *b)
{
    if (a->args_count != b->args_count)
        return false;
    for (unsigned i = 0; i < a->args_count; i++)
        if (memcmp(&a->args[i], &b->args[i], sizeof a->args[i]) != 0)
            return false;
    return true;
}

/* Does the table permit all that `row` permits? */
static bool
covers(struct sandbox_table table, const struct sandbox_row *row)
{
    for (size_t i = 0; i < table.count; i++) {
        const struct sandbox_row *have = &table.rows[i];
        if (have->call == row->call && have->refuse == 0 &&
            (have->args_count == 0 || is_same_rule(have, row)))
            return true;
    }
    return false;
}

static const struct sandbox_row *
find(enum sandbox_role role, const char *name)
{
    struct sandbox_table table = sandbox_table(role);
    for (size_t i = 0; i < table.count; i++)
        if (strcmp(table.rows[i].name, name) == 0)
            return &table.rows[i];
    return NULL;
}

Test(sandbox, a_respawned_child_finds_its_rows_in_the_filter_it_inherits)
{
    for (enum sandbox_role role = SANDBOX_FRONT; role <= SANDBOX_WORKER; role++) {
        struct sandbox_table table = sandbox_table(role);
        cr_assert_gt(table.count, 20);
        for (size_t i = 0; i < table.count; i++)
            cr_expect(covers(sandbox_table(SANDBOX_SUPERVISOR), &table.rows[i]),
                      "role %u: %s is not in supervisor.def", role, table.rows[i].name);
    }
}

Test(sandbox, nobody_under_the_supervisor_can_bind)
{
    static const char *const never[] = {"bind",   "listen",    "accept", "ptrace",
                                        "setuid", "setresuid", "mount",  "unshare"};
    for (enum sandbox_role role = SANDBOX_SUPERVISOR; role <= SANDBOX_WORKER; role++)
        for (size_t i = 0; i < SANDBOX_COUNT(never); i++)
            cr_expect_null(find(role, never[i]), "role %u has a row for %s", role, never[i]);
}

Test(sandbox, children_have_no_row_that_makes_a_descriptor_or_a_process)
{
    static const char *const never[] = {"socket", "connect", "execve", "execveat", "clone",
                                        "vfork",  "fork",    "kill",   "dup",      "memfd_create"};
    for (enum sandbox_role role = SANDBOX_FRONT; role <= SANDBOX_WORKER; role++)
        for (size_t i = 0; i < SANDBOX_COUNT(never); i++)
            cr_expect_null(find(role, never[i]), "role %u has a row for %s", role, never[i]);
    cr_expect_null(find(SANDBOX_WORKER, "accept4"));
}

Test(sandbox, calls_of_every_packet_have_no_argument_rule)
{
    static const char *const hot[] = {"recvmmsg", "epoll_pwait", "write"};
    for (size_t i = 0; i < SANDBOX_COUNT(hot); i++) {
        cr_expect_eq(find(SANDBOX_FRONT, hot[i])->args_count, 0);
        cr_expect_eq(find(SANDBOX_SUPERVISOR, hot[i])->args_count, 0);
    }
}

Test(sandbox, what_sends_has_a_rule_about_its_flags_everywhere)
{
    static const char *const sends[] = {"sendto", "sendmsg", "sendmmsg"};
    for (enum sandbox_role role = SANDBOX_SUPERVISOR; role <= SANDBOX_WORKER; role++) {
        struct sandbox_table table = sandbox_table(role);
        for (size_t i = 0; i < table.count; i++)
            for (size_t j = 0; j < SANDBOX_COUNT(sends); j++)
                if (strcmp(table.rows[i].name, sends[j]) == 0)
                    cr_expect_gt(table.rows[i].args_count, 0, "role %u: %s", role, sends[j]);
    }
}

Test(sandbox, each_row_says_why)
{
    for (enum sandbox_role role = SANDBOX_SUPERVISOR; role <= SANDBOX_WORKER; role++) {
        struct sandbox_table table = sandbox_table(role);
        for (size_t i = 0; i < table.count; i++)
            cr_expect_gt(strlen(table.rows[i].reason), 2, "%s", table.rows[i].name);
    }
}
