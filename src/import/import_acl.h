/* import_acl.h - which clients another program serves, as acl.allow and acl.deny
 * SPDX-License-Identifier: ISC
 *
 * What: notes networks as they come. At the end they become two lists which never serve anybody whom
 *       that program did not: where the longest prefix decided there, deny decides here, so that a
 *       network allowed within a denied one is left out, and said.
 * Who:  readers of penstockctl import; import_settle. Pure.
 */
#pragma once

#include "import/import_draft.h"

/**
 * Note a network. An address with bits past its length is taken as the network that it is in.
 *
 * @param line  0: that program allows it when nothing is said
 * @param key   static
 * @return false: not carried, and said
 */
bool import_acl_add(struct import_draft *draft, uint32_t line, const char *key, const char *network,
                    bool is_allowed);

/** Forget what was noted; what the file said is said to be replaced. */
void import_acl_forget(struct import_draft *draft);

/** Fill acl.allow and acl.deny, if anything was noted. */
void import_acl_settle(struct import_draft *draft);
