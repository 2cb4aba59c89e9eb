/* exporter_gather.c - readings of a running service, and of one that may come back
 * SPDX-License-Identifier: ISC
 */
#include "exporter/exporter_gather.h"

#include "os/host.h"
#include "os/sys.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MS_US 1000U

void
exporter_gather_begin(struct exporter_gather *gather, const char *path, int dial_fd)
{
    exporter_link_begin(&gather->link, path, dial_fd);
    host_name(gather->host, sizeof gather->host);
}

/* --- readings -------------------------------------------------------------------------------- */

/* The pages anew, where they are not all any more. @param now_us  written: that takes time */
static void
watch(struct exporter_gather *gather, uint64_t *now_us)
{
    if (gather->link.client.fd < 0 || !control_client_is_stale(&gather->pages))
        return;
    if (control_client_watch(&gather->link.client, &gather->pages, EXPORTER_LINK_WAIT_MS) !=
        STATUS_OK)
        exporter_link_lost(&gather->link, gather->link.client.error);
    *now_us = sys_clock_us(CLOCK_MONOTONIC);
}

/* Pages that are replaced while they are read are read again: their sums would be of two times. Those
 * of a service that is gone say when they were written last; what was read of them stands. */
static void
read_pages(struct exporter_gather *gather, uint64_t now_us)
{
    bool has_read = false;
    gather->read_us = now_us;
    if (gather->link.client.fd < 0 && gather->has_reading) {
        sight_age(&gather->sight, now_us, sys_clock_us(CLOCK_REALTIME) / 1000000,
                  now_us - gather->written_us);
        return;
    }
    for (unsigned i = 0; i < CONTROL_CLIENT_WATCHES && !has_read; i++) {
        watch(gather, &now_us);
        if (gather->pages.of.service == NULL)
            return;
        gather->has_reading = sight_take(&gather->sight, &gather->pages.of, now_us,
                                         sys_clock_us(CLOCK_REALTIME) / 1000000) == STATUS_OK;
        if (!gather->has_reading) /* it is no page of a service, and the sight is of nothing */
            return;
        stages_read(&gather->stages, &gather->pages.of);
        has_read = gather->link.client.fd < 0 || !control_client_is_stale(&gather->pages);
    }
    gather->written_us = now_us - gather->sight.reading.age_us;
    memcpy(gather->sight.reading.host, gather->host, sizeof gather->host);
}

void
exporter_gather_refresh(struct exporter_gather *gather, uint64_t now_us)
{
    if (now_us >= gather->read_us + EXPORTER_GATHER_LEAST_MS * MS_US)
        read_pages(gather, now_us);
}

bool
exporter_gather_is_fresh(const struct exporter_gather *gather)
{
    return gather->link.client.fd >= 0 && gather->has_reading &&
           gather->sight.reading.age_us <= EXPORTER_GATHER_FRESH_US;
}

/* --- the connection -------------------------------------------------------------------------- */

static void
connected(struct exporter_gather *gather)
{
    gather->connects++;
    if (control_client_watch(&gather->link.client, &gather->pages, EXPORTER_LINK_WAIT_MS) !=
        STATUS_OK) {
        exporter_link_lost(&gather->link, gather->link.client.error);
        return;
    }
    exporter_link_works(&gather->link);
    memset(&gather->sight, 0, sizeof gather->sight); /* it may be another service */
    gather->has_reading = false;
    read_pages(gather, sys_clock_us(CLOCK_MONOTONIC));
}

enum status
exporter_gather_connected(struct exporter_gather *gather)
{
    struct exporter_dial_answer answer;
    enum status status = exporter_dial_take(gather->link.dial_fd, &answer);
    if (status == STATUS_AGAIN)
        return STATUS_OK;
    if (status != STATUS_OK || answer.what != EXPORTER_DIAL_CONTROL)
        return STATUS_CLOSED;
    if (exporter_link_take(&gather->link, &answer) == STATUS_OK)
        connected(gather);
    return STATUS_OK;
}

void
exporter_gather_greet(struct exporter_gather *gather, int fd)
{
    if (exporter_link_greet(&gather->link, fd) == STATUS_OK)
        connected(gather);
}

void
exporter_gather_lost(struct exporter_gather *gather)
{
    char trouble[CONTROL_CLIENT_ERROR_MAX];
    snprintf(trouble, sizeof trouble, "%s: penstock closed the connection", gather->link.path);
    exporter_link_lost(&gather->link, trouble);
}

uint64_t
exporter_gather_next_us(const struct exporter_gather *gather)
{
    uint64_t read_us = gather->read_us + EXPORTER_GATHER_STEP_MS * MS_US;
    uint64_t ask_us = exporter_link_next_us(&gather->link);
    return ask_us < read_us ? ask_us : read_us;
}

enum status
exporter_gather_turn(struct exporter_gather *gather, uint64_t now_us)
{
    if (exporter_link_turn(&gather->link, now_us) != STATUS_OK)
        return STATUS_CLOSED;
    if (now_us >= gather->read_us + EXPORTER_GATHER_STEP_MS * MS_US)
        read_pages(gather, now_us);
    return STATUS_OK;
}
