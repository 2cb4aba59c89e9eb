/* audit_sandbox.h - what binds a process, as the kernel says, in words for the audit log
 * SPDX-License-Identifier: ISC
 *
 * What: reads /proc/PID/status, which tells of any process, also of one that cannot be dumped.
 * Who:  audit_events.c.
 * Ref:  proc(5) /proc/PID/status; docs/AUDIT.md.
 */
#pragma once

#include "supervisor/supervisor.h"

#define AUDIT_SANDBOX_TEXT_MAX 160

/** "seccomp filter, 2 filters; no new privileges; no capabilities". @param pid  0: this process.
 *  @return `text` */
const char *audit_sandbox_state(pid_t pid, char text[AUDIT_SANDBOX_TEXT_MAX]);

/** "user, network, IPC, UTS"; "none". @param spaces  NULL: none. @return `text` */
const char *audit_sandbox_spaces(const struct spaces *spaces, char text[AUDIT_SANDBOX_TEXT_MAX]);
