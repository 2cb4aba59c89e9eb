/* reload.h - another configuration for a service that runs
 * SPDX-License-Identifier: ISC
 *
 * What: reads the configuration again and takes it up as a whole, or not at all: what is wrong with
 *       it, or what of it would need a restart, is one line in the log, and the old one stays in
 *       force. Fronts change what they have and lose neither a query nor a bucket's level. A worker
 *       that is concerned is replaced (retire.h), and answers what it was asked.
 * Who:  supervisor.
 * Ref:  docs/ARCHITECTURE.md "reload"; penstock(8).
 */
#pragma once

#include "conf/config_rows.h"
#include "supervisor/supervisor.h"

/** What cannot change while the service runs: the words for the log, NULL if nothing does. Pure.
 *  Columns of config.def decide, and for the keys that can change in part, the rules here.
 *  @param loaded  the configuration at the start, as its file had it
 *  @param text    room for the words */
const char *reload_needs_restart(const struct config *loaded, const struct config *next,
                                 char text[CONFIG_PATH_TEXT_MAX]);

/** SIGHUP. Waits while a child is starting. */
void reload_ask(struct supervisor *sup);

/** Take up a configuration that was asked for, once every child that lives is ready. */
void reload_tick(struct supervisor *sup);
