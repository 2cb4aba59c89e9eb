/* hole_messages.h - attacks by what is sent over a control channel
 * SPDX-License-Identifier: ISC
 *
 * What: each sends what this side's code never would. 0: it was sent; -1: errno of the last that was
 *       not. A supervisor attacks its worker, and a child its supervisor.
 * Who:  hole_attack.c, by the rows of attacks.def.
 * Ref:  ipc/messages.def; docs/HOLE.md.
 */
#pragma once

#include "hole/hole_attack.h"

long hole_messages_half(struct hole_process *self);    /* the number of a message, and no field */
long hole_messages_empty(struct hole_process *self);   /* nothing at all */
long hole_messages_long(struct hole_process *self);    /* more octets than any has */
long hole_messages_unknown(struct hole_process *self); /* a number that no message has */
long
hole_messages_garbage(struct hole_process *self); /* each number, with octets that mean nothing */
long hole_messages_other_side(struct hole_process *self);  /* one that only the other side sends */
long hole_messages_ready_again(struct hole_process *self); /* READY, once more */
long hole_messages_descriptor(
    struct hole_process *self); /* one with a descriptor that does not belong to it */
long hole_messages_descriptors(struct hole_process *self); /* one with more of them than any has */
long hole_messages_named(struct hole_process *self);       /* to an address of its own choice */
long hole_messages_logs(struct hole_process *self); /* log lines for a while, as fast as it can */
long hole_messages_log_forged(struct hole_process *self); /* a line that would look like two */
long hole_messages_dials(
    struct hole_process *self); /* wants upstreams as fast as it can, until it is ended */
long
hole_messages_no_upstream(struct hole_process *self); /* wants an upstream that is not configured */
long hole_messages_key(struct hole_process *self);    /* says that an upstream showed a key */
long
hole_messages_ring_end(struct hole_process *self); /* says that a ring that is not its was broken */
long hole_messages_flushed(struct hole_process *self); /* answers what was not asked */
