/* dial.c - TCP connections to upstreams, asked for by index
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/dial.h"

#include "os/log.h"
#include "os/sock.h"
#include "os/sys.h"
#include "supervisor/channel.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

void
dial_begin(struct child *worker)
{
    const struct config *config = &worker->supervisor->config;
    worker->upstreams_count = config->upstreams_count;
    routes_sets_make(&worker->sets, config);
    for (uint32_t i = 0; i < config->upstreams_count; i++) {
        worker->upstreams[i] = config->upstreams[i].address;
        worker->sources[i] = config->upstreams[i].source;
    }
}

void
dial_renew(struct lane *lane)
{
    memset(lane->dials, 0, sizeof lane->dials);
}

static const char *
name_of(const struct supervisor *sup, const struct addr *address)
{
    for (uint32_t i = 0; i < sup->config.upstreams_count; i++)
        if (addr_is_equal(&sup->config.upstreams[i].address, address))
            return sup->config.upstreams[i].name;
    return "of a configuration before";
}

enum status
dial_avoid(struct child *worker, uint32_t index, uint32_t cost_us)
{
    struct supervisor *sup = worker->supervisor;
    uint64_t wait_us;
    if (index >= worker->upstreams_count)
        return STATUS_INVALID;
    const char *name = name_of(sup, &worker->upstreams[index]);
    switch (dial_rule_avoid(&sup->avoided, worker->upstreams, &worker->sets, index,
                            sup->loop.now_us, &wait_us)) {
    case DIAL_IS_AVOIDED:
        log_write(LOG_WARNING, LOG_UPSTREAM_UNTRUSTED,
                  "upstream %s: a handshake that was refused cost %" PRIu32
                  " ms of CPU; no lane connects to it for %" PRIu64 " s",
                  name, cost_us / 1000, wait_us / 1000000);
        break;
    case DIAL_IS_LAST:
        log_write(LOG_WARNING, LOG_UPSTREAM_UNTRUSTED,
                  "upstream %s: a handshake that was refused cost %" PRIu32
                  " ms of CPU; it is the only one left, so it is still connected to",
                  name, cost_us / 1000);
        break;
    case DIAL_WAS_AVOIDED:
        break;
    }
    return STATUS_OK;
}

static void
tell_source(const struct supervisor *sup, const struct addr *to, const struct addr *source,
            int error)
{
    char text[ADDR_TEXT_MAX];
    log_write(LOG_WARNING, LOG_UPSTREAM_DOWN, "upstream %s: cannot connect from %s: %s%s",
              name_of(sup, to), addr_format(source, text), strerror(error),
              error == EADDRNOTAVAIL ? "; upstreams[].source must be an address of this machine"
                                     : "");
}

/* @return 0: there is a socket; else an errno, or IPC_ERROR_AVOIDED */
static uint32_t
dial(struct child *worker, uint32_t index, int *fd)
{
    struct supervisor *sup = worker->supervisor;
    struct lane *lane = &sup->lanes[worker->lane];
    const struct addr *to = &worker->upstreams[index], *source = &worker->sources[index];
    switch (
        dial_rule_judge(&sup->avoided, to, &lane->dials[index], &sup->config, sup->loop.now_us)) {
    case DIAL_AVOIDED:
        return IPC_ERROR_AVOIDED;
    case DIAL_OVER_BUDGET:
        lane->dials_refused++;
        log_write(LOG_WARNING, LOG_UPSTREAM_DOWN,
                  "upstream %s: not dialled: more connections than limits.handshakes_burst and "
                  "limits.handshakes_per_s allow lane %u",
                  name_of(sup, to), worker->lane);
        return EDQUOT;
    case DIAL_GO:
        break;
    }
    lane->dials_done++;
    enum status status = sock_dial(to, source, fd);
    if (status == STATUS_OK)
        return 0;
    int error = errno > 0 ? errno : EIO;
    if (status == STATUS_NONE)
        tell_source(sup, to, source, error);
    return (uint32_t)error;
}

enum status
dial_answer(struct child *worker, uint32_t index, uint32_t tag)
{
    struct ipc_message answer = {.type = IPC_UPSTREAM_SOCKET, .index = index, .tag = tag};
    int fd = -1;
    if (index >= worker->upstreams_count)
        return STATUS_INVALID;
    answer.error = dial(worker, index, &fd);
    channel_send(worker, &answer, &fd, fd >= 0 ? 1 : 0);
    if (fd >= 0)
        sys_close(fd);
    return STATUS_OK;
}
