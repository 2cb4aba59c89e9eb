/* attest_config.h - the configuration file of a service as it is now
 * SPDX-License-Identifier: ISC
 *
 * What: the file, environment and flags that the supervisor was started with, read and judged once
 *       more as a reload would, so that its hash can be compared with that of what is in force.
 * Who:  penstockctl attest, started as root.
 * Ref:  conf/config_load.h, conf/config_hash.h.
 */
#pragma once

#include "attest/attest_proc.h"
#include "attest/attest_value.h"

#define ATTEST_CONFIG_FILE "/etc/penstock/penstock.yaml" /* OPTIONS_CONFIG_FILE */

/** @return an object with "file", "file_sha256" and "hash_of_file", the caller's; what could not be
 *  read is null, with the reason */
json_t *attest_config_read(pid_t supervisor);
