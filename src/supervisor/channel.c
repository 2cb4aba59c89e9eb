/* channel.c - the control channel of each child: open, send, receive, close
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/channel.h"

#include "os/chan.h"
#include "os/sys.h"
#include "supervisor/children.h"

#include <errno.h>
#include <string.h>

static void
mark(struct ev_source *source, uint32_t events)
{
    struct child *child = source->owner;
    (void)events;
    child->has_messages = true;
}

enum status
channel_open(struct child *child, int fd)
{
    return evloop_add(&child->supervisor->loop, &child->chan, fd, EPOLLIN, mark, child);
}

enum status
channel_move(struct child *from, struct child *to)
{
    int fd = from->chan.fd;
    evloop_remove(&from->supervisor->loop, &from->chan, false);
    to->has_messages = from->has_messages;
    from->has_messages = false;
    enum status status = channel_open(to, fd);
    if (status != STATUS_OK)
        sys_close(fd);
    return status;
}

void
channel_close(struct child *child)
{
    evloop_remove(&child->supervisor->loop, &child->chan, true);
    child->has_messages = false;
}

void
channel_send(struct child *child, const struct ipc_message *message, const int *fds,
             size_t fds_count)
{
    if (child->chan.fd < 0)
        return;
    enum status status = chan_send(child->chan.fd, message, fds, fds_count);
    if (status == STATUS_AGAIN)
        children_kill_for(child, LOG_ERROR, "it does not read its messages");
    else if (status != STATUS_OK && status != STATUS_CLOSED) /* closed: it is dying already */
        children_kill_for(child, LOG_ERROR, strerror(errno));
}

enum status
channel_receive(struct child *child, struct ipc_message *message, int fds[IPC_FDS_MAX])
{
    return child->chan.fd < 0 ? STATUS_CLOSED
                              : chan_receive(child->chan.fd, IPC_FROM_CHILD, message, fds);
}
