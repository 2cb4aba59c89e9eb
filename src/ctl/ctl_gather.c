/* ctl_gather.c - readings of a running service
 * SPDX-License-Identifier: ISC
 */
#include "ctl/ctl_gather.h"

#include "os/host.h"
#include "os/sys.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum status
ctl_gather_open(struct ctl_gather *gather, const char *socket)
{
    memset(gather, 0, sizeof *gather);
    host_name(gather->host, sizeof gather->host);
    return control_client_open(&gather->client, socket, CTL_GATHER_WAIT_MS);
}

void
ctl_gather_close(struct ctl_gather *gather)
{
    control_client_forget(&gather->pages);
    control_client_close(&gather->client);
}

enum status
ctl_gather_reopen(struct ctl_gather *gather, const char *socket)
{
    ctl_gather_close(gather);
    gather->sight.is_alone = false;
    return control_client_open(&gather->client, socket, CTL_GATHER_WAIT_MS);
}

static enum status
take(struct ctl_gather *gather)
{
    struct sight *sight = &gather->sight;
    enum status status = sight_take(sight, &gather->pages.of, sys_clock_us(CLOCK_MONOTONIC),
                                    sys_clock_us(CLOCK_REALTIME) / 1000000);
    memcpy(sight->reading.host, gather->host, sizeof gather->host);
    return status;
}

enum status
ctl_gather_read(struct ctl_gather *gather)
{
    /* memory stays, whether or not the service does */
    enum status alive = control_client_check(&gather->client);
    if (alive != STATUS_OK)
        return alive;
    /* pages that are replaced while they are read are read again: their sums would be of two times */
    for (unsigned i = 0; i < CONTROL_CLIENT_WATCHES; i++) {
        enum status status = STATUS_OK;
        if (control_client_is_stale(&gather->pages))
            status = control_client_watch(&gather->client, &gather->pages, CTL_GATHER_WAIT_MS);
        if (status == STATUS_OK)
            status = take(gather);
        if (status != STATUS_OK)
            return status;
        if (!control_client_is_stale(&gather->pages))
            break;
    }
    return STATUS_OK;
}

enum status
ctl_gather_read_after(struct ctl_gather *gather, int wait_ms)
{
    struct timespec step = {.tv_sec = wait_ms / 1000, .tv_nsec = wait_ms % 1000 * 1000000L};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &step, NULL);
    return ctl_gather_read(gather);
}

enum status
ctl_gather_rates(struct ctl_gather *gather)
{
    enum status status = ctl_gather_read(gather);
    if (status != STATUS_OK || gather->sight.figures.span_s > 0)
        return status;
    return ctl_gather_read_after(gather, CTL_GATHER_STEP_MS);
}
