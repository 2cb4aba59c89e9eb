/* pool_setup.h - the pool's memory, its upstreams' trust and TLS, and what the configuration says of all
 * SPDX-License-Identifier: ISC
 *
 * What: everything that is reserved before the sandbox closes.
 * Who:  worker, once, at its start.
 * Ref:  docs/LIMITS.md "upstream", "tls".
 */
#pragma once

#include "worker/pool.h"

/**
 * Reserve memory, parse CAs, prepare TLS for each upstream; fatal where that fails.
 *
 * @param config  borrowed for the pool's life, like `stats` and `loop`
 * @param ca_pem  borrowed for the call; NULL: none is given
 */
void pool_setup(struct pool *pool, const struct config *config, struct stats_page *stats,
                struct evloop *loop, const void *ca_pem, size_t ca_size);
