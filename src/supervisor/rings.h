/* rings.h - who of a lane has which ring
 * SPDX-License-Identifier: ISC
 *
 * What: each spawn makes a new ring, because what a dead process left in the old one is not known;
 *       both sides of the lane get it. At the start both get the first. The front of a worker that
 *       takes another's place gets it when that worker is ready, and keeps the old one until the
 *       old worker is gone.
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

/** Send the lane's ring to `child`, and to its peer if it is a new one.
 *  @return STATUS_OK; STATUS_SYSTEM. */
MUST_CHECK enum status rings_give(struct child *child);

/** A worker is ready: if its front has waited for it, it gets the ring now. */
void rings_hand_over(struct child *worker);

/** The worker leaves its place to another, which gets a ring of its own: one that no front came for
 *  is of no use. */
void rings_leave(struct child *worker);

/** The child is gone: a ring that only it has is of no use. A front is told of its worker.
 *  @param is_death  it was not told to end, or did not end in order */
void rings_forget(struct child *child, bool is_death);

/** A child says that the other side broke this ring: end that one, unless it is gone already. */
void rings_broken(struct child *child, uint32_t number);
