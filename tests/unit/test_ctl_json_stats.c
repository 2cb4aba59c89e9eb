/* test_ctl_json_stats.c - tests of ctl_json_stats
 * SPDX-License-Identifier: ISC
 *
 * That the documents are as their schemas say, tests/integration/test_ctl.py shows.
 */
#include "ctl/ctl_json_stats.h"

#include "json_scene.h"
#include "view_scene.h"

static struct view_scene scene;
static struct stages stages;

Test(ctl_json_stats, has_every_counter_and_every_end)
{
    view_scene_begin(&scene);
    scene.reading.tally.why[WHY_TIMEOUT] = 3;
    scene.reading.tally.why[WHY_QUEUE_FULL] = 4;
    json_t *root = parse(ctl_json_stats(&scene.reading, &stages));
    cr_expect_eq(json_object_size(json_object_get(root, "counters")) +
                     json_object_size(json_object_get(root, "levels")),
                 STATS_COUNT);
    cr_expect_eq(json_object_size(json_object_get(root, "ends")), WHY_COUNT);
    cr_expect_eq(json_integer_value(json_object_get(json_object_get(root, "groups"), "failed")), 7);
    cr_expect_eq(json_object_size(json_object_get(root, "stages")), STATS_STAGES);
    json_decref(root);
}

Test(ctl_json_stats, a_stage_that_was_never_measured_has_no_time)
{
    view_scene_begin(&scene);
    stages.buckets[STATS_STAGE_QUEUE][3] = 5;
    json_t *root = parse(ctl_json_stats(&scene.reading, &stages));
    json_t *rows = json_object_get(root, "stages"), *queue = json_object_get(rows, "queue");
    cr_expect_eq(json_integer_value(json_object_get(queue, "count")), 5);
    json_t *ms = json_object_get(queue, "ms");
    cr_expect_float_eq(json_real_value(json_object_get(ms, "p99")), 0.003, 1e-9);
    ms = json_object_get(json_object_get(rows, "handshake"), "ms");
    cr_expect(json_is_null(json_object_get(ms, "p50")));
    json_decref(root);
}
