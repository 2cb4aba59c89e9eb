/* ctl_gather.h - readings of a running service
 * SPDX-License-Identifier: ISC
 *
 * What: the connection to the service, its pages, and what becomes of them: readings, figures,
 *       findings.
 * Who:  penstockctl.
 * Ref:  control/control_client.h, docs/VIEW.md.
 */
#pragma once

#include "control/control_client.h"
#include "view/sight.h"

#define CTL_GATHER_WAIT_MS 2000 /* for an answer that the service gives at once */
#define CTL_GATHER_STEP_MS 1000 /* until a second reading, where one alone has no rates */

struct ctl_gather {
    struct control_client client;
    struct control_pages pages;
    char host[SERVICE_PAGE_NAME_MAX];
    struct sight sight;
};

/** Connect. @return STATUS_OK; else `gather->client.error` says why, with what to do. */
MUST_CHECK enum status ctl_gather_open(struct ctl_gather *gather, const char *socket);

/** Connect again: the figures stay until there are others. @return as ctl_gather_open() */
MUST_CHECK enum status ctl_gather_reopen(struct ctl_gather *gather, const char *socket);

/** One more reading, figures and judgement of it. @return as ctl_gather_open() */
MUST_CHECK enum status ctl_gather_read(struct ctl_gather *gather);

/** The same, so much later. */
MUST_CHECK enum status ctl_gather_read_after(struct ctl_gather *gather, int wait_ms);

/** The same with rates: where the service has just started there are some after CTL_GATHER_STEP_MS.
 *  @return as ctl_gather_open() */
MUST_CHECK enum status ctl_gather_rates(struct ctl_gather *gather);

void ctl_gather_close(struct ctl_gather *gather);
