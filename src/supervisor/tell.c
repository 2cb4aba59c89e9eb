/* tell.c - what the supervisor tells a child
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/tell.h"

#include "supervisor/channel.h"
#include "supervisor/children.h"
#include "supervisor/event_memory.h"
#include "supervisor/rings.h"
#include "supervisor/steer.h"

/* Empty lists too: a front may have others from before. */
static void
send_lists(struct child *front)
{
    const struct namelists *lists = &front->supervisor->namelists;
    for (uint32_t i = 0; i < IPC_LISTS; i++)
        channel_send(front, &(struct ipc_message){.type = IPC_LIST, .index = i}, &lists->fds[i],
                     lists->fds[i] >= 0);
}

static void
send_listeners(struct child *front)
{
    const struct lane *lane = &front->supervisor->lanes[front->lane];
    for (uint32_t i = 0; i < front->supervisor->config.listen_count; i++) {
        for (unsigned kind = 0; kind < SUPERVISOR_KINDS; kind++) {
            struct ipc_message message = {
                .type = IPC_LISTENER, .index = i, .kind = (uint8_t)(kind + 1)};
            if (lane->listeners[i][kind] >= 0)
                channel_send(front, &message, &lane->listeners[i][kind], 1);
        }
    }
}

static void
send_reading(struct child *front)
{
    struct ipc_message message = {.type = IPC_READING,
                                  .reads = !front->supervisor->fronts_are_held};
    channel_send(front, &message, NULL, 0);
}

static void
send_start(struct child *child)
{
    channel_send(child, &(struct ipc_message){.type = IPC_START}, NULL, 0);
}

enum status
tell_beginning(struct child *child)
{
    struct supervisor *sup = child->supervisor;
    bool with_ca = child->role == CHILD_WORKER && sup->ca_fd >= 0;
    int fds[] = {sup->config_fds[child->role], child->stats_fd, sup->ca_fd};
    struct ipc_message config = {
        .type = IPC_CONFIG, .lane = child->lane, .epoch = sup->config_number};
    channel_send(child, &config, fds, with_ca ? 3 : 2);
    if (sup->level != 0)
        tell_level(child, sup->level);
    enum status status = rings_give(child);
    if (child->role == CHILD_FRONT) {
        if (child->events_fd >= 0)
            channel_send(child, &(struct ipc_message){.type = IPC_EVENTS}, &child->events_fd, 1);
        send_lists(child);
        if (sup->fronts_are_held)
            send_reading(child);
        send_listeners(child);
    }
    if (child->role != CHILD_FRONT || child->lane == 0 || steer_is_bound(sup, child->lane - 1))
        send_start(child);
    return status;
}

void
tell_after_listener(struct child *front)
{
    struct supervisor *sup = front->supervisor;
    if (front->lane + 1 < sup->lanes_count && steer_is_bound(sup, front->lane))
        send_start(&sup->lanes[front->lane + 1].children[CHILD_FRONT]);
}

void
tell_configuration(struct child *front)
{
    struct supervisor *sup = front->supervisor;
    struct ipc_message message = {.type = IPC_RELOAD, .epoch = sup->config_number};
    event_memory_change(front);
    int fds[] = {sup->config_fds[CHILD_FRONT], front->events_fd};
    channel_send(front, &message, fds, front->events_fd >= 0 ? 2 : 1);
    send_lists(front);
}

void
tell_reading(struct supervisor *sup, bool reads)
{
    sup->fronts_are_held = !reads;
    for (unsigned i = 0; i < sup->lanes_count; i++) {
        struct child *front = &sup->lanes[i].children[CHILD_FRONT];
        if (front->state == LIFE_STARTING || front->state == LIFE_READY)
            send_reading(front);
    }
}

void
tell_level(struct child *child, enum log_level level)
{
    channel_send(child, &(struct ipc_message){.type = IPC_LEVEL, .level = (uint8_t)level}, NULL, 0);
}

void
tell_to_stop(struct child *child)
{
    if (children_step(child, LIFE_IS_STOPPED))
        channel_send(child, &(struct ipc_message){.type = IPC_STOP}, NULL, 0);
}
