/* import_smartdns.h - smartdns.conf, read
 * SPDX-License-Identifier: ISC
 *
 * What: listening addresses, upstreams over TLS with their pins, clients and cache of SmartDNS.
 * Who:  penstockctl import. Pure.
 * Ref:  docs/MIGRATION.md "SmartDNS".
 */
#pragma once

#include "import/import_draft.h"

/** Read a text into a draft that was begun. @param text  borrowed */
void import_smartdns_read(struct import_draft *draft, const char *text, size_t size);
