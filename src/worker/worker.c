/* worker.c - see worker.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/worker.h"

#include "lane/heartbeat.h"

#include "os/log.h"
#include "os/memory.h"
#include "os/sys.h"
#include "worker/pool_setup.h"
#include "worker/tls_setup.h"

#include <errno.h>
#include <string.h>

void
worker_reserve(struct worker *worker)
{
    void *ca = NULL;
    size_t ca_size = 0;
    if (worker->ca_fd >= 0 && memory_map(worker->ca_fd, 1, true, &ca, &ca_size) != STATUS_OK)
        log_fatal("the CA certificates cannot be mapped: %s", strerror(errno));
    if (tls_setup_library() != STATUS_OK)
        log_fatal("the TLS library cannot be initialised");
    pool_setup(&worker->pool, worker->self.config, worker->self.stats, &worker->loop, ca, ca_size);
    relay_init(&worker->relay, worker->self.config->queries, &worker->pool, worker->self.stats,
               &worker->loop);
    worker->relay.lane = worker->self.lane;
    if (ca != NULL)
        memory_unmap(ca, ca_size);
    if (worker->ca_fd >= 0)
        sys_close(worker->ca_fd);
    worker->ca_fd = -1;
    worker->is_reserved = true;
}

static uint64_t
least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t
next_deadline(struct worker *worker)
{
    if (!relay_sleep(&worker->relay))
        return 0;
    uint64_t at = least(relay_deadline_us(&worker->relay), pool_deadline_us(&worker->pool));
    at = least(at, worker->loop.now_us + HEARTBEAT_MS * 1000);
    return worker->stop_us != 0 ? least(at, worker->stop_us) : at;
}

bool
worker_has_report(const struct worker *worker)
{
    return pool_has_order(&worker->pool) || worker->relay.link.is_untold;
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
    pool_start(&worker->pool);
}

uint64_t
worker_turn(struct worker *worker, struct clock_time time)
{
    struct relay *relay = &worker->relay;
    struct pool *pool = &worker->pool;
    evloop_dispatch(&worker->loop, time);
    stats_add(worker->self.stats, STAT_TURNS, 1);
    child_usage_show(&worker->usage, worker->self.stats, worker->loop.now_us);
    if (worker->stop_us != 0)
        pool_stop(pool);
    relay_wake(relay);
    relay_listen(relay);
    pool_tick(pool);
    relay_settle(relay);
    relay_place_waiting(relay);
    relay_take(relay);
    relay_expire(relay);
    pool_flush(pool);
    relay_listen(relay); /* what broke in sending */
    relay_publish(relay);
    return next_deadline(worker);
}

void
worker_end(struct worker *worker)
{
    pool_end(&worker->pool);
}
