/* attest_role.c - the kinds of processes that an attestation knows
 * SPDX-License-Identifier: ISC
 */
#include "attest/attest_role.h"

#include <string.h>

static const char *const names[] = {"supervisor", "front", "worker", "unknown"};
static const char *const programs[] = {"penstock", "penstock-front", "penstock-worker"};

const char *
attest_role_name(enum attest_role role)
{
    return names[role];
}

enum attest_role
attest_role_named(const char *name)
{
    enum attest_role role = ATTEST_SUPERVISOR;
    while (role < ATTEST_ROLES && strcmp(name, names[role]) != 0)
        role++;
    return role;
}

enum attest_role
attest_role_of(const char *program)
{
    size_t length = strcspn(program, "\n");
    enum attest_role role = ATTEST_SUPERVISOR;
    while (role < ATTEST_ROLES &&
           (strlen(programs[role]) != length || strncmp(program, programs[role], length) != 0))
        role++;
    return role;
}
