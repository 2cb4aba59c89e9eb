/* import_dnsdist.h - dnsdist.yml, read
 * SPDX-License-Identifier: ISC
 *
 * What: clients, listening addresses and backends of dnsdist 2.0 and later.
 * Who:  penstockctl import.
 * Ref:  docs/MIGRATION.md "dnsdist".
 */
#pragma once

#include "import/import_draft.h"

/** Read a text into a draft that was begun. @param text  borrowed */
void import_dnsdist_read(struct import_draft *draft, const char *text, size_t size);
