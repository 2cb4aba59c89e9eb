/* config_worker.h - what a worker gets of the configuration
 * SPDX-License-Identifier: ISC
 *
 * What: the keys that config.def gives to workers. A worker never learns who the clients are, so
 *       its copy holds no access list, no listening address and no secret.
 * Who:  supervisor. Pure.
 */
#pragma once

#include "conf/config.h"

/**
 * Copy the keys that a worker uses; give all others their defaults.
 *
 * @param config  borrowed; sound
 * @param worker  written; sound as well
 */
void config_worker_copy(const struct config *config, struct config *worker);
