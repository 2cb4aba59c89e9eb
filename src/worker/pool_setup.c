/* pool_setup.c - see pool_setup.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/pool_setup.h"

#include "os/locked.h"
#include "os/memory.h"
#include "worker/tls_context.h"
#include "worker/tls_setup.h"

#include <errno.h>
#include <string.h>

/* no burst past what a server may take within so many parts of a second */
#define RATE_BURST_PARTS 10U

static void *
reserve(struct pool *pool, size_t size)
{
    void *memory = memory_reserve(size);
    if (memory == NULL)
        log_fatal("memory for upstream connections cannot be reserved: %s", strerror(errno));
    if (locked_part(memory, size) != STATUS_OK)
        pool->lock_error = errno;
    return memory;
}

static struct tls_anchors *
load_anchors(const struct config *config, const void *pem, size_t size)
{
    struct tls_anchors *anchors = NULL;
    bool is_asked = false;
    unsigned count, skipped;
    for (uint32_t i = 0; i < config->upstreams_count; i++)
        is_asked |= config->upstreams[i].verify != CONFIG_VERIFY_PIN;
    if (!is_asked)
        return NULL;
    if (pem == NULL || tls_setup_anchors(pem, size, &anchors, &count, &skipped) != STATUS_OK)
        log_fatal("%s: no CA certificate can be read", config->tls_ca_file);
    if (skipped > 0)
        log_write(LOG_NOTICE, LOG_CONFIG,
                  "%u of %u CA certificates cannot be parsed and are ignored", skipped,
                  count + skipped);
    return anchors;
}

static void
prepare_conns(struct pool *pool, struct upstream *upstream)
{
    for (uint32_t i = 0; i < pool->conns_count; i++) {
        struct conn *conn = pool_conn(pool, upstream, i);
        conn->shared = &pool->shared;
        conn->upstream = upstream;
        conn->number = (uint32_t)(conn - pool->conns);
        conn->socket.fd = -1;
        conn->tag = conn->number - 1;
        conn->tls = reserve(pool, tls_session_bytes());
        conn->tls_in = reserve(pool, TLS_IN_BYTES);
        conn->tls_out = reserve(pool, TLS_OUT_BYTES);
        conn->queries = reserve(pool, CONN_WRITE_BYTES);
        conn->responses = reserve(pool, CONN_READ_BYTES);
    }
}

static struct pool_policy
policy_of(const struct config *config)
{
    struct pool_policy policy = {.strategy = CHOICE_FASTEST,
                                 .handshakes_per_s = config->handshakes_per_s,
                                 .handshakes_burst = config->handshakes_burst,
                                 .retry_percent = config->retry_percent,
                                 .hedge_percent = config->hedge_percent};
    switch ((enum config_strategy)config->strategy) {
    case CONFIG_FASTEST:
        break;
    case CONFIG_ORDERED:
        policy.strategy = CHOICE_ORDERED;
        break;
    case CONFIG_SPREAD:
        policy.strategy = CHOICE_SPREAD;
        break;
    }
    for (uint32_t i = 0; i < config->upstreams_count; i++)
        policy.weights[i] = config->upstreams[i].weight;
    return policy;
}

/* All that are in a group with it. */
static uint32_t
peers_of(const struct routes_sets *sets, unsigned index)
{
    uint32_t peers = 0;
    for (unsigned group = 0; group < sets->count; group++)
        if ((sets->of_group[group] >> index & 1) != 0)
            peers |= sets->of_group[group];
    return peers;
}

static void
prepare_upstream(struct pool *pool, unsigned index)
{
    const struct config *config = pool->shared.config;
    const struct pool_policy *policy = &pool->policy;
    struct upstream *upstream = &pool->upstreams[index];
    uint32_t qps = config->upstreams[index].qps;
    *upstream = (struct upstream){
        .index = index,
        .peers = peers_of(&pool->routes->sets, index),
        .config = &config->upstreams[index],
        .health = &pool->health[index],
        .stats = pool->shared.stats,
        .shown = &pool->shared.stats->upstreams[index],
        .tls = reserve(pool, tls_context_bytes()),
        .query_ms = config->query_ms,
        .qps = qps,
        .times = flights_times(&pool->health[index], config->query_ms),
        .rate = leak_make(qps, qps / RATE_BURST_PARTS + 1, 0),
        .dials = leak_make(policy->handshakes_per_s * UPSTREAM_HANDSHAKE_FULL,
                           policy->handshakes_burst * UPSTREAM_HANDSHAKE_FULL, 0)};
    struct tls_rules rules = {config->tls_versions, config->tls_policy};
    if (tls_context_init(upstream->tls, upstream->config, "", rules, pool->anchors) != STATUS_OK)
        log_fatal("upstream %s: TLS cannot be set up for its pins, name and CAs",
                  upstream->config->name);
    prepare_conns(pool, upstream);
}

void
pool_setup(struct pool *pool, const struct config *config, struct stats_page *stats,
           struct evloop *loop, const void *ca_pem, size_t ca_size)
{
    *pool = (struct pool){.count = config->upstreams_count,
                          .conns_count = config->upstream_connections,
                          .policy = policy_of(config),
                          .anchors = load_anchors(config, ca_pem, ca_size)};
    pool->routes = reserve(pool, sizeof *pool->routes);
    routes_make(pool->routes, config);
    size_t total = (size_t)pool->count * pool->conns_count;
    pool->conns = reserve(pool, (1 + total) * sizeof *pool->conns);
    pool->shared = (struct conn_shared){.config = config,
                                        .stats = stats,
                                        .loop = loop,
                                        .health = pool->health,
                                        .strategy = pool->policy.strategy,
                                        .is_hedging = pool->policy.hedge_percent > 0,
                                        .conns = pool->conns};
    for (unsigned i = 0; i < pool->count; i++)
        prepare_upstream(pool, i);
}
