/* spaces.h - namespaces in which a process has nothing: no network, no files, nobody to talk to
 * SPDX-License-Identifier: ISC
 *
 * What: made once, before privileges and filter are gone, by a process that ends at once; kept as
 *       descriptors; entered by each process that is born later. Who owns a user namespace has
 *       every capability in it and none outside: entering takes no privilege, and what it gives is
 *       shed before it returns.
 * Who:  supervisor (supervisor/jail.h makes, supervisor/spawn.h enters). No PID namespace: setns(2)
 *       moves only children of the caller into one.
 * Ref:  user_namespaces(7), mount_namespaces(7), setns(2), pivot_root(2).
 */
#pragma once

#include "base/status.h"
#include "os/privs.h"

#include <stdbool.h>

#define SPACES_TEXT_MAX 256 /* octets of spaces_text(), with its NUL */

#define SPACES_FD_LEAST 16 /* of the descriptors: below are those of a process that begins */

enum spaces_kind {
    SPACES_USER, /* owns the others; its one user and group are those of the account */
    SPACES_NET,  /* one loopback interface, which is down */
    SPACES_IPC,
    SPACES_UTS,
    SPACES_VIEW, /* mount namespace: one empty file system, to be read only */
    SPACES_KINDS
};

struct spaces {               /* all zero: none */
    unsigned made;            /* bit 1 << enum spaces_kind: there is one */
    int fds[SPACES_KINDS];    /* if made: of it, close-on-exec; kept to the end */
    int errors[SPACES_KINDS]; /* if not: errno; 0: it was not wanted */
};

/**
 * Make what this kernel, container or service manager lets us make. Cannot fail: what could not be
 * made is said in `spaces`.
 *
 * @param account    whose they are, and who enters them later: needed of root, which may not be
 *                   mapped; NULL: who we are
 * @param with_view  also an empty view of files: only for executables that need no loader
 * @param spaces     written
 */
void spaces_open(const struct privs_account *account, bool with_view, struct spaces *spaces);

/**
 * Enter all that were made, for good, and shed the capabilities that this gave. Without any, nothing
 * happens. Between fork and exec: makes only system calls and reads no file.
 *
 * @return STATUS_OK; STATUS_SYSTEM (errno): the process must not go on
 */
MUST_CHECK enum status spaces_enter(const struct spaces *spaces);

/** Which there are, which not and why, as the end of a sentence. Returns `text`. */
const char *spaces_text(const struct spaces *spaces, char text[SPACES_TEXT_MAX]);
