/* attest_family.h - the processes that belong to a service
 * SPDX-License-Identifier: ISC
 *
 * What: the supervisor, its children, what these have started, and who is of the supervisor's session
 *       or control group without being below it: one whose parent has ended is so found as well.
 * Who:  attest_service.c.
 * Ref:  proc_pid_stat(5), cgroups(7), docs/ATTESTATION.md.
 */
#pragma once

#include "attest/attest_proc.h"

#define ATTEST_FAMILY_MOST 160 /* processes that are read */

enum attest_family_kin {
    ATTEST_FAMILY_ITSELF,
    ATTEST_FAMILY_CHILD,
    ATTEST_FAMILY_BELOW,   /* below a child */
    ATTEST_FAMILY_SESSION, /* of the session that the supervisor leads */
    ATTEST_FAMILY_GROUP,   /* of the control group of the service manager's service */
    ATTEST_FAMILY_KINDS,   /* does not belong to it */
};

struct attest_family {
    size_t count;
    bool is_cut; /* there are more */
    struct attest_family_member {
        pid_t pid;
        enum attest_family_kin kin;
    } of[ATTEST_FAMILY_MOST]; /* the supervisor first, then by their numbers */
};

/** Find them. This process is none of them. */
void attest_family_find(pid_t supervisor, struct attest_family *family);

/** "itself", "child", "below a child", "session", "control group". */
const char *attest_family_name(enum attest_family_kin kin);

/**
 * The control group of a service, from a text like /proc/PID/cgroup. Pure.
 *
 * @param group  written: its path; "": it is none that a service manager made for one service alone
 */
void attest_family_group(const char *text, char group[ATTEST_PROC_PATH_MAX]);

/** Parent and session from a text like /proc/PID/stat, of a process that has not ended. Pure.
 *  @return false: it is no such text, or it has ended */
bool attest_family_stat(const char *text, pid_t *parent, pid_t *session);
