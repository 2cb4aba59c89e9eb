/* reload_rule.h - what may change while the service runs, and what a change takes
 * SPDX-License-Identifier: ISC
 *
 * What: whether a configuration needs a restart, and if not, whether workers are replaced or fronts
 *       alone take it up.
 * Who:  supervisor. Pure.
 * Ref:  src/conf/config.def (its columns decide); penstock(8).
 */
#pragma once

#include "conf/config_row.h"

#include <stdbool.h>

/**
 * What cannot change while the service runs: the words for the log, NULL if nothing does. Columns
 * of config.def decide, and for the keys that can change in part, the rules here.
 *
 * @param loaded  what was read for the configuration in force
 * @param text    room for the words
 */
const char *reload_rule_needs_restart(const struct config *loaded, const struct config *next,
                                      char text[CONFIG_PATH_TEXT_MAX]);

enum reload_step {
    RELOAD_FRONTS, /* fronts take it up; no worker is concerned */
    RELOAD_ALL,    /* and workers are replaced */
    RELOAD_WAITS,  /* until a worker that was replaced before is gone */
};

/**
 * What does it take to go from one sound configuration to the next?
 *
 * @param is_same_ca  the CA file has the contents that it had
 * @param has_room    every lane has a place for a worker that is replaced (retire.h)
 */
enum reload_step reload_rule_step(const struct config *in_force, const struct config *next,
                                  bool is_same_ca, bool has_room);
