/* orders.c - what children say, and the little that is done about it
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/orders.h"

#include "os/log.h"
#include "os/sock.h"
#include "supervisor/dial.h"
#include "supervisor/lanes.h"
#include "supervisor/rings.h"
#include "supervisor/tls_library.h"

/* The sets that the column FROM() of messages.def is written in. */
enum {
    FRONT = 1 << CHILD_FRONT,
    WORKER = 1 << CHILD_WORKER,
    ANYONE = FRONT | WORKER,

    STARTING = 1 << CHILD_STARTING,
    DRAINING = 1 << CHILD_DRAINING,
    SERVING = 1 << CHILD_READY | DRAINING,
    ALWAYS = STARTING | SERVING | 1 << CHILD_KILLED,
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
    *slot = *fd;
    *fd = -1;
    lanes_listener_kept(front);
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
    if (message->error != 0)
        lanes_kill(front, "it did not take up the new configuration; the next one will");
    return STATUS_OK;
}

static enum status
take_ring_end(struct child *child, const struct ipc_message *message, int *fd)
{
    (void)fd;
    rings_broken(child, message->epoch);
    return STATUS_OK;
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

enum status
orders_obey(struct child *child, const struct ipc_message *message, int *fd)
{
    const struct order *order = &orders[message->type];
    bool is_allowed =
        (order->roles >> child->role & 1) != 0 && (order->states >> child->state & 1) != 0;
    if (is_allowed)
        return order->take(child, message, fd);
    return child->state == CHILD_KILLED ? STATUS_OK : STATUS_INVALID;
}
