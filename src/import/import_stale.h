/* import_stale.h - how long expired responses are used
 * SPDX-License-Identifier: ISC
 *
 * What: unbound and smartdns say in two settings, of any order, what cache.stale says in one.
 * Who:  their readers. Pure.
 * Ref:  RFC 8767.
 */
#pragma once

#include "import/import_draft.h"

/** serve-expired. @param value  yes or no */
void import_stale_use(struct import_draft *draft, uint32_t line, const char *key,
                      const char *value);

/** serve-expired-ttl. @param value  seconds; 0: without an end */
void import_stale_time(struct import_draft *draft, uint32_t line, const char *key,
                       const char *value);
