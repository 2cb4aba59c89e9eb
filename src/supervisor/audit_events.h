/* audit_events.h - what the audit log tells of the service and its processes
 * SPDX-License-Identifier: ISC
 *
 * What: start, stop, reload, what binds each process, deaths and who comes after them.
 * Who:  supervisor, where these happen. Without an audit log nothing of it does anything, but that who
 *       asked for the end is kept.
 * Ref:  audit/audit.def, docs/AUDIT.md.
 */
#pragma once

#include "supervisor/supervisor.h"

/** Before the jail: what can only be learnt there. */
void audit_events_prepare(struct supervisor *sup);

/** The file was opened: the service has begun. */
void audit_events_started(struct supervisor *sup);

/** Somebody wants the end, or something takes it; of several, the first is told.
 *  @param reason  static text */
void audit_events_stop_asked(struct supervisor *sup, const char *reason, const struct asked *by);

/** The end, in order: the last line. */
void audit_events_stopped(struct supervisor *sup);

/** Another configuration comes into force. @param next  what was read for it, borrowed */
void audit_events_reloaded(struct supervisor *sup, const struct config *next);

/** A configuration was not taken up. */
void audit_events_refused(struct supervisor *sup, const char *reason);

/** A child ended that was not told to. @param wait_status  of waitpid(2), @param reason  in words */
void audit_events_died(const struct child *child, int wait_status, const char *reason);

/** A child serves. Who does so before the log is open is told of by audit_events_started(). */
void audit_events_serving(const struct child *child);

/** Once per turn: where another penstock wrote to the file (`audit_due_us`), is it gone? */
void audit_events_tick(struct supervisor *sup);
