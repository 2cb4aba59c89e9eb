/* child_ladder.h - the way of every child from exec to its loop
 * SPDX-License-Identifier: ISC
 *
 * What: log and signals, then (the caller's) configuration, memory and sockets, then privileges and
 *       filter, READY, and the wait between two turns. Each step that fails is fatal.
 * Who:  main() of front and worker. It is started by the supervisor only, with one descriptor: the
 *       control channel.
 * Ref:  docs/ARCHITECTURE.md "Processes".
 */
#pragma once

#include "child/child_inbox.h"
#include "os/evloop.h"
#include "os/os.h"
#include "os/sandbox.h"

struct child_needs {
    const struct sandbox_filter *filter;
    const char *user;     /* to become if started as root */
    size_t files;         /* descriptors */
    const char *for_what; /* most of them are for, in the log */
    size_t memory_bytes;  /* beside what it has now: RLIMIT_DATA */
    size_t locked_bytes;  /* of these, heap that goes to no swap device, as far as that may be */
    int lock_error;       /* of what the caller locked before: errno; 0: there is none */
};

/** The first step: log to the supervisor, ignore signals, open the event loop. */
void child_ladder_begin(struct os *os, struct evloop *loop);

/** All memory is reserved and all sockets are open: lock memory where that can be, give privileges up for good, open no
 *  file by name and reach no port any more where there is Landlock, enter the filter. */
void child_ladder_drop(const struct child_needs *needs);

/** Tell the supervisor that this process serves, and listen to it. @param ready  READY */
void child_ladder_ready(struct child_inbox *inbox, struct evloop *loop,
                        const struct ipc_message *ready);
