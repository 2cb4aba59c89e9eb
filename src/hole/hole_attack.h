/* hole_attack.h - what a process that was taken over may try
 * SPDX-License-Identifier: ISC
 *
 * What: the rows of attacks.def as functions. Each is tried once, where the process would wait for
 *       events: everything is given up, the filter is on, and it serves.
 * Who:  hole builds only.
 * Ref:  docs/HOLE.md.
 */
#pragma once

#include "child/child_link.h"
#include "hole/hole_page.h"
#include "os/evloop.h"

#define HOLE_ATTACK_NO_FD 1000000 /* no descriptor has this number */

struct hole_process { /* what an attacker finds in the one that is its */
    struct hole_page *page;
    enum hole_role role;
    const struct evloop *loop; /* NULL: it has none of this kind */
    struct child_link *link;   /* front and worker: rings to the other; NULL: none now */
    int chan_fd;               /* a control channel, or a socket like it; -1: none */
    int own_fd;                /* shared memory; -1: none */
    int other_pid;             /* somebody to harm: supervisor, or a child of it */
    int other_fd;              /* the supervisor: the descriptor that stands for that child */
};

/** Try row `number`. @return what the call returned; -1 with errno; -1 and ENOSYS, too, where this
 *  process or processor has no such thing */
long hole_attack_try(struct hole_process *self, unsigned number);
