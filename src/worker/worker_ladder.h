/* worker_ladder.h - the life of a worker: configuration, memory, TLS, then give up all and serve
 * SPDX-License-Identifier: ISC
 *
 * What: the steps of child/child_ladder.h in their order, with what a worker does between them.
 * Who:  main.c.
 * Ref:  docs/ARCHITECTURE.md "Processes".
 */
#pragma once

#include "os/os.h"
#include "worker/worker.h"

/** Serve until the supervisor says STOP, or look at one server's certificates (`penstock pin`).
 *  @param os,worker  all zero; in place for the process's life
 *  @return the exit status; a step that fails ends the process */
int worker_ladder_run(struct os *os, struct worker *worker);
