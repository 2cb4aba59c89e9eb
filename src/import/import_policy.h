/* import_policy.h - a draft as the text of a policy
 * SPDX-License-Identifier: ISC
 *
 * What: writes the keys that were set, and no default; each value by the writer that --print-config
 *       has, so that it reads back to what it is.
 * Who:  penstockctl import. Pure.
 * Ref:  penstock.yaml(5).
 */
#pragma once

#include "import/import_draft.h"

/* octets: every list full to its end, with the names of all routes, takes about 210 KiB */
#define IMPORT_POLICY_BYTES 262144

/**
 * Write.
 *
 * @param from  a line that says where it comes from, printable ASCII; borrowed
 * @return its size without the NUL; 0: it has no room
 */
size_t import_policy_write(const struct import_draft *draft, const char *from,
                           char to[IMPORT_POLICY_BYTES]);
