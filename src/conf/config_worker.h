/* config_worker.h - what a worker is told of the configuration, and nothing else
 * SPDX-License-Identifier: ISC
 *
 * What: a worker never learns who the clients are, so its copy holds no access list, no exempt
 *       network, no listening address and no secret: every key that it does not use has its
 * default. The same list of keys decides whether a reload concerns workers. Who:  supervisor.
 */
#pragma once

#include "conf/config.h"

#include <stdbool.h>

/**
 * Copy the keys that a worker uses; give all others their defaults.
 * @param config  borrowed; sound
 * @param worker  written; sound as well
 */
void config_for_worker(const struct config *config, struct config *worker);

/** Is every key that a worker uses the same in both? */
bool config_is_same_for_worker(const struct config *a, const struct config *b);
