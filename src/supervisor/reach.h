/* reach.h - what of ports, programs and files the supervisor can still reach in its jail
 * SPDX-License-Identifier: ISC
 *
 * What: where the kernel has Landlock, TCP connections only to the ports of the upstreams, and no file
 *       that is changed but below the folder of the audit log; in a static build, besides, no program but the two of the children, and no
 *       file that is read but below /proc and the folders from which the configuration was read. A
 *       folder, since who edits a file puts another in its place: a reload reads that. All that the
 *       supervisor spawns later has the same bounds.
 * Who:  supervisor: jail.h restricts; who reads files at a reload asks why one cannot be read.
 * Ref:  os/landlock.h; docs/SANDBOX.md "Files".
 */
#pragma once

#include "supervisor/supervisor.h"

#define REACH_TEXT_MAX 768 /* octets, with the NUL */

/**
 * Restrict this process, for good.
 *
 * @param config    whose ports and folders; NULL: none of either
 * @param file      that it was read from; NULL: none
 * @param exec_fds  the programs of the children; borrowed
 * @return STATUS_OK, also where the kernel has no Landlock; STATUS_SYSTEM
 */
MUST_CHECK enum status reach_restrict(const struct config *config, const char *file,
                                      const int exec_fds[CHILD_ROLES]);

/** What came of it, as a sentence for the log. Returns `text`. */
const char *reach_text(char text[REACH_TEXT_MAX]);

/** Why a file cannot be opened: strerror(), and of a refusal that may be Landlock's, what helps. */
const char *reach_why(int error);
