/* import.h - the configuration of another program as a policy
 * SPDX-License-Identifier: ISC
 *
 * What: text in, policy and findings out. Strict and bounded: no include is followed, no name is
 *       looked up, nothing is run. A policy that comes out is one that penstock --check calls sound:
 *       it is loaded before it is handed out.
 * Who:  penstockctl import, within its jail.
 * Ref:  docs/MIGRATION.md.
 */
#pragma once

#include "import/import_draft.h"
#include "import/import_keys.h"
#include "import/import_policy.h"

#define IMPORT_TEXT_MAX (1U << 20) /* octets of a file */

/** Whose configuration has this name on the command line? @return false: nobody's */
bool import_peer(const char *name, const char *text, size_t size, enum import_keys_peer *peer);

/**
 * Make a policy.
 *
 * @param peer    whose text it is
 * @param text    borrowed; NULL if size is 0
 * @param draft   any memory; written, with its findings
 * @param policy  written; "" on failure
 * @return STATUS_OK; STATUS_NONE: nothing usable, above all no upstream that can be authenticated
 */
MUST_CHECK enum status import_make(enum import_keys_peer peer, const char *text, size_t size,
                                   struct import_draft *draft, char policy[IMPORT_POLICY_BYTES]);
