/* attest_judge.h - what of an attestation is a finding, whoever runs it
 * SPDX-License-Identifier: ISC
 *
 * What: the shipped rules: every surplus is a finding, and so is what could not be read, for nobody
 *       can say then that it is well. What depends on the surroundings of a service alone is a note.
 * Who:  penstockctl attest --check. Pure but for the memory that jansson allocates.
 * Ref:  docs/ATTESTATION.md "Rules".
 */
#pragma once

#include "attest/attest_value.h"

#define ATTEST_JUDGE_CERTIFICATE_DAYS 14 /* UPSTREAM_ENDS_SOON_DAYS */

/** @param document  borrowed. @return a list of texts, a line each: the caller's */
json_t *attest_judge_findings(const json_t *document);

/** What is worth a word and is no finding: workers without namespaces of their own, which a kernel, a
 *  container or a service manager may not allow them (os/spaces.h). As attest_judge_findings(). */
json_t *attest_judge_notes(const json_t *document);
