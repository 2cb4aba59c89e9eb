#include "supervisor/dial.h"

#include "core/upstream_choice.h"
#include "os/log.h"
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
    const struct config *config = &sup->config;
    uint32_t burst = config->handshakes_burst * UPSTREAM_HANDSHAKE_FULL + DIAL_MORE;
    uint32_t per_second = config->handshakes_per_s * UPSTREAM_HANDSHAKE_FULL;
    if (!budget_take(&lane->dials[index], burst, per_second, sup->loop.now_us)) {
        answer.error = EDQUOT;
        lane->dials_refused++;
        log_write(LOG_WARNING, LOG_UPSTREAM_DOWN,
                  "upstream %s: not dialled: more connections than limits.handshakes_burst and "
                  "limits.handshakes_per_s allow lane %u",
                  index < config->upstreams_count ? config->upstreams[index].name : "?",
                  worker->lane);
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
