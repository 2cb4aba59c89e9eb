#include "supervisor/dial.h"

#include "os/sock.h"
#include "supervisor/channel.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void
dial_begin(struct child *worker)
{
    const struct config *config = &worker->supervisor->config;
    worker->upstreams_count = config->upstreams_count;
    for (uint32_t i = 0; i < config->upstreams_count; i++)
        worker->upstreams[i] = config->upstreams[i].address;
}

void
dial_renew(struct lane *lane)
{
    memset(lane->dials, 0, sizeof lane->dials);
}

enum status
dial_answer(struct child *worker, uint32_t index, uint32_t tag)
{
    struct supervisor *sup = worker->supervisor;
    struct lane *lane = &sup->lanes[worker->lane];
    struct ipc_message answer = {.type = IPC_UPSTREAM_SOCKET, .index = index, .tag = tag};
    int fd = -1;
    if (index >= worker->upstreams_count)
        return STATUS_INVALID;
    if (!budget_take(&lane->dials[index], DIAL_BURST, DIAL_PER_SECOND, sup->loop.now_us)) {
        answer.error = EAGAIN;
        lane->dials_refused++;
    } else {
        lane->dials_done++;
        if (sock_dial(&worker->upstreams[index], &fd) != STATUS_OK)
            answer.error = errno > 0 ? (uint32_t)errno : EIO;
    }
    channel_send(worker, &answer, &fd, fd >= 0 ? 1 : 0);
    if (fd >= 0)
        close(fd);
    return STATUS_OK;
}
