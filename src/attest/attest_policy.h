/* attest_policy.h - the policy that a configuration is, and its settings in words
 * SPDX-License-Identifier: ISC
 *
 * What: which of the policies that are shipped the values are, or build upon. What a site has to fill
 *       in by itself is no part of a policy (attest_policy.def).
 * Who:  attest_config.c. Asks nothing of the kernel but memory.
 * Ref:  policy/; docs/ATTESTATION.md "What is in it".
 */
#pragma once

#include "attest/attest_value.h"
#include "conf/config.h"

/**
 * Add "policy", "beyond_policy" and "settings".
 *
 * @param config  borrowed; sound
 */
void attest_policy_put(struct attest_value *value, const struct config *config);
