/* front_ladder.h - the life of a front: configuration, memory, sockets, then give up all and serve
 * SPDX-License-Identifier: ISC
 *
 * What: the steps of child/child_ladder.h in their order, with what a front does between them.
 * Who:  main.c.
 * Ref:  docs/ARCHITECTURE.md "Processes".
 */
#pragma once

#include "front/front.h"
#include "os/os.h"

/** Serve until the supervisor says STOP. @param os,front  all zero; in place for the process's life
 *  @return the exit status; a step that fails ends the process */
int front_ladder_run(struct os *os, struct front *front);
