/* bell.h - an eventfd that wakes the other side of a ring
 * SPDX-License-Identifier: ISC
 *
 * What: it is watched on its edge, so every ring of it is an event, and its counter need not be cleared.
 * Who:  supervisor opens it; front and worker ring each other's.
 * Ref:  eventfd(2); lane/ring.h says when to ring.
 */
#pragma once

#include "base/status.h"

/** Close-on-exec and non-blocking. @return STATUS_OK; STATUS_SYSTEM (`*fd` is -1). */
MUST_CHECK enum status bell_open(int *fd);

/** Wake the process that watches it. Cannot fail: where the counter is full, the reader is awake already. */
void bell_ring(int fd);
