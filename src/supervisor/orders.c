/* orders.c - what children say, and the little that is done about it
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/orders.h"

#include "os/chan.h"
#include "os/log.h"
#include "os/sock.h"
#include "supervisor/channel.h"
#include "supervisor/children.h"
#include "supervisor/control_round.h"
#include "supervisor/dial.h"
#include "supervisor/event_memory.h"
#include "supervisor/lanes.h"
#include "supervisor/rings.h"
#include "supervisor/shown.h"
#include "supervisor/tell.h"
#include "supervisor/tls_library.h"

/* The sets that the column FROM() of messages.def is written in. */
enum {
    FRONT = 1 << CHILD_FRONT,
    WORKER = 1 << CHILD_WORKER,
    ANYONE = FRONT | WORKER,

    STARTING = 1 << LIFE_STARTING,
    DRAINING = 1 << LIFE_DRAINING,
    SERVING = 1 << LIFE_READY | DRAINING,
    ALWAYS = STARTING | SERVING | 1 << LIFE_KILLED,
};

/*
 * A front hands over a copy of each socket that it bound, before READY. Only a socket of the
 * configured address and type is kept: the next front gets it as its own.
 */
static enum status
take_listener(struct child *front, const struct ipc_message *message, int *fd)
{
    struct supervisor *sup = front->supervisor;
    struct addr addr;
    int type;
    if (message->index >= sup->config.listen_count)
        return STATUS_INVALID;
    int *slot = &sup->lanes[front->lane].listeners[message->index][message->kind - 1];
    int wanted = message->kind == IPC_SOCKET_UDP ? SOCK_DGRAM : SOCK_STREAM;
    if (*slot >= 0 || sock_bound(*fd, &addr, &type) != STATUS_OK || type != wanted ||
        !addr_is_equal(&addr, &sup->config.listen[message->index]))
        return STATUS_INVALID;
    if (front->state == LIFE_DRAINING) /* sent before it read STOP: no front follows it */
        return STATUS_OK;
    *slot = *fd;
    *fd = -1;
    tell_after_listener(front);
    return STATUS_OK;
}

static enum status
take_ready(struct child *child, const struct ipc_message *message, int *fd)
{
    (void)fd;
    if (child->role == CHILD_WORKER)
        tls_library_reported(child->supervisor, message->text);
    lanes_ready(child);
    return STATUS_OK;
}

static enum status
take_want(struct child *worker, const struct ipc_message *message, int *fd)
{
    (void)fd;
    return dial_answer(worker, message->index, message->tag);
}

static enum status
take_dear(struct child *worker, const struct ipc_message *message, int *fd)
{
    (void)fd;
    return dial_avoid(worker, message->index, message->cost_us);
}

static enum status
take_key(struct child *worker, const struct ipc_message *message, int *fd)
{
    (void)fd;
    if (message->index >= worker->upstreams_count)
        return STATUS_INVALID;
    shown_note(worker->supervisor, &worker->upstreams[message->index], message->pin);
    return STATUS_OK;
}

static enum status
take_log(struct child *child, const struct ipc_message *message, int *fd)
{
    (void)fd;
    log_relay(child->name, (enum log_level)message->level, (enum log_event)message->event,
              message->text);
    return STATUS_OK;
}

static enum status
take_reloaded(struct child *front, const struct ipc_message *message, int *fd)
{
    (void)fd;
    /* it took what was sent before the last reload too: memory for events among it */
    bool is_last = message->epoch == front->supervisor->config_number;
    if (message->error == 0 && is_last && event_memory_settle(front) != STATUS_OK)
        children_kill_for(front, LOG_ERROR, "its memory for events cannot be sealed");
    if (message->error != 0)
        children_kill_for(front, LOG_WARNING,
                          "it refused the new configuration; the next one begins with it");
    return STATUS_OK;
}

static enum status
take_ring_end(struct child *child, const struct ipc_message *message, int *fd)
{
    (void)fd;
    rings_broken(child, message->epoch);
    return STATUS_OK;
}

static enum status
take_flushed(struct child *front, const struct ipc_message *message, int *fd)
{
    (void)fd;
    return control_round_flushed(front, message);
}

static enum status
take_report(struct child *front, const struct ipc_message *message, int *fd)
{
    (void)fd;
    return control_round_told(front, message);
}

static const struct order {
    unsigned roles, states;
    enum status (*take)(struct child *child, const struct ipc_message *message, int *fd);
} orders[] = {
#define NEVER                                                                                      \
    {                                                                                              \
        0                                                                                          \
    }
#define LOOK                                                                                       \
    {                                                                                              \
        0                                                                                          \
    }
#define FROM(roles, states, handler)                                                               \
    {                                                                                              \
        roles, states, handler                                                                     \
    }
#define MESSAGE(name, number, fds_min, fds_max, fields, supervisor, front, worker, text)           \
    [number] = supervisor,
#include "ipc/messages.def"
#undef MESSAGE
};

/* Of a child that was killed only its last words are taken; the rest is dropped without a fault. */
static enum status
obey(struct child *child, enum life_state state, const struct ipc_message *message, int *fd)
{
    const struct order *order = &orders[message->type];
    if ((order->roles >> child->role & 1) != 0 && (order->states >> state & 1) != 0)
        return order->take(child, message, fd);
    return state == LIFE_KILLED ? STATUS_OK : STATUS_INVALID;
}

/* @return STATUS_OK; else as channel_receive() */
static enum status
take_one(struct child *child, enum life_state state)
{
    struct ipc_message message;
    int fds[IPC_FDS_MAX];
    enum status status = channel_receive(child, &message, fds);
    if (status != STATUS_OK)
        return status;
    status = obey(child, state, &message, &fds[0]);
    chan_close(fds, IPC_FDS_MAX);
    return status;
}

static void
take_from(struct child *child)
{
    enum status status = STATUS_OK;
    child->has_messages = false;
    for (int i = 0; i < ORDERS_BATCH && status == STATUS_OK; i++)
        status = take_one(child, child->state);
    if (status == STATUS_OK || status == STATUS_AGAIN || child->chan.fd < 0)
        return;
    channel_close(child);
    if (status == STATUS_INVALID)
        children_kill_for(child, LOG_ERROR, "it sent a message that it may not send");
    else if (child->state != LIFE_DRAINING) /* dead most likely: then the signal comes too late */
        children_kill(child);
}

void
orders_take(struct supervisor *sup)
{
    for (unsigned i = 0; i < children_count(sup); i++)
        if (children_at(sup, i)->has_messages)
            take_from(children_at(sup, i));
}

void
orders_take_last(struct child *child)
{
    while (take_one(child, LIFE_KILLED) == STATUS_OK)
        ;
}
