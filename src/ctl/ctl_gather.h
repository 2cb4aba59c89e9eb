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
#include "view/judge.h"

#define CTL_GATHER_WAIT_MS 2000 /* for an answer that the service gives at once */
#define CTL_GATHER_STEP_MS 1000 /* between the two readings of who looks once */

struct ctl_gather {
    struct control_client client;
    struct control_pages pages;
    char host[SERVICE_PAGE_NAME_MAX];
    struct reading reading;
    struct history history;
    struct figures figures;
    struct judge judge;
    struct judgement judgement;
};

/** Connect. @return STATUS_OK; else `gather->client.error` says why, with what to do. */
MUST_CHECK enum status ctl_gather_open(struct ctl_gather *gather, const char *socket);

/** One more reading, figures and judgement of it. @return as ctl_gather_open() */
MUST_CHECK enum status ctl_gather_read(struct ctl_gather *gather);

/** Two of them, CTL_GATHER_STEP_MS apart. @return as ctl_gather_open() */
MUST_CHECK enum status ctl_gather_read_twice(struct ctl_gather *gather);

void ctl_gather_close(struct ctl_gather *gather);
