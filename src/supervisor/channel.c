/* channel.c - what children say, and the little that is done about it
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/channel.h"

#include "os/chan.h"
#include "os/log.h"
#include "os/sock.h"
#include "supervisor/dial.h"
#include "supervisor/lanes.h"
#include "supervisor/rings.h"
#include "supervisor/tls_library.h"

#include <unistd.h>

/*
 * A front hands over a copy of each socket that it bound, before READY. Only a socket of the
 * configured address and type is kept: the next front gets it as its own.
 */
static enum status
keep_listener(struct child *child, const struct ipc_message *message, int *fd)
{
    struct supervisor *sup = child->supervisor;
    struct addr addr;
    int type;
    if (child->role != CHILD_FRONT || child->state != CHILD_STARTING ||
        message->index >= sup->config.listen_count ||
        (message->kind != IPC_SOCKET_UDP && message->kind != IPC_SOCKET_TCP))
        return STATUS_INVALID;
    int *slot = &sup->lanes[child->lane].listeners[message->index][message->kind - 1];
    int wanted = message->kind == IPC_SOCKET_UDP ? SOCK_DGRAM : SOCK_STREAM;
    if (*slot >= 0 || sock_bound(*fd, &addr, &type) != STATUS_OK || type != wanted ||
        !addr_is_equal(&addr, &sup->config.listen[message->index]))
        return STATUS_INVALID;
    *slot = *fd;
    *fd = -1;
    lanes_listener_kept(child);
    return STATUS_OK;
}

static enum status
obey(struct child *child, const struct ipc_message *message, int *fd)
{
    bool serves = child->state == CHILD_READY || child->state == CHILD_DRAINING;
    switch (message->type) {
    case IPC_LOG:
        log_relay(child->name, (enum log_level)message->level, (enum log_event)message->event,
                  message->text);
        return STATUS_OK;
    case IPC_LISTENER:
        return keep_listener(child, message, fd);
    case IPC_READY:
        if (child->state == CHILD_READY)
            return STATUS_INVALID;
        if (child->role == CHILD_WORKER)
            tls_library_reported(child->supervisor, message->text);
        lanes_ready(child);
        return STATUS_OK;
    case IPC_UPSTREAM_WANT:
        return child->role == CHILD_WORKER && serves
                   ? dial_answer(child, message->index, message->tag)
                   : STATUS_INVALID;
    case IPC_UPSTREAM_DEAR:
        return child->role == CHILD_WORKER && serves
                   ? dial_avoid(child, message->index, message->cost_us)
                   : STATUS_INVALID;
    case IPC_RELOADED:
        if (message->error != 0)
            lanes_kill(child, "it did not take up the new configuration; the next one will");
        return STATUS_OK;
    case IPC_RING_END:
        rings_broken(child, message->epoch);
        return STATUS_OK;
    case IPC_CONFIG: /* the rest is not for us, or was not asked for */
    case IPC_RING:
    case IPC_START:
    case IPC_UPSTREAM_SOCKET:
    case IPC_STOP:
    case IPC_RELOAD:
    case IPC_PIN_LOOK:
    case IPC_PIN_SEEN:
    case IPC_LIST:
        break;
    }
    return STATUS_INVALID;
}

/* @return STATUS_OK; else as chan_receive() */
static enum status
take_one(struct child *child)
{
    struct ipc_message message;
    int fds[IPC_FDS_MAX];
    enum status status = chan_receive(child->chan.fd, IPC_FROM_CHILD, &message, fds);
    if (status != STATUS_OK)
        return status;
    /* the last words of one that we killed are worth a line, nothing else is */
    if (child->state != CHILD_KILLED || message.type == IPC_LOG)
        status = obey(child, &message, &fds[0]);
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
