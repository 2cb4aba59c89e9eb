/* addresses.h - the listening addresses as this machine can have them
 * SPDX-License-Identifier: ISC
 *
 * What: a wildcard of IPv6 is left out where the kernel has no IPv6, so that the default
 *       configuration starts anywhere; an IPv6 address that was written down is an error there.
 * Who:  supervisor: at its start, after sockets were handed in and before fronts bind; and for each
 *       configuration that is read again.
 */
#pragma once

#include "supervisor/supervisor.h"

/**
 * Look for what cannot be bound here. Addresses with a socket already are not looked at.
 *
 * @param sup  config.listen and the lanes' sockets, which stand beside it, lose what is left out
 * @return STATUS_OK; STATUS_INVALID: `error` says which address, and why
 */
MUST_CHECK enum status addresses_settle(struct supervisor *sup, struct config_error *error);

/** Take the addresses as they were settled before, and forget shares of those left out. */
void addresses_keep(const struct config *settled, struct config *next);
