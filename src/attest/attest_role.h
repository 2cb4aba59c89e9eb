/* attest_role.h - the kinds of processes that an attestation knows
 * SPDX-License-Identifier: ISC
 *
 * What: the role of a process by the name of its executable.
 * Who:  attest_*.c.
 */
#pragma once

enum attest_role { ATTEST_SUPERVISOR, ATTEST_FRONT, ATTEST_WORKER, ATTEST_ROLES };

/** "supervisor", "front", "worker"; of ATTEST_ROLES "unknown". */
const char *attest_role_name(enum attest_role role);

/** The role of that name, or ATTEST_ROLES. */
enum attest_role attest_role_named(const char *name);

/** The role that runs an executable of this name (penstock-front), as "Name:" in /proc/PID/status has
 *  it, to its end or to the end of its line; or ATTEST_ROLES. */
enum attest_role attest_role_of(const char *program);
