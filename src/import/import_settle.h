/* import_settle.h - what can be judged once a file was read to its end
 * SPDX-License-Identifier: ISC
 *
 * What: upstreams get names and ways to be authenticated, or a reason why they are left out; clients
 *       become two lists; rates of one client get networks around them; what contradicts another key
 *       goes. Then the configuration in the draft is sound if it has an upstream.
 * Who:  penstockctl import. Pure.
 */
#pragma once

#include "import/import_draft.h"

/** Settle a draft that a reader has filled. Once for each draft. */
void import_settle(struct import_draft *draft);
