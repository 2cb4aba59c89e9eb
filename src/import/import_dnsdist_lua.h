/* import_dnsdist_lua.h - dnsdist.conf, as far as it can be read without running it
 * SPDX-License-Identifier: ISC
 *
 * What: newServer, addACL, setACL, addLocal, setLocal and setServerPolicy, where their arguments
 *       stand there as they are, outside of functions, loops and conditions.
 * Who:  penstockctl import. Pure.
 * Ref:  docs/MIGRATION.md "dnsdist".
 */
#pragma once

#include "import/import_draft.h"

/** Read a text into a draft that was begun. @param text  borrowed */
void import_dnsdist_lua_read(struct import_draft *draft, const char *text, size_t size);
