/* config_print.h - a configuration as YAML, and what is unwise in it
 * SPDX-License-Identifier: ISC
 *
 * What: prints every key with its value, and warnings, to a stream of the caller.
 * Who:  supervisor: --print-config, --check and the log at the start.
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

/** Print warnings that do not stop a start (no backup pin, everybody allowed, ...), one line each.
 *  @return how many */
unsigned config_print_warnings(const struct config *config, FILE *to);
