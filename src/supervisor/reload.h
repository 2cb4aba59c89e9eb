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

#include "supervisor/supervisor.h"

/** Read the configuration again, as soon as no child is starting. How that ended is in
 *  `reload_news`. @param why  for the log: "SIGHUP" */
void reload_ask(struct supervisor *sup, const char *why);

/** Take up a configuration that was asked for, once every child that lives is ready. */
void reload_tick(struct supervisor *sup);
