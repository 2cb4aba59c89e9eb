/* attest_drift.h - in what two attestations differ
 * SPDX-License-Identifier: ISC
 *
 * What: compares every member but those that change by themselves.
 * Who:  penstockctl attest --verify. Pure but for the memory that jansson allocates.
 * Ref:  attest_drift.def; docs/ATTESTATION.md "Drift".
 */
#pragma once

#include "attest/attest_value.h"

#include <stdbool.h>
#include <stddef.h>

#define ATTEST_DRIFT_DEPTH_MOST 12 /* names below one another; what is deeper is compared whole */

/**
 * @param was  the baseline, @param is  now; both borrowed
 * @return a list of texts "path: was X, is Y", sorted by path: the caller's. A name with a dot in it
 *         is quoted there
 */
json_t *attest_drift_lines(const json_t *was, const json_t *is);

/** What could not be compared, and is no drift: upstreams of which nothing was asked yet.
 *  @param is  now, borrowed. @return as attest_drift_lines() */
json_t *attest_drift_notes(const json_t *is);

/** Does what stands below these names change by itself? @param names  from the outermost on */
bool attest_drift_is_expected(const char *const names[], size_t count);
