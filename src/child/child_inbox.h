/* child_inbox.h - messages from the supervisor, each at its time and to its handler
 * SPDX-License-Identifier: ISC
 *
 * What: takes messages from the control channel, first one by one up to START, then from the event loop. When a
 *       type may come and who takes it are the columns of ipc/messages.def; anything else is a
 *       supervisor that broke its contract, and fatal. A STOP before START ends the child, with status 0;
 *       without a supervisor it ends, too.
 * Who:  front/front_control.c, worker/worker_control.c.
 * Ref:  ipc/messages.def, os/chan.h.
 */
#pragma once

#include "ipc/ipc.h"
#include "os/evloop.h"

#define CHILD_INBOX_BEGIN_MS 10000 /* for the supervisor to send the next message before START */
#define CHILD_INBOX_BATCH    16    /* messages taken per turn */

/**
 * A handler.
 *
 * @param process  of child_inbox_init()
 * @param message  borrowed
 * @param fds      its descriptors: those that the handler keeps it sets to -1, the others are
 *                 closed behind it
 */
typedef void child_inbox_take(void *process, const struct ipc_message *message,
                              int fds[IPC_FDS_MAX]);

struct child_inbox_row {
    unsigned when;          /* set of enum ipc_when; 0: never */
    child_inbox_take *take; /* NULL: that it came is all it says */
};

struct child_inbox {
    const struct child_inbox_row *rows; /* by message number, up to `count`; static */
    size_t count;
    void *process;
    int chan_fd;
    enum ipc_when when; /* it is */
    struct ev_source source;
};

/** Before the first message. @param chan_fd  CHAN_FD, but in tests */
void child_inbox_init(struct child_inbox *inbox, int chan_fd, const struct child_inbox_row *rows,
                      size_t count, void *process);

/** Take messages until one ends the beginning. @return IPC_START, or IPC_PIN_LOOK: there is no
 *  service to come. */
enum ipc_type child_inbox_begin(struct child_inbox *inbox);

/** From now on messages come from the loop. @return STATUS_OK; STATUS_SYSTEM. */
MUST_CHECK enum status child_inbox_listen(struct child_inbox *inbox, struct evloop *loop);

/** Tell the supervisor. Fatal if it does not read. */
void child_inbox_say(const struct child_inbox *inbox, const struct ipc_message *message);
