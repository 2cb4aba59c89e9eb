/* attest_config.h - the configuration file of a service as it is now
 * SPDX-License-Identifier: ISC
 *
 * What: the file, environment and flags that the supervisor was started with, read and judged once
 *       more as a reload would, so that its hash can be compared with that of what is in force. Two
 *       steps: who may be root reads octets, who is nobody and behind a filter reads what they mean.
 * Who:  penstockctl attest, started as root.
 * Ref:  conf/config_load.h, conf/config_hash.h, attest_policy.h.
 */
#pragma once

#include "attest/attest_proc.h"
#include "attest/attest_value.h"

#define ATTEST_CONFIG_FILE "/etc/penstock/penstock.yaml" /* OPTIONS_CONFIG_FILE */

struct attest_config;

/** Take up file, environment and flags. Of them the command line alone is looked into.
 *  @return the caller's, for attest_config_judge(); NULL: there is no memory */
struct attest_config *attest_config_take(pid_t supervisor);

/**
 * Read what was taken up. Asks nothing of the kernel but memory.
 *
 * @param taken     given away; NULL: nothing was taken up
 * @param in_force  the hash of what the service has in force
 * @return an object with "file", "file_sha256", "hash_of_file", "policy", "beyond_policy" and
 *         "settings", the caller's; what could not be read is null, with the reason. The last three are
 *         null without one while the file's values are not in force
 */
json_t *attest_config_judge(struct attest_config *taken, uint64_t in_force);
