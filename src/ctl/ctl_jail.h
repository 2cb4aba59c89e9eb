/* ctl_jail.h - penstockctl gives up what it has
 * SPDX-License-Identifier: ISC
 *
 * What: whoever started it, once it is connected it needs a socket, memory and a terminal, and keeps
 *       no more. Started as root it becomes the service's account, or nobody: the service noted who
 *       it was when it connected.
 * Who:  penstockctl, before it takes the first page.
 * Ref:  seccomp/ctl.def, docs/SANDBOX.md.
 */
#pragma once

#include "base/status.h"
#include "os/sandbox.h"

/** @param role  SANDBOX_CTL or SANDBOX_TOP; @param what_failed  written on failure: static text. @return STATUS_OK; STATUS_SYSTEM. */
MUST_CHECK enum status ctl_jail_enter(enum sandbox_role role, const char **what_failed);
