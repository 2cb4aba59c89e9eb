/* config_hash.h - one number that stands for the values of a configuration
 * SPDX-License-Identifier: ISC
 *
 * What: two servers that show the same number have the same configuration in force. `auto` counts as
 *       it was read, not as what a machine makes of it. It is no proof against somebody who wants two
 *       to look alike.
 * Who:  supervisor. Pure.
 * Ref:  base/hash.h; lane/service_page.h shows it.
 */
#pragma once

#include "conf/config.h"

/** Of all keys but secrets. @param config  borrowed; sound */
uint64_t config_hash(const struct config *config);
