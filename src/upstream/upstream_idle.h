/* upstream_idle.h - for how long a server keeps an idle connection open, learned by watching
 * SPDX-License-Identifier: ISC
 *
 * What: we close before the server does, so that no query is written into a closing connection.
 *       A server that closed after some idle time is taken at its word; one that never did so much
 *       as that is tried with a little more, until the configured time is reached.
 * Who:  worker. Pure.
 * Ref:  RFC 7766 section 6.2.3 (idle timeouts), RFC 7828 (a server may name its own).
 */
#pragma once

#include <stdint.h>

#define UPSTREAM_IDLE_LEARN_US 1000000U /* a close sooner than this was not for idleness */

/** When do we close? @param server_us  what was learned; 0: nothing yet */
uint64_t upstream_idle_us(uint64_t server_us, uint64_t configured_us);

/** The server closed a connection that was idle for `idle_us`. @return what is learned now */
uint64_t upstream_idle_closed(uint64_t server_us, uint64_t idle_us);

/** A connection was idle until we closed it. @return what is learned now; 0: no limit is known */
uint64_t upstream_idle_outlived(uint64_t server_us, uint64_t configured_us);
