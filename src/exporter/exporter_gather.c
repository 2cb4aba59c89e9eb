/* exporter_gather.c - readings of a running service, and of one that may come back
 * SPDX-License-Identifier: ISC
 */
#include "exporter/exporter_gather.h"

#include "exporter/exporter_dial.h"
#include "os/log.h"
#include "os/sys.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MS_US 1000U

/* The first label of this machine's name, as far as it is one. */
static void
find_host(char host[SERVICE_PAGE_NAME_MAX])
{
    char name[256];
    memset(host, 0, SERVICE_PAGE_NAME_MAX);
    if (gethostname(name, sizeof name) != 0)
        return;
    name[sizeof name - 1] = '\0';
    size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
    memcpy(host, name, size < SERVICE_PAGE_NAME_MAX ? size : SERVICE_PAGE_NAME_MAX - 1);
}

void
exporter_gather_begin(struct exporter_gather *gather, const char *path, int dial_fd)
{
    gather->path = path;
    gather->dial_fd = dial_fd;
    gather->client.fd = -1;
    find_host(gather->host);
    snprintf(gather->trouble, sizeof gather->trouble, "%s has not been connected to yet", path);
}

/* Why there is no connection; told in the log once, until there is one again or the reason changes. */
static void __attribute__((format(printf, 2, 3)))
fail(struct exporter_gather *gather, const char *format, ...)
{
    char trouble[CONTROL_CLIENT_ERROR_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(trouble, sizeof trouble, format, args);
    va_end(args);
    control_client_close(&gather->client);
    if (strcmp(trouble, gather->trouble) == 0)
        return;
    snprintf(gather->trouble, sizeof gather->trouble, "%s", trouble);
    log_write(LOG_WARNING, LOG_CONTROL, "%s", trouble);
}

/* --- readings -------------------------------------------------------------------------------- */

/* The pages anew, where they are not all any more. @param now_us  written: that takes time */
static void
watch(struct exporter_gather *gather, uint64_t *now_us)
{
    if (gather->client.fd < 0 || !control_client_is_stale(&gather->pages))
        return;
    if (control_client_watch(&gather->client, &gather->pages, EXPORTER_GATHER_WAIT_MS) != STATUS_OK)
        fail(gather, "%s", gather->client.error);
    *now_us = sys_clock_us(CLOCK_MONOTONIC);
}

/* Pages that are replaced while they are read are read again: their sums would be of two times. Those
 * of a service that is gone say when they were written last; what was read of them stands. */
static void
read_pages(struct exporter_gather *gather, uint64_t now_us)
{
    bool has_read = false;
    gather->read_us = now_us;
    if (gather->client.fd < 0 && gather->has_reading) {
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
        has_read = gather->client.fd < 0 || !control_client_is_stale(&gather->pages);
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
    return gather->client.fd >= 0 && gather->has_reading &&
           gather->sight.reading.age_us <= EXPORTER_GATHER_FRESH_US;
}

/* --- the connection -------------------------------------------------------------------------- */

enum status
exporter_gather_connected(struct exporter_gather *gather)
{
    int fd, error;
    enum status status = exporter_dial_take(gather->dial_fd, &fd, &error);
    if (status == STATUS_AGAIN)
        return STATUS_OK;
    if (status != STATUS_OK)
        return STATUS_CLOSED;
    gather->is_asking = false;
    if (fd < 0) {
        fail(gather, "%s: %s", gather->path, strerror(error));
        return STATUS_OK;
    }
    if (control_client_greet(&gather->client, fd, gather->path, EXPORTER_GATHER_WAIT_MS) !=
        STATUS_OK) {
        fail(gather, "%s", gather->client.error);
        return STATUS_OK;
    }
    gather->connects++;
    if (control_client_watch(&gather->client, &gather->pages, EXPORTER_GATHER_WAIT_MS) !=
        STATUS_OK) {
        fail(gather, "%s", gather->client.error);
        return STATUS_OK;
    }
    gather->trouble[0] = '\0';
    log_write(LOG_NOTICE, LOG_CONTROL, "%s: connected to penstock %s", gather->path,
              gather->client.version);
    memset(&gather->sight, 0, sizeof gather->sight); /* it may be another service */
    gather->has_reading = false;
    read_pages(gather, sys_clock_us(CLOCK_MONOTONIC));
    return STATUS_OK;
}

void
exporter_gather_lost(struct exporter_gather *gather)
{
    fail(gather, "%s: penstock closed the connection", gather->path);
}

uint64_t
exporter_gather_next_us(const struct exporter_gather *gather)
{
    uint64_t read_us = gather->read_us + EXPORTER_GATHER_STEP_MS * MS_US;
    if (gather->client.fd >= 0 || gather->is_asking)
        return read_us;
    uint64_t ask_us =
        gather->asked_us == 0 ? 0 : gather->asked_us + EXPORTER_GATHER_RETRY_MS * MS_US;
    return ask_us < read_us ? ask_us : read_us;
}

enum status
exporter_gather_turn(struct exporter_gather *gather, uint64_t now_us)
{
    bool is_due =
        gather->asked_us == 0 || now_us >= gather->asked_us + EXPORTER_GATHER_RETRY_MS * MS_US;
    if (gather->client.fd < 0 && !gather->is_asking && is_due) {
        gather->asked_us = now_us;
        if (exporter_dial_ask(gather->dial_fd) != STATUS_OK)
            return STATUS_CLOSED;
        gather->is_asking = true;
    }
    if (now_us >= gather->read_us + EXPORTER_GATHER_STEP_MS * MS_US)
        read_pages(gather, now_us);
    return STATUS_OK;
}
