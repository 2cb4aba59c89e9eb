/* import_coredns.h - a Corefile, read
 * SPDX-License-Identifier: ISC
 *
 * What: of the server blocks of the zone "." what concerns forwarding over TLS. A block of another
 *       zone has no counterpart, and what it forwards is not carried.
 * Who:  penstockctl import. Pure.
 * Ref:  docs/MIGRATION.md "CoreDNS".
 */
#pragma once

#include "import/import_draft.h"

/** Read a text into a draft that was begun. @param text  borrowed */
void import_coredns_read(struct import_draft *draft, const char *text, size_t size);
