/* config_print.h - a configuration as YAML
 * SPDX-License-Identifier: ISC
 *
 * What: prints every key with its value to a stream of the caller.
 * Who:  supervisor: --print-config.
 */
#pragma once

#include "conf/config.h"
#include "conf/config_zone.h"

#include <stdio.h>

/**
 * Print every key with its value, as YAML that loads to the same configuration.
 *
 * @param zone_name  asked for the interfaces of link-local addresses; NULL: numbers are printed
 */
void config_print(const struct config *config, config_zone_namer *zone_name, FILE *to);
