/* upstream_pool.c - see upstream_pool.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/upstream_pool.h"

#include "os/log.h"
#include "os/memory.h"
#include "os/sys.h"
#include "worker/worker.h"

/* no burst past what a server may take within so many parts of a second */
#define RATE_BURST_PARTS 10U

static void *
reserve(size_t size)
{
    void *memory = memory_reserve(size);
    if (memory == NULL)
        log_fatal("no memory for upstream connections");
    return memory;
}

static void
load_anchors(struct worker *worker, const void *pem, size_t size)
{
    bool is_asked = false;
    for (uint32_t i = 0; i < worker->config->upstreams_count; i++)
        is_asked |= worker->config->upstreams[i].verify != CONFIG_VERIFY_PIN;
    if (!is_asked)
        return;
    unsigned count, skipped;
    if (pem == NULL ||
        tls_anchors_load(pem, size, &worker->pool.anchors, &count, &skipped) != STATUS_OK)
        log_fatal("no CA certificate could be read from %s", worker->config->tls_ca_file);
    if (skipped > 0)
        log_write(LOG_NOTICE, LOG_CONFIG, "%u of %u CA certificates were not understood", skipped,
                  count + skipped);
}

static void
prepare_conns(struct worker *worker, struct upstream *upstream)
{
    struct upstream_pool *pool = &worker->pool;
    for (uint32_t i = 0; i < pool->conns_count; i++) {
        struct upstream_conn *conn = &upstream->conns[i];
        conn->worker = worker;
        conn->upstream = upstream;
        conn->socket.fd = -1;
        conn->tag = upstream->index * pool->conns_count + i;
        conn->tls = reserve(tls_session_bytes());
        conn->tls_in = reserve(TLS_IN_BYTES);
        conn->tls_out = reserve(TLS_OUT_BYTES);
        conn->queries = reserve(UPSTREAM_WRITE_BYTES);
        conn->answers_data = reserve(UPSTREAM_READ_BYTES);
    }
}

static struct upstream_policy
policy_of(const struct config *config)
{
    struct upstream_policy policy = {.strategy = UPSTREAM_FASTEST,
                                     .handshakes_per_s = config->handshakes_per_s,
                                     .handshakes_burst = config->handshakes_burst,
                                     .retry_percent = config->retry_percent,
                                     .hedge_percent = config->hedge_percent};
    switch ((enum config_strategy)config->strategy) {
    case CONFIG_FASTEST:
        break;
    case CONFIG_ORDERED:
        policy.strategy = UPSTREAM_ORDERED;
        break;
    case CONFIG_SPREAD:
        policy.strategy = UPSTREAM_SPREAD;
        break;
    }
    for (uint32_t i = 0; i < config->upstreams_count; i++) {
        policy.weights[i] = config->upstreams[i].weight;
        policy.qps[i] = config->upstreams[i].qps;
    }
    return policy;
}

static void
prepare_budgets(const struct upstream_policy *policy, struct upstream *upstream)
{
    uint32_t qps = policy->qps[upstream->index];
    upstream->rate = leak_make(qps, qps / RATE_BURST_PARTS + 1, 0);
    upstream->dials = leak_make(policy->handshakes_per_s * UPSTREAM_HANDSHAKE_FULL,
                                policy->handshakes_burst * UPSTREAM_HANDSHAKE_FULL, 0);
}

void
upstream_pool_reserve(struct worker *worker, const void *ca_pem, size_t ca_size)
{
    const struct config *config = worker->config;
    struct upstream_pool *pool = &worker->pool;
    *pool = (struct upstream_pool){.count = config->upstreams_count,
                                   .conns_count = config->upstream_connections,
                                   .policy = policy_of(config)};
    load_anchors(worker, ca_pem, ca_size);
    size_t total = (size_t)pool->count * pool->conns_count;
    pool->conns = reserve(total * sizeof *pool->conns);
    pool->dirty = reserve(total * sizeof(struct upstream_conn *));
    for (unsigned i = 0; i < pool->count; i++) {
        struct upstream *upstream = &pool->upstreams[i];
        *upstream = (struct upstream){.index = i,
                                      .config = &config->upstreams[i],
                                      .health = &pool->health[i],
                                      .stats = &worker->stats->upstreams[i],
                                      .tls = reserve(tls_context_bytes()),
                                      .conns = pool->conns + (size_t)i * pool->conns_count};
        if (tls_context_init(upstream->tls, upstream->config, "", config->tls_versions,
                             pool->anchors) != STATUS_OK)
            log_fatal("upstream %s: no TLS with this policy", upstream->config->name);
        upstream->times = watch_times_of(upstream->health, config->query_ms);
        prepare_conns(worker, upstream);
        prepare_budgets(&pool->policy, upstream);
    }
}

uint32_t
upstream_pool_next_tag(const struct worker *worker, uint32_t tag)
{
    uint32_t total = worker->pool.count * worker->pool.conns_count;
    return tag > UINT32_MAX - total ? tag % total + total : tag + total;
}

bool
upstream_pool_socket(struct worker *worker, uint32_t index, uint32_t tag, int fd, uint32_t error)
{
    struct upstream_pool *pool = &worker->pool;
    struct upstream_conn *conn = &pool->conns[tag % (pool->count * pool->conns_count)];
    if (conn->upstream->index != index) {
        if (fd >= 0)
            sys_close(fd);
        return false;
    }
    if (conn->tag == tag && conn->fsm.state == CONN_WANTED)
        upstream_conn_socket(conn, fd, error);
    else if (fd >= 0)
        sys_close(fd); /* of an attempt that was given up meanwhile */
    return true;
}

bool
upstream_pool_is_lone(const struct worker *worker, const struct upstream *upstream)
{
    const struct upstream_pool *pool = &worker->pool;
    for (unsigned i = 0; i < pool->count; i++)
        if (i != upstream->index && pool->upstreams[i].ready > 0 && pool->health[i].failures == 0)
            return false;
    return true;
}

bool
upstream_pool_is_down(const struct worker *worker)
{
    const struct upstream_pool *pool = &worker->pool;
    for (unsigned i = 0; i < pool->count; i++)
        if (pool->upstreams[i].ready > 0 || pool->health[i].failures < UPSTREAM_DOWN_FAILURES)
            return false;
    return true;
}

void
upstream_pool_start(struct worker *worker)
{
    worker->pool.used_us = worker->loop.now_us;
    for (unsigned i = 0; i < worker->pool.count; i++)
        (void)upstream_pool_open(worker, &worker->pool.upstreams[i]);
}

void
upstream_pool_asked(struct worker *worker)
{
    struct upstream_pool *pool = &worker->pool;
    if (!upstream_pool_is_busy(worker)) {
        for (unsigned i = 0; i < pool->count; i++)
            upstream_health_hurry(&pool->health[i], worker->loop.now_us);
        pool->next_us = 0;
    }
    pool->used_us = worker->loop.now_us;
    pool->asked++;
}

uint64_t
upstream_pool_earliest_us(const struct worker *worker)
{
    const struct upstream_pool *pool = &worker->pool;
    uint64_t earliest = UINT64_MAX;
    for (unsigned i = 0; i < pool->count; i++) {
        const struct upstream *upstream = &pool->upstreams[i];
        bool is_near = upstream->opening > 0 || upstream->ready > 0;
        uint64_t at = is_near ? worker->loop.now_us : upstream_pool_dial_us(upstream);
        earliest = at < earliest ? at : earliest;
    }
    return earliest;
}

void
upstream_pool_tick(struct worker *worker)
{
    struct upstream_pool *pool = &worker->pool;
    if (worker->loop.now_us < pool->next_us)
        return;
    pool->next_us = UINT64_MAX;
    uint64_t next = UINT64_MAX;
    for (unsigned i = 0; i < pool->count; i++) {
        for (uint32_t j = 0; j < pool->conns_count; j++) {
            struct upstream_conn *conn = &pool->upstreams[i].conns[j];
            if (conn->fsm.state == CONN_IDLE)
                continue;
            uint64_t at = upstream_conn_tick(conn);
            next = at < next ? at : next;
        }
    }
    for (unsigned i = 0; i < pool->count; i++)
        upstream_pool_keep_warm(worker, &pool->upstreams[i]);
    if (next < pool->next_us)
        pool->next_us = next;
}

uint64_t
upstream_pool_deadline_us(const struct worker *worker)
{
    return worker->pool.next_us;
}

void
upstream_pool_mark(struct worker *worker, struct upstream_conn *conn)
{
    if (conn->is_dirty)
        return;
    conn->is_dirty = true;
    worker->pool.dirty[worker->pool.dirty_count++] = conn;
}

void
upstream_pool_flush(struct worker *worker)
{
    struct upstream_pool *pool = &worker->pool;
    for (unsigned i = 0; i < pool->dirty_count; i++) {
        pool->dirty[i]->is_dirty = false;
        upstream_conn_flush(pool->dirty[i]);
    }
    pool->dirty_count = 0;
}

void
upstream_pool_release(struct worker *worker)
{
    struct upstream_pool *pool = &worker->pool;
    for (unsigned i = 0; i < pool->count * pool->conns_count; i++)
        upstream_conn_release(&pool->conns[i]);
}

void
upstream_pool_end(struct worker *worker)
{
    struct upstream_pool *pool = &worker->pool;
    for (unsigned i = 0; i < pool->count * pool->conns_count; i++)
        upstream_conn_end(&pool->conns[i]);
}
