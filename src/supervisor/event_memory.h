/* event_memory.h - where each front writes its events: whose it is, and who may read it
 * SPDX-License-Identifier: ISC
 *
 * What: as with pages.h, memory belongs to one process. It is given to the front before it is
 *       sealed, and to readers after that; the next front of the lane gets another, and so does
 *       each configuration. There is none while events are off. We never have it mapped.
 * Who:  supervisor.
 * Ref:  lane/events.h; os/memory.h.
 */
#pragma once

#include "supervisor/supervisor.h"

/** A process was made: if it is a front and events are on, it has memory for them in events_fd, to
 *  be sent. @return STATUS_OK; STATUS_SYSTEM. */
MUST_CHECK enum status event_memory_begin(struct child *child);

/** Another configuration is in force: who may read events, and what is told, may be another, so the
 *  memory so far gets no event and no reader any more. What is in events_fd, or that there is none,
 *  is to be sent to this front with the configuration. Where there is no memory, a line says so. */
void event_memory_change(struct child *front);

/** It has what it was sent mapped: nobody else writes to it from now on, and readers may have it.
 *  May be called twice. @return STATUS_OK; STATUS_SYSTEM: it cannot be sealed, and no reader gets
 *  it. */
MUST_CHECK enum status event_memory_settle(struct child *child);
