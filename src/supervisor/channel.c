/* channel.c - the control channel of each child
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/channel.h"

#include "os/chan.h"
#include "supervisor/lanes.h"
#include "supervisor/orders.h"

#include <unistd.h>

/* @return STATUS_OK; else as chan_receive() */
static enum status
take_one(struct child *child)
{
    struct ipc_message message;
    int fds[IPC_FDS_MAX];
    enum status status = chan_receive(child->chan.fd, IPC_FROM_CHILD, &message, fds);
    if (status != STATUS_OK)
        return status;
    status = orders_obey(child, &message, &fds[0]);
    for (size_t i = 0; i < IPC_FDS_MAX; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    return status;
}

void
channel_is_ready(struct ev_source *source, uint32_t events)
{
    struct child *child = source->owner;
    enum status status = STATUS_OK;
    (void)events;
    for (int i = 0; i < CHANNEL_BATCH && status == STATUS_OK && child->chan.fd >= 0; i++)
        status = take_one(child);
    if (status == STATUS_OK || status == STATUS_AGAIN || child->chan.fd < 0)
        return;
    evloop_remove(&child->supervisor->loop, &child->chan, true);
    if (status == STATUS_INVALID)
        lanes_kill(child, "it sent a message that it may not send");
    else if (child->state != CHILD_DRAINING) /* dead most likely: then the signal comes too late */
        lanes_kill(child, NULL);
}

void
channel_close(struct child *child)
{
    /* it is dead: what is queued is all there is */
    while (child->chan.fd >= 0 && take_one(child) == STATUS_OK)
        ;
    evloop_remove(&child->supervisor->loop, &child->chan, true);
}

void
channel_send(struct child *child, const struct ipc_message *message, const int *fds,
             size_t fds_count)
{
    if (child->chan.fd < 0)
        return;
    enum status status = chan_send(child->chan.fd, message, fds, fds_count);
    if (status == STATUS_AGAIN)
        lanes_kill(child, "it does not read its messages");
    else if (status != STATUS_OK && status != STATUS_CLOSED) /* closed: it is dying already */
        lanes_kill(child, "no message could be sent to it");
}
