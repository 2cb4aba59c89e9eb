/* child_inbox.c - see child_inbox.h
 * SPDX-License-Identifier: ISC
 */
#include "child/child_inbox.h"

#include "os/chan.h"
#include "os/log.h"
#include "os/sys.h"

void
child_inbox_init(struct child_inbox *inbox, int chan_fd, const struct child_inbox_row *rows,
                 size_t count, void *process)
{
    *inbox = (struct child_inbox){.rows = rows,
                                  .count = count,
                                  .process = process,
                                  .chan_fd = chan_fd,
                                  .when = IPC_FIRST,
                                  .source.fd = -1};
}

static void
obey(struct child_inbox *inbox, const struct ipc_message *message, int fds[IPC_FDS_MAX])
{
    if (message->type == IPC_STOP && inbox->when != IPC_SERVE)
        sys_exit(0); /* another process could not start: nothing is in flight here */
    const struct child_inbox_row *row =
        message->type < inbox->count ? &inbox->rows[message->type] : NULL;
    if (row == NULL || (row->when & inbox->when) == 0)
        log_fatal("the supervisor broke its contract: %s came at the wrong time",
                  ipc_type_text(message->type));
    if (row->take != NULL)
        row->take(inbox->process, message, fds);
    chan_close(fds, IPC_FDS_MAX);
    if (message->type == IPC_CONFIG)
        inbox->when = IPC_BEGIN;
    if (message->type == IPC_START)
        inbox->when = IPC_SERVE;
}

/* @return false: there is none now. A child whose supervisor has gone ends. */
static bool
receive(const struct child_inbox *inbox, struct ipc_message *message, int fds[IPC_FDS_MAX])
{
    enum status status = chan_receive(inbox->chan_fd, IPC_FROM_SUPERVISOR, message, fds);
    if (status == STATUS_CLOSED)
        sys_exit(1);
    if (status != STATUS_OK && status != STATUS_AGAIN)
        log_fatal("the supervisor broke its contract: its message cannot be read: %s",
                  status_text(status));
    return status == STATUS_OK;
}

enum ipc_type
child_inbox_begin(struct child_inbox *inbox)
{
    struct ipc_message message;
    int fds[IPC_FDS_MAX];
    do {
        if (chan_await(inbox->chan_fd, CHILD_INBOX_BEGIN_MS) != STATUS_OK ||
            !receive(inbox, &message, fds))
            log_fatal("the supervisor sent nothing for %d ms before START", CHILD_INBOX_BEGIN_MS);
        obey(inbox, &message, fds);
    } while (message.type != IPC_START && message.type != IPC_PIN_LOOK);
    return message.type;
}

static void
ready(struct ev_source *source, uint32_t events)
{
    struct child_inbox *inbox = source->owner;
    struct ipc_message message;
    int fds[IPC_FDS_MAX];
    (void)events;
    for (int i = 0; i < CHILD_INBOX_BATCH && receive(inbox, &message, fds); i++)
        obey(inbox, &message, fds);
}

enum status
child_inbox_listen(struct child_inbox *inbox, struct evloop *loop)
{
    return evloop_add(loop, &inbox->source, inbox->chan_fd, EPOLLIN, ready, inbox);
}

void
child_inbox_say(const struct child_inbox *inbox, const struct ipc_message *message)
{
    if (chan_send(inbox->chan_fd, message, NULL, 0) != STATUS_OK)
        log_fatal("the supervisor does not read: %s cannot be sent", ipc_type_text(message->type));
}
