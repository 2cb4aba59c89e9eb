#include "supervisor/rings.h"

#include "core/ring.h"
#include "os/bell.h"
#include "os/memory.h"
#include "supervisor/channel.h"
#include "supervisor/lanes.h"

#include <errno.h>
#include <unistd.h>

static void
close_ring(struct lane *lane)
{
    for (size_t i = 0; i < 3; i++) {
        if (lane->ring_fds[i] >= 0)
            close(lane->ring_fds[i]);
        lane->ring_fds[i] = -1;
    }
}

static enum status
make_ring(struct lane *lane)
{
    size_t size = RING_MEMORY_BYTES(RINGS_QUERY_BYTES) + RING_MEMORY_BYTES(RINGS_ANSWER_BYTES);
    enum status status = memory_share("penstock-ring", NULL, size, false, &lane->ring_fds[0]);
    if (status == STATUS_OK)
        status = bell_open(&lane->ring_fds[1]);
    if (status == STATUS_OK)
        status = bell_open(&lane->ring_fds[2]);
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
    channel_send(child, &message, lane->ring_fds, 3);
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
        if (lanes_is_alive(peer))
            send_ring(lane, peer);
    }
    send_ring(lane, child);
    if (lane->ring_given[CHILD_FRONT] && lane->ring_given[CHILD_WORKER])
        close_ring(lane); /* theirs alone from now on */
    return STATUS_OK;
}

void
rings_forget(struct child *child)
{
    close_ring(&child->supervisor->lanes[child->lane]);
}
