/* import_unbound.h - unbound.conf, read
 * SPDX-License-Identifier: ISC
 *
 * What: what Unbound does where it forwards over TLS: upstreams, clients, limits, cache.
 * Who:  penstockctl import. Pure.
 * Ref:  unbound.conf(5); docs/MIGRATION.md "unbound".
 */
#pragma once

#include "import/import_draft.h"

/** Read a text into a draft that was begun. @param text  borrowed */
void import_unbound_read(struct import_draft *draft, const char *text, size_t size);
