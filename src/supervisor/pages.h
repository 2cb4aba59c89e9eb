/* pages.h - the statistics page of each child: whose it is, and who may read it
 * SPDX-License-Identifier: ISC
 *
 * What: a page belongs to one process. It is given to the process before it is sealed, and to
 *       readers after that: once the process has it mapped, nobody else can ever write to it. The
 *       next process of the place counts on in a page of its own. We have each of them mapped, for
 *       the watchdog and the statistics.
 * Who:  supervisor.
 * Ref:  os/memory.h; lane/stats.h.
 */
#pragma once

#include "supervisor/supervisor.h"

/** A page for each place of lanes_count lanes. @return STATUS_OK; STATUS_SYSTEM. */
MUST_CHECK enum status pages_open(struct supervisor *sup);

/** A process of this place was made: it gets a page that no process which served had, with the
 *  counts so far. @return STATUS_OK; STATUS_SYSTEM. */
MUST_CHECK enum status pages_begin(struct child *child);

/** It has the page mapped: nobody else writes to it from now on, and readers may have it. @return
 *  STATUS_OK; STATUS_SYSTEM: it cannot be sealed, and no reader gets it. */
MUST_CHECK enum status pages_settle(struct child *child);
