/* rings.h - who of a lane has which ring
 *
 * What: each spawn after a death makes a new ring, because nobody knows what the dead one left in
 *       the old one; both sides of the lane get it. At the start both get the first.
 * Who:  supervisor. Never looks into a ring.
 */
#pragma once

#include "supervisor/supervisor.h"

/*
 * Data bytes of the rings, both powers of two. A ring that is full is a queue that is full, and the
 * front's table of questions is the queue behind it, so they hold a burst and not all questions:
 * at their largest (278 and 64 Ki octets) still 900 queries, 15 answers.
 */
#define RINGS_QUERY_BYTES  (256U * 1024U)
#define RINGS_ANSWER_BYTES (1024U * 1024U)

/** Send the lane's ring to `child`, and to its peer if it is a new one. @return STATUS_OK;
 * STATUS_SYSTEM. */
MUST_CHECK enum status rings_give(struct child *child);

/** The child is gone: its ring is of no use to its peer either. */
void rings_forget(struct child *child);
