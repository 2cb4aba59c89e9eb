/* audit_log.h - the file of the audit log, as this service writes it
 * SPDX-License-Identifier: ISC
 *
 * What: lines that are begun here get their place in the chain and go into the file by one write
 *       each; at the end of a turn that wrote some they are on the disk, and the head is published.
 *       What cannot be written is counted, and told by the next line that can.
 * Who:  supervisor (audit_events.c, audit_changes.c, audit_watch.c). Without audit.path all of it
 *       does nothing.
 * Ref:  docs/AUDIT.md; audit/audit_chain.h, os/append.h.
 */
#pragma once

#include "audit/audit_line.h"
#include "conf/config_print.h"
#include "supervisor/supervisor.h"

#define AUDIT_LOG_PACE_MS  60000 /* in so long a time */
#define AUDIT_LOG_PACE     30    /* so many lines of each event that strangers can cause */
#define AUDIT_LOG_AGAIN_MS 5000 /* after a failure it is tried again so often, if nothing happens */

/** Before the jail, as root if that is what we are: the key, the folder, who we are.
 *  @return STATUS_OK; STATUS_INVALID (`error`). */
MUST_CHECK enum status audit_log_prepare(struct supervisor *sup, struct config_error *error);

/**
 * In the jail: open the file and go on with its chain.
 *
 * @return STATUS_OK, also without audit.path; STATUS_AGAIN (`error`): another process writes to it;
 *         STATUS_INVALID (`error`)
 */
MUST_CHECK enum status audit_log_open(struct supervisor *sup, struct config_error *error);

/** Is there an audit log, and is its file open? */
bool audit_log_is_open(const struct supervisor *sup);

/** @return false: there is no audit log; nothing is begun */
bool audit_log_begin(const struct supervisor *sup, enum audit_event event, struct audit_line *line);

/** Write a line that was begun. */
void audit_log_add(struct supervisor *sup, struct audit_line *line);

/** The same for what others can cause: more than AUDIT_LOG_PACE of one event are left out, and counted.
 *  Who causes many of one hides none of another. */
void audit_log_add_paced(struct supervisor *sup, struct audit_line *line);

/** What was left out so far; else it is told once a minute. Only where there is an audit log. */
void audit_log_tell_left_out(struct supervisor *sup);

/** A line that goes before all others of this run; where it cannot be written, it is tried again. */
void audit_log_add_first(struct supervisor *sup, const struct audit_line *line);

/** The file may have been moved away: go on in the one that has its name now. */
void audit_log_reopen(struct supervisor *sup);

/** At the end of a turn. @return false: it cannot be written, and audit.on_failure is stop: said once */
bool audit_log_tick(struct supervisor *sup);

/** The end. */
void audit_log_close(struct supervisor *sup);
