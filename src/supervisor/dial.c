/* dial.c - TCP connections to upstreams, asked for by index
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/dial.h"

#include "os/log.h"
#include "os/sock.h"
#include "supervisor/channel.h"
#include "upstream/upstream_choice.h"

#include <errno.h>
#include <inttypes.h>
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

static bool
is_avoided(const struct supervisor *sup, const struct addr *address)
{
    for (unsigned i = 0; i < CONFIG_UPSTREAMS_MAX; i++)
        if (addr_is_equal(&sup->avoided[i].address, address))
            return avoid_is_on(&sup->avoided[i].state, sup->loop.now_us);
    return false;
}

/* Its own entry, else the one that has been of no use for longest. */
static struct avoid *
entry_for(struct supervisor *sup, const struct addr *address)
{
    struct avoided *oldest = &sup->avoided[0];
    for (unsigned i = 0; i < CONFIG_UPSTREAMS_MAX; i++) {
        struct avoided *entry = &sup->avoided[i];
        if (addr_is_equal(&entry->address, address))
            return &entry->state;
        if (entry->state.until_us < oldest->state.until_us)
            oldest = entry;
    }
    *oldest = (struct avoided){.address = *address};
    return &oldest->state;
}

static bool
is_last(const struct child *worker, uint32_t index)
{
    for (uint32_t i = 0; i < worker->upstreams_count; i++)
        if (i != index && !is_avoided(worker->supervisor, &worker->upstreams[i]))
            return false;
    return true;
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
    if (index >= worker->upstreams_count)
        return STATUS_INVALID;
    const struct addr *address = &worker->upstreams[index];
    if (is_avoided(sup, address)) /* another lane said so already */
        return STATUS_OK;
    if (is_last(worker, index)) {
        log_write(LOG_WARNING, LOG_UPSTREAM_UNTRUSTED,
                  "upstream %s: a handshake that was refused cost %" PRIu32
                  " ms of CPU; it is the only one left, so it is still connected to",
                  name_of(sup, address), cost_us / 1000);
        return STATUS_OK;
    }
    uint64_t wait_us = avoid_for(entry_for(sup, address), sup->loop.now_us);
    log_write(LOG_WARNING, LOG_UPSTREAM_UNTRUSTED,
              "upstream %s: a handshake that was refused cost %" PRIu32
              " ms of CPU; no lane connects to it for %" PRIu64 " s",
              name_of(sup, address), cost_us / 1000, wait_us / 1000000);
    return STATUS_OK;
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
    uint64_t now_ms = sup->loop.now_us / 1000;
    leak_change(&lane->dials[index], per_second, burst, now_ms); /* of this configuration */
    if (is_avoided(sup, &worker->upstreams[index])) {
        answer.error = IPC_ERROR_AVOIDED;
    } else if (!leak_take(&lane->dials[index], 1, now_ms)) {
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
