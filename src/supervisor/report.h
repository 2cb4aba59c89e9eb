/* report.h - the service page: what the supervisor tells of itself, its children and limits
 * SPDX-License-Identifier: ISC
 *
 * What: fills lane/service_page.h. A page belongs to one configuration; the next one is told of on
 *       another page, and a reader of the old one finds another generation in it.
 * Who:  supervisor.
 * Ref:  lane/service_page.h.
 */
#pragma once

#include "supervisor/supervisor.h"

#define REPORT_LOOK_MS 1000 /* the kernel is asked so often what it dropped */

/** The first page. @return STATUS_OK; STATUS_SYSTEM. */
MUST_CHECK enum status report_open(struct supervisor *sup);

/** Another configuration is in force. Without memory for a page the old one stays, and a line says
 *  so. */
void report_config(struct supervisor *sup);

/** A new configuration was refused. */
void report_refused(struct supervisor *sup);

/** A child has died. */
void report_death(const struct child *child);

/** Pages were replaced: who has them asks for them again. */
void report_replaced(struct supervisor *sup);

/** What the kernel dropped on a lane's UDP sockets, by the filter or for want of room. */
uint64_t report_kernel_drops(const struct supervisor *sup, unsigned lane);

/** Once per turn: what changes by itself. */
void report_tick(struct supervisor *sup);
