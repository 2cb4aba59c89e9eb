/* worker.c - see worker.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/worker.h"

#include "lane/heartbeat.h"

#include "os/log.h"
#include "os/memory.h"
#include "os/sys.h"

void
worker_reserve(struct worker *worker)
{
    void *ca = NULL;
    size_t ca_size = 0;
    if (worker->ca_fd >= 0 && memory_map(worker->ca_fd, 1, true, &ca, &ca_size) != STATUS_OK)
        log_fatal("the CA certificates cannot be mapped");
    if (tls_start() != STATUS_OK)
        log_fatal("the TLS library does not start");
    relay_reserve(worker);
    upstream_pool_reserve(worker, ca, ca_size);
    if (ca != NULL)
        memory_unmap(ca, ca_size);
    if (worker->ca_fd >= 0)
        sys_close(worker->ca_fd);
    worker->ca_fd = -1;
    if (evloop_open(&worker->loop) != STATUS_OK)
        log_fatal("no event loop");
}

static uint64_t
least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t
next_deadline(struct worker *worker)
{
    if (!relay_sleep(worker))
        return 0;
    uint64_t at = least(relay_deadline_us(worker), upstream_pool_deadline_us(worker));
    at = least(at, worker->loop.now_us + HEARTBEAT_MS * 1000);
    return worker->stop_us != 0 ? least(at, worker->stop_us) : at;
}

bool
worker_is_over(const struct worker *worker)
{
    return worker->stop_us != 0 &&
           (relay_is_done(&worker->relay) || worker->loop.now_us >= worker->stop_us);
}

void
worker_begin(struct worker *worker)
{
    upstream_pool_start(worker);
}

uint64_t
worker_turn(struct worker *worker, struct clock_time time)
{
    evloop_dispatch(&worker->loop, time);
    log_tick(worker->loop.now_us / 1000);
    stats_add(worker->stats, STAT_TURNS, 1);
    relay_wake(worker);
    upstream_pool_tick(worker);
    relay_place_waiting(worker);
    relay_take(worker);
    relay_expire(worker);
    upstream_pool_flush(worker);
    relay_publish(worker);
    return next_deadline(worker);
}

void
worker_end(struct worker *worker)
{
    upstream_pool_end(worker);
}
