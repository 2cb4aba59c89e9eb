/* test_worker.c - a turn of the worker: when the next one is due, and when it is the last
 * SPDX-License-Identifier: ISC
 */
#include "worker/worker.h"

#include "lane/heartbeat.h"
#include "upstream_scene.h"

#include <criterion/criterion.h>

static struct worker worker;
static struct clock_time now = {.now_us = 1000000};

static void
begin(void)
{
    setup();
    scene = (struct scene_of_upstreams){0};
    scene.config = (struct config){.upstreams_count = 1,
                                   .upstream_connections = 1,
                                   .upstream_in_flight = 64,
                                   .upstream_idle_ms = 10000,
                                   .query_ms = 4000,
                                   .connect_ms = 2000,
                                   .queries = 16,
                                   .handshakes_per_s = 10,
                                   .handshakes_burst = 10,
                                   .tls_versions = CONFIG_TLS13};
    scene.config.upstreams[0] = policy(CONFIG_VERIFY_PIN, NAME, &leaf, NULL);
    worker = (struct worker){.ca_fd = -1, .look_fd = -1};
    worker.self.config = &scene.config;
    worker.self.stats = &scene.stats;
    cr_assert_eq(evloop_open(&worker.loop), STATUS_OK);
    worker.loop.now_us = now.now_us;
    worker_reserve(&worker);
    worker_begin(&worker);
}

static uint64_t
turn(uint64_t us)
{
    now = evloop_time_at(now.now_us + us, now.wall_s);
    return worker_turn(&worker, now);
}

Test(worker, a_turn_is_due_at_the_heartbeat_if_nothing_happens)
{
    begin();
    (void)turn(1000);
    struct pool_order order;
    cr_assert(pool_next_order(&worker.pool, &order), "a socket is wanted");
    uint64_t due_us = turn(1000);
    cr_assert_gt(due_us, now.now_us);
    cr_assert_leq(due_us, now.now_us + HEARTBEAT_MS * 1000);
    cr_assert_eq(scene.stats.counts[STAT_TURNS], 2);
    cr_assert_not(worker_is_over(&worker));
}

Test(worker, an_attempt_that_is_late_makes_a_turn_due)
{
    begin();
    for (unsigned i = 0; i < 5; i++) {
        uint64_t due_us = turn(500000);
        cr_assert_leq(due_us, now.now_us + HEARTBEAT_MS * 1000);
    }
    cr_assert_eq(worker.pool.health[0].failures, 1, "not connected within two seconds");
}

Test(worker, one_that_has_nothing_to_answer_stops_at_once)
{
    begin();
    (void)turn(1000);
    worker.stop_us = now.now_us + 4000000;
    cr_assert(worker_is_over(&worker));
    worker_end(&worker);
}

Test(worker, one_that_has_stops_when_it_is_answered_or_its_time_is_over)
{
    begin();
    (void)turn(1000);
    worker.relay.table.alive = 1; /* a query is under way */
    worker.stop_us = now.now_us + 4000000;
    cr_assert_not(worker_is_over(&worker));
    uint64_t due_us = turn(3999000);
    cr_assert_leq(due_us, worker.stop_us);
    (void)turn(1000);
    cr_assert(worker_is_over(&worker));
    cr_assert(worker.pool.is_stopping);
}
