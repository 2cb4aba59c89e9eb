/* fairqueue_turn.h - whose turn it is, from all networks down to a client
 * SPDX-License-Identifier: ISC
 *
 * What: the part of fairqueue.h that chooses; and what both parts need.
 * Who:  gate/fairqueue.c only. Pure.
 */
#pragma once

#include "gate/fairqueue.h"

/**
 * The leaf whose turn it is in a line.
 *
 * @param most  the last rank among the networks of the shortest length that may have a place
 * @return 0: nobody's to whom a place may be given
 */
uint32_t fairqueue_turn(struct fairqueue *q, unsigned line, enum fairqueue_rank most);

/** The rank of a network in line; that it is greedy is seen at its turn, when its share is known.
 */
enum fairqueue_rank fairqueue_rank_of(const struct fairqueue *q, uint32_t node, unsigned line);

/** Let it stand among its siblings of another rank, as the last. */
void fairqueue_rank_change(struct fairqueue *q, uint32_t node, unsigned line,
                           enum fairqueue_rank rank);
