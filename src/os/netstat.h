/* netstat.h - what the kernel counts of the whole network namespace
 * SPDX-License-Identifier: ISC
 *
 * What: how many datagrams found a socket's buffer full. A socket counts them together with those
 *       that its filter took; these counters have them alone, but of all sockets there are.
 * Who:  supervisor.
 * Ref:  proc(5) "/proc/net/snmp".
 */
#pragma once

#include "base/status.h"

#include <stdint.h>

/**
 * UDP datagrams that no socket of this network namespace had room for.
 *
 * @param count  written: of both families, modulo 2^64; 0 on failure
 * @return STATUS_OK; STATUS_SYSTEM: /proc cannot be read
 */
MUST_CHECK enum status netstat_no_room(uint64_t *count);
