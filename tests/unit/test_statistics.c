/* test_statistics.c - the numbers that SIGUSR1 asks for
 * SPDX-License-Identifier: ISC
 */
#include "supervisor_scene.h"

#include "supervisor/statistics.h"

static struct stats_page *
page(unsigned lane, unsigned at)
{
    return sup.lanes[lane].children[at].stats;
}

Test(statistics, lanes_and_workers_that_were_replaced_are_summed)
{
    scene_run(2);
    stats_add(page(0, CHILD_FRONT), STAT_UDP_QUERIES, 3);
    stats_add(page(1, CHILD_FRONT), STAT_UDP_QUERIES, 4);
    stats_add(page(1, CHILD_ROLES), STAT_UDP_QUERIES, 5);
    stats_why(page(0, CHILD_FRONT), WHY_ANSWERED);
    stats_why(page(1, CHILD_FRONT), WHY_ANSWERED);
    statistics_log(&sup);
    SCENE_LOGGED("statistics: counters udp_queries=12 ");
    SCENE_LOGGED("statistics: ends ");
    SCENE_LOGGED(" answered=2 ");
}

Test(statistics, a_group_that_is_longer_than_a_line_goes_on_in_a_second_one)
{
    scene_run(1);
    statistics_log(&sup);
    const char *first = strstr(scene_log(), "counters ");
    cr_assert_not_null(first);
    cr_assert_not_null(strstr(first + 1, "counters "));
    for (const char *line = scene_log(); *line != '\0'; line += strcspn(line, "\n") + 1)
        cr_assert_lt(strcspn(line, "\n"), 600);
}

Test(statistics, what_waits_where_is_told_lane_by_lane)
{
    scene_run(2);
    stats_set(page(1, CHILD_FRONT), STAT_QUERIES_ALIVE, 7);
    stats_set(page(1, CHILD_WORKER), STAT_RING_DEPTH, 8);
    statistics_log(&sup);
    SCENE_LOGGED(
        "queues lane=0 alive=0 queued=0 to_worker_bytes=0 to_front_bytes=0 kernel_drops=0");
    SCENE_LOGGED("queues lane=1 alive=7 queued=0 to_worker_bytes=8 ");
}

Test(statistics, an_upstream_is_told_by_name_and_what_was_seen_last)
{
    scene_run(2);
    sup.config.upstreams_count = 1;
    strcpy(sup.config.upstreams[0].name, "one");
    for (unsigned lane = 0; lane < 2; lane++) {
        struct stats_upstream *up = &page(lane, CHILD_WORKER)->upstreams[0];
        atomic_store(&up->connections, 2);
        atomic_store(&up->rtt_us, 1000 + 2000 * lane);
        atomic_store(&up->tls, 0x03041301);
        atomic_store(&up->pin_seen, 2);
        atomic_store(&up->ends_s, sup.loop.wall_s + 30 * 86400 + 5);
    }
    statistics_log(&sup);
    SCENE_LOGGED("upstream name=one connections=4 queries=0");
    SCENE_LOGGED("rtt_us=2000 pin=2 valid_days=30 tls=1.3 cipher=0x1301");
    atomic_store(&page(0, CHILD_WORKER)->upstreams[0].tls, 0x0303c02f);
    statistics_log(&sup);
    SCENE_LOGGED("tls=1.2 cipher=0xc02f");
}

Test(statistics, latencies_are_of_fronts_and_of_upstreams)
{
    scene_run(1);
    for (unsigned i = 0; i < 10; i++)
        stats_latency(page(0, CHILD_FRONT), STATS_STAGE_ANSWER, 1000);
    statistics_log(&sup);
    SCENE_LOGGED("statistics: latency count=10 p50_us=");
    SCENE_LOGGED("upstream_latency count=0 ");
    SCENE_LOGGED("handshake_latency count=0 ");
}

Test(statistics, each_process_is_told_with_its_memory)
{
    char own[64];
    scene_run(1);
    sup.lanes[0].dials_done = 3;
    sup.lanes[0].deaths = 2;
    stats_set(page(0, CHILD_WORKER), STAT_MEMORY_PEAK_BYTES, 4096 * 1024);
    statistics_log(&sup);
    SCENE_LOGGED(" peak_kib=4096");
    SCENE_LOGGED("supervisor lanes=1 dials=3 dials_refused=0 deaths=2");
    snprintf(own, sizeof own, "process name=supervisor pid=%d rss_kib=", (int)getpid());
    SCENE_LOGGED(own);
    SCENE_LOGGED("process name=front.0 pid=");
    SCENE_LOGGED("process name=worker.0 pid=");
}
