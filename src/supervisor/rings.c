/* rings.c - who of a lane has which ring
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/rings.h"

#include "lane/ring.h"
#include "os/evloop.h"
#include "os/memory.h"
#include "os/sys.h"
#include "supervisor/channel.h"
#include "supervisor/children.h"

#include <errno.h>

static void
close_ring(struct lane *lane)
{
    for (size_t i = 0; i < 3; i++) {
        if (lane->ring_fds[i] >= 0)
            sys_close(lane->ring_fds[i]);
        lane->ring_fds[i] = -1;
    }
}

static enum status
make_ring(struct lane *lane)
{
    size_t size = RING_MEMORY_BYTES(RINGS_QUERY_BYTES) + RING_MEMORY_BYTES(RINGS_ANSWER_BYTES);
    enum status status = memory_share("penstock-ring", NULL, size, false, &lane->ring_fds[0]);
    if (status == STATUS_OK)
        status = evloop_open_bell(&lane->ring_fds[1]);
    if (status == STATUS_OK)
        status = evloop_open_bell(&lane->ring_fds[2]);
    if (status != STATUS_OK) {
        int saved = errno;
        close_ring(lane);
        errno = saved;
        return status;
    }
    lane->ring_number++;
    lane->ring_given[CHILD_FRONT] = lane->ring_given[CHILD_WORKER] = false;
    return STATUS_OK;
}

static void
send_ring(struct lane *lane, struct child *child)
{
    struct ipc_message message = {.type = IPC_RING,
                                  .epoch = lane->ring_number,
                                  .ring_query_bytes = RINGS_QUERY_BYTES,
                                  .ring_answer_bytes = RINGS_ANSWER_BYTES};
    lane->ring_given[child->role] = true;
    child->ring_number = lane->ring_number;
    channel_send(child, &message, lane->ring_fds, 3);
}

static void
close_if_given(struct lane *lane)
{
    if (lane->ring_given[CHILD_FRONT] && lane->ring_given[CHILD_WORKER])
        close_ring(lane); /* theirs alone from now on */
}

enum status
rings_give(struct child *child)
{
    struct lane *lane = &child->supervisor->lanes[child->lane];
    struct child *peer = &lane->children[child->role == CHILD_FRONT ? CHILD_WORKER : CHILD_FRONT];
    if (lane->ring_fds[0] < 0) {
        enum status status = make_ring(lane);
        if (status != STATUS_OK)
            return status;
        bool has_other = child->role == CHILD_WORKER && children_is_retired_serving(lane);
        if (children_is_alive(peer) && !has_other)
            send_ring(lane, peer);
    }
    send_ring(lane, child);
    close_if_given(lane);
    return STATUS_OK;
}

void
rings_hand_over(struct child *worker)
{
    struct lane *lane = &worker->supervisor->lanes[worker->lane];
    struct child *front = &lane->children[CHILD_FRONT];
    if (lane->ring_fds[0] < 0 || lane->ring_given[CHILD_FRONT] || !children_is_alive(front))
        return;
    send_ring(lane, front);
    close_if_given(lane);
}

void
rings_leave(struct child *worker)
{
    close_ring(&worker->supervisor->lanes[worker->lane]);
}

void
rings_forget(struct child *child, bool is_death)
{
    struct lane *lane = &child->supervisor->lanes[child->lane];
    struct ipc_message end = {.type = IPC_RING_END, .epoch = child->ring_number, .error = is_death};
    if (!child->is_retired) /* else the ring at hand is its successor's */
        close_ring(lane);
    if (child->role == CHILD_WORKER && child->ring_number != 0)
        channel_send(&lane->children[CHILD_FRONT], &end, NULL, 0);
    child->ring_number = 0;
}

void
rings_broken(struct child *child, uint32_t number)
{
    struct lane *lane = &child->supervisor->lanes[child->lane];
    for (unsigned i = 0; i < SUPERVISOR_CHILDREN; i++) {
        struct child *peer = &lane->children[i];
        if (child->role == CHILD_FRONT && peer->role == CHILD_WORKER && peer->ring_number == number)
            children_kill_for(peer, LOG_ERROR, "it broke the ring");
    }
    /* of a front that came later, a worker has another ring by now */
    if (child->role == CHILD_WORKER && child->ring_number == number)
        children_kill_for(&lane->children[CHILD_FRONT], LOG_ERROR, "it broke the ring");
}
