/* locked.h - memory of keys and secrets that is never written to a swap device
 * SPDX-License-Identifier: ISC
 *
 * What: pages stay in memory once they are used; those that are not touched cost nothing. As much as
 *       RLIMIT_MEMLOCK lets: nothing is taken away from who comes to that limit. No core file has any
 *       (os/privs.h).
 * Who:  each process for its variables, front for its configuration, worker for TLS: before its filter.
 * Ref:  mlock2(2) MLOCK_ONFAULT, getrlimit(2) RLIMIT_MEMLOCK.
 */
#pragma once

#include "base/status.h"

#include <stddef.h>

#define LOCKED_TEXT_MAX 192 /* octets of locked_why(), with its NUL */

/** Lock part of our memory, whole pages. @return STATUS_OK; STATUS_SYSTEM (errno): none of it is. */
MUST_CHECK enum status locked_part(const void *at, size_t size);

/**
 * Lock the variables of this program and its heap, which is made `grow` octets larger first: what a
 * library allocates later lies in there, and what does not fit is not locked.
 * @return STATUS_OK; STATUS_SYSTEM (errno): not all of it is locked
 */
MUST_CHECK enum status locked_data(size_t grow);

/** Why not, as the end of a sentence: of an errno. Returns `text`. */
const char *locked_why(int error, char text[LOCKED_TEXT_MAX]);
