/* hole_link.h - attacks by what lies in the memory that front and worker share
 * SPDX-License-Identifier: ISC
 *
 * What: each writes what this side's code never would, or forges a record, and rings the bell.
 *       0: it was written; -1, ENOLINK: there are no rings now.
 * Who:  hole_attack.c, by the rows of attacks.def.
 * Ref:  lane/ring.h, lane/handoff.h; docs/HOLE.md.
 */
#pragma once

#include "hole/hole_attack.h"

long hole_link_far_tail(struct hole_process *self);     /* more was written than fits */
long hole_link_back_tail(struct hole_process *self);    /* less was written than before */
long hole_link_odd_tail(struct hole_process *self);     /* an index between records */
long hole_link_far_head(struct hole_process *self);     /* more was read than was written */
long hole_link_long_record(struct hole_process *self);  /* a record longer than the ring */
long hole_link_empty_record(struct hole_process *self); /* a record of no length */
long hole_link_garbage(struct hole_process *self);      /* a record that means nothing */
long
hole_link_strange_slot(struct hole_process *self); /* a record of a question that nobody asked */
long hole_link_strange_name(
    struct hole_process *self); /* the same of a slot that exists, another generation */
long
hole_link_everything(struct hole_process *self); /* each octet of the memory, again and again */
long hole_link_bells(struct hole_process *self); /* rings without a reason, for a while */
