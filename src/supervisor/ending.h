/* ending.h - how a process ended, in words
 * SPDX-License-Identifier: ISC
 *
 * What: a status of waitpid() becomes a text for the log.
 * Who:  supervisor. Pure.
 * Ref:  waitpid(2).
 */
#pragma once

#define ENDING_MAX 128 /* octets of the text, with its NUL */

/* Exit statuses of a child whose executable could not be executed: EPERM, or another reason. */
#define ENDING_SPACES      125 /* it could not enter its namespaces, or shed what that gave */
#define ENDING_EXEC_DENIED 126
#define ENDING_EXEC_FAILED 127

/** "was killed by signal 9 (Killed)". Returns `text`. */
const char *ending_text(int wait_status, char text[ENDING_MAX]);
