/* import_stubby.h - stubby.yml, read
 * SPDX-License-Identifier: ISC
 *
 * What: settings and upstreams of the stub resolver Stubby. Its pins are penstock's: SHA-256 of the
 *       public key (RFC 7858).
 * Who:  penstockctl import.
 * Ref:  docs/MIGRATION.md "stubby".
 */
#pragma once

#include "import/import_draft.h"

/** Read a text into a draft that was begun. @param text  borrowed */
void import_stubby_read(struct import_draft *draft, const char *text, size_t size);
