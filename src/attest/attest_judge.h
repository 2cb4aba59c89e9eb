/* attest_judge.h - what of an attestation is a finding, whoever runs it
 * SPDX-License-Identifier: ISC
 *
 * What: the shipped rules: every surplus is a finding, and so is what could not be read, for nobody
 *       can say then that it is well.
 * Who:  penstockctl attest --check. Pure but for the memory that jansson allocates.
 * Ref:  docs/ATTESTATION.md "Rules".
 */
#pragma once

#include "attest/attest_value.h"

#define ATTEST_JUDGE_CERTIFICATE_DAYS 14 /* UPSTREAM_ENDS_SOON_DAYS */

/** @param document  borrowed. @return a list of texts, a line each: the caller's */
json_t *attest_judge_findings(const json_t *document);
