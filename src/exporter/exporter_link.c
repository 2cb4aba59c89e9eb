/* exporter_link.c - see exporter_link.h
 * SPDX-License-Identifier: ISC
 */
#include "exporter/exporter_link.h"

#include "os/log.h"

#include <stdio.h>
#include <string.h>

#define MS_US 1000U

void
exporter_link_begin(struct exporter_link *link, const char *path, int dial_fd)
{
    link->path = path;
    link->dial_fd = dial_fd;
    link->client.fd = -1;
    snprintf(link->trouble, sizeof link->trouble, "%s has not been connected to yet", path);
}

void
exporter_link_note(struct exporter_link *link, const char *trouble)
{
    if (strcmp(trouble, link->trouble) == 0)
        return;
    snprintf(link->trouble, sizeof link->trouble, "%s", trouble);
    log_write(LOG_WARNING, LOG_CONTROL, "%s", trouble);
}

void
exporter_link_lost(struct exporter_link *link, const char *trouble)
{
    control_client_close(&link->client);
    exporter_link_note(link, trouble);
}

void
exporter_link_works(struct exporter_link *link)
{
    link->trouble[0] = '\0';
}

uint64_t
exporter_link_next_us(const struct exporter_link *link)
{
    if (link->client.fd >= 0 || link->is_asking)
        return UINT64_MAX;
    return link->asked_us == 0 ? 0 : link->asked_us + EXPORTER_LINK_RETRY_MS * MS_US;
}

enum status
exporter_link_turn(struct exporter_link *link, uint64_t now_us)
{
    if (now_us < exporter_link_next_us(link))
        return STATUS_OK;
    link->asked_us = now_us;
    if (exporter_dial_ask(link->dial_fd, EXPORTER_DIAL_CONTROL) != STATUS_OK)
        return STATUS_CLOSED;
    link->is_asking = true;
    return STATUS_OK;
}

enum status
exporter_link_greet(struct exporter_link *link, int fd)
{
    if (control_client_greet(&link->client, fd, link->path, EXPORTER_LINK_WAIT_MS) != STATUS_OK) {
        exporter_link_lost(link, link->client.error);
        return STATUS_AGAIN;
    }
    log_write(LOG_NOTICE, LOG_CONTROL, "%s: connected to penstock %s", link->path,
              link->client.version);
    return STATUS_OK;
}

enum status
exporter_link_take(struct exporter_link *link, const struct exporter_dial_answer *answer)
{
    char trouble[CONTROL_CLIENT_ERROR_MAX];
    link->is_asking = false;
    if (answer->fd >= 0)
        return exporter_link_greet(link, answer->fd);
    snprintf(trouble, sizeof trouble, "%s: %s", link->path, strerror(answer->error));
    exporter_link_lost(link, trouble);
    return STATUS_AGAIN;
}
