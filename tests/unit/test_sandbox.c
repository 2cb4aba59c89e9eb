/* test_sandbox.c - tests of sandbox
 * SPDX-License-Identifier: ISC
 */
/* The tables as values; what the kernel makes of them is tests/sandbox. */
#include "../fixtures/bpf_interpreter.h"
#include "base/hash.h"
#include "os/sandbox_rows.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <linux/audit.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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
covers(const struct sandbox_table *table, const struct sandbox_row *row)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct sandbox_row *have = &table->rows[i];
        if (have->call == row->call && have->refuse == 0 &&
            (have->args_count == 0 || is_same_rule(have, row)))
            return true;
    }
    return false;
}

static const struct sandbox_row *
find(enum sandbox_role role, const char *name)
{
    const struct sandbox_table *table = sandbox_rows_of(role);
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->rows[i].name, name) == 0)
            return &table->rows[i];
    return NULL;
}

Test(sandbox, a_respawned_child_finds_its_rows_in_the_filter_it_inherits)
{
    for (enum sandbox_role role = SANDBOX_FRONT; role <= SANDBOX_WORKER; role++) {
        const struct sandbox_table *table = sandbox_rows_of(role);
        cr_assert_gt(table->count, 20);
        for (size_t i = 0; i < table->count; i++)
            cr_expect(covers(sandbox_rows_of(SANDBOX_SUPERVISOR), &table->rows[i]),
                      "role %u: %s is not in supervisor.def", role, table->rows[i].name);
    }
}

Test(sandbox, nobody_can_listen_and_the_supervisor_alone_can_bind)
{
    static const char *const never[] = {"listen",    "accept", "ptrace", "setuid",
                                        "setresuid", "mount",  "unshare"};
    for (enum sandbox_role role = SANDBOX_SUPERVISOR; role <= SANDBOX_WORKER; role++)
        for (size_t i = 0; i < SANDBOX_COUNT(never); i++)
            cr_expect_null(find(role, never[i]), "role %u has a row for %s", role, never[i]);
    for (enum sandbox_role role = SANDBOX_FRONT; role < SANDBOX_ROLES; role++)
        cr_expect_null(find(role, "bind"), "role %u has a row for bind", role);
    cr_expect_not_null(find(SANDBOX_SUPERVISOR, "bind"));
}

Test(sandbox, a_way_into_namespaces_is_there_only_where_there_are_some)
{
    cr_expect_null(find(SANDBOX_SUPERVISOR, "setns"));
    cr_expect_not_null(find(SANDBOX_SUPERVISOR_SPACES, "setns"));
    cr_expect_null(find(SANDBOX_SUPERVISOR_AUDIT, "setns"));
}

Test(sandbox, a_file_can_be_locked_only_where_there_is_an_audit_log)
{
    for (enum sandbox_role role = SANDBOX_SUPERVISOR; role < SANDBOX_ROLES; role++) {
        bool may =
            role == sandbox_supervisor(false, true) || role == sandbox_supervisor(true, true);
        cr_expect_eq(find(role, "flock") != NULL, may, "%s", sandbox_name(role));
        cr_expect_eq(find(role, "fdatasync") != NULL, may, "%s", sandbox_name(role));
    }
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
        const struct sandbox_table *table = sandbox_rows_of(role);
        for (size_t i = 0; i < table->count; i++)
            for (size_t j = 0; j < SANDBOX_COUNT(sends); j++)
                if (strcmp(table->rows[i].name, sends[j]) == 0)
                    cr_expect_gt(table->rows[i].args_count, 0, "role %u: %s", role, sends[j]);
    }
}

Test(sandbox, each_row_says_why)
{
    for (enum sandbox_role role = SANDBOX_SUPERVISOR; role <= SANDBOX_WORKER; role++) {
        const struct sandbox_table *table = sandbox_rows_of(role);
        for (size_t i = 0; i < table->count; i++)
            cr_expect_gt(strlen(table->rows[i].reason), 2, "%s", table->rows[i].name);
    }
}

Test(sandbox, each_role_is_found_by_its_name)
{
    enum sandbox_role found;
    for (unsigned role = 0; role < SANDBOX_ROLES; role++) {
        cr_expect_eq(sandbox_find(sandbox_name((enum sandbox_role)role), &found), STATUS_OK);
        cr_expect_eq(found, role);
        cr_expect_gt(sandbox_rows_of((enum sandbox_role)role)->count, 5);
        cr_expect_str_eq(sandbox_rows_of((enum sandbox_role)role)->name,
                         sandbox_name((enum sandbox_role)role));
    }
    cr_expect_eq(sandbox_find("fron", &found), STATUS_NONE);
}

/* --- what libseccomp makes of the rows, against what the rows say ----------------------------- */

static const struct sandbox_filter *
filter_of(enum sandbox_role role)
{
    const struct sandbox_filter *filter = sandbox_filter(role);
    cr_assert_eq(filter->role, role);
    cr_assert_gt(filter->count, 0);
    cr_assert(bpf_is_sound(filter->program, filter->count));
    return filter;
}

/* The interpreter loads in network order, as from a packet; a filter's words are the machine's. */
static uint32_t
run(const struct sandbox_filter *filter, struct seccomp_data data)
{
    uint32_t words[sizeof data / sizeof(uint32_t)];
    memcpy(words, &data, sizeof words);
    for (size_t i = 0; i < SANDBOX_COUNT(words); i++)
        words[i] = htonl(words[i]);
    struct bpf_packet packet = {.octets = (const uint8_t *)words, .size = sizeof words};
    return bpf_run(filter->program, filter->count, &packet);
}

static bool
holds(const struct sandbox_row *row, const struct seccomp_data *data)
{
    for (unsigned i = 0; i < row->args_count; i++) {
        const struct scmp_arg_cmp *arg = &row->args[i];
        bool masked = arg->op == SCMP_CMP_MASKED_EQ;
        if ((data->args[arg->arg] & (masked ? arg->datum_a : UINT64_MAX)) !=
            (masked ? arg->datum_b : arg->datum_a))
            return false;
    }
    return row->call == data->nr;
}

static uint32_t
expected(enum sandbox_role role, const struct seccomp_data *data)
{
    const struct sandbox_table *table = sandbox_rows_of(role);
    for (size_t i = 0; i < table->count; i++)
        if (holds(&table->rows[i], data))
            return table->rows[i].refuse == 0 ? SECCOMP_RET_ALLOW
                                              : SECCOMP_RET_ERRNO | (uint32_t)table->rows[i].refuse;
    return SECCOMP_RET_KILL_PROCESS;
}

static struct hash_key chance = {1, 2};

static uint64_t
draw(void)
{
    chance.k0++;
    return hash_siphash24(&chance, &chance.k0, sizeof chance.k0);
}

/* What a row wants, with some of it wrong: a bit, the other half, or nothing. */
static struct seccomp_data
near(const struct sandbox_row *row)
{
    struct seccomp_data data = {.nr = row->call, .arch = seccomp_arch_native()};
    for (size_t i = 0; i < SANDBOX_COUNT(data.args); i++)
        data.args[i] = draw() >> (draw() % 64);
    for (unsigned i = 0; i < row->args_count; i++) {
        const struct scmp_arg_cmp *arg = &row->args[i];
        __u64 *value = &data.args[arg->arg];
        *value =
            arg->op == SCMP_CMP_MASKED_EQ ? (*value & ~arg->datum_a) | arg->datum_b : arg->datum_a;
        if (draw() % 4 == 0)
            *value ^= 1ULL << (draw() % 64);
    }
    return data;
}

Test(sandbox, the_program_of_a_filter_decides_as_its_rows_say)
{
    for (unsigned i = 0; i < SANDBOX_ROLES; i++) {
        enum sandbox_role role = (enum sandbox_role)i;
        const struct sandbox_table *table = sandbox_rows_of(role);
        const struct sandbox_filter *filter = filter_of(role);
        size_t allowed = 0, tried = 0;
        for (size_t row = 0; row < table->count; row++) {
            for (unsigned time = 0; time < 40 && table->rows[row].call >= 0; time++, tried++) {
                struct seccomp_data data = near(&table->rows[row]);
                uint32_t decision = run(filter, data);
                cr_expect_eq(decision, expected(role, &data), "%s: %s: %#x", sandbox_name(role),
                             table->rows[row].name, decision);
                allowed += decision == SECCOMP_RET_ALLOW;
            }
        }
        cr_expect(allowed > tried / 4 && allowed < tried, "%zu of %zu", allowed, tried);
    }
}

Test(sandbox, the_program_kills_every_other_number_and_every_other_architecture)
{
    for (unsigned i = 0; i < SANDBOX_ROLES; i++) {
        enum sandbox_role role = (enum sandbox_role)i;
        const struct sandbox_filter *filter = filter_of(role);
        for (int nr = -2; nr < 1024; nr++) {
            struct seccomp_data data = {.nr = nr, .arch = seccomp_arch_native()};
            cr_expect_eq(run(filter, data), expected(role, &data), "%s: %d", sandbox_name(role),
                         nr);
            data.arch ^= __AUDIT_ARCH_64BIT;
            cr_expect_eq(run(filter, data), SECCOMP_RET_KILL_PROCESS);
            data.arch ^= __AUDIT_ARCH_64BIT;
            data.nr |= 0x40000000; /* x32, where there is such a thing; elsewhere no call at all */
            cr_expect_eq(run(filter, data), SECCOMP_RET_KILL_PROCESS);
        }
    }
}
