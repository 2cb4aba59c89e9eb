/* privs.h - giving everything up, and reading back that it is gone
 * SPDX-License-Identifier: ISC
 *
 * What: each step that fails is fatal for its process; nothing is kept for later.
 * Who:  every main(), before os/sandbox.h.
 * Ref:  capabilities(7), credentials(7); penstock(8) "Privileges".
 */
#pragma once

#include "base/status.h"

#include <linux/securebits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct privs_account {
    uid_t uid;
    gid_t gid;
};

struct privs_limits {    /* hard and soft alike */
    size_t files;        /* RLIMIT_NOFILE */
    size_t processes;    /* RLIMIT_NPROC; children: 0 */
    size_t file_bytes;   /* RLIMIT_FSIZE; children: 0 */
    size_t memory_bytes; /* RLIMIT_DATA, memory of its own; 0: as it is */
};

/** Look an account up in /etc/passwd. @return STATUS_OK; STATUS_NONE; STATUS_SYSTEM. */
MUST_CHECK enum status privs_find_account(const char *user, struct privs_account *account);

/** Look a group up in /etc/group. @return STATUS_OK; STATUS_NONE; STATUS_SYSTEM. */
MUST_CHECK enum status privs_find_group(const char *name, gid_t *gid);

/** From now on faccessat(2) answers for the account, which is not root, and its group alone; what this process, which is
 *  root, may do stays. @return STATUS_OK; STATUS_SYSTEM */
MUST_CHECK enum status privs_ask_as(const struct privs_account *account);

/** Reduce all capability sets to CAP_NET_BIND_SERVICE (front, before bind). */
MUST_CHECK enum status privs_keep_bind_only(void);

/** Every securebit that can be locked, and the two that would help somebody back. */
#define PRIVS_SECUREBITS                                                                           \
    (SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP_LOCKED |                        \
     SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)

/**
 * Empty all five capability sets, lock the securebits, and read both back: of a process that has
 * every capability, in a user namespace that it entered (os/spaces.h).
 * @return STATUS_OK; STATUS_SYSTEM: it must not go on
 */
MUST_CHECK enum status privs_shed(void);

/**
 * Give up for good: groups, gid and uid if `account` is not NULL (started as root), all five
 * capability sets, no-new-privileges, dumpable off, rlimits, core size 0. Then read every one of
 * them back from the kernel.
 * @return STATUS_OK; STATUS_SYSTEM: something could not be given up; the process must not go on.
 */
MUST_CHECK enum status privs_drop(const struct privs_account *account,
                                  const struct privs_limits *limits, const char **what_failed);
