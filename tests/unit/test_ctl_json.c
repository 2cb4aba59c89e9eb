/* test_ctl_json.c - tests of ctl_json
 * SPDX-License-Identifier: ISC
 *
 * That the documents are as their schemas say, tests/integration/test_ctl.py shows.
 */
#include "ctl/ctl_json.h"

#include "json_scene.h"
#include "view_scene.h"

static struct view_scene scene;

static void
begin(void)
{
    ctl_json_begin();
    view_scene_begin(&scene);
    view_scene_figures(&scene);
}

Test(ctl_json, status_has_level_findings_and_figures)
{
    begin();
    scene.reading.of_upstream[0].state = STATS_UPSTREAM_REFUSED;
    scene.reading.of_upstream[0].cause = STATS_CAUSE_PIN;
    view_scene_figures(&scene);
    view_scene_judge(&scene);
    json_t *root = parse(ctl_json_status(&scene.figures, &scene.judgement));
    cr_expect_str_eq(json_string_value(json_object_get(root, "level")), "look");
    json_t *finding = json_array_get(json_object_get(root, "findings"), 0);
    cr_expect_str_eq(json_string_value(json_object_get(finding, "name")), "pin");
    cr_expect_str_eq(json_string_value(json_object_get(finding, "upstream")), "north");
    json_t *rates = json_object_get(root, "rates");
    cr_expect_float_eq(json_real_value(json_object_get(rates, "queries_per_s")), 412.5, 1e-9);
    cr_expect_eq(json_array_size(json_object_get(root, "upstreams")), 3);
    json_decref(root);
}

Test(ctl_json, routes_name_their_upstreams)
{
    begin();
    view_scene_route(&scene, "corp.example", 2, 1 << 2);
    scene.reading.of_upstream[2].state = STATS_UPSTREAM_DOWN;
    view_scene_figures(&scene);
    view_scene_judge(&scene);
    json_t *root = parse(ctl_json_status(&scene.figures, &scene.judgement));
    char *text = json_dumps(json_object_get(root, "routes"), JSON_SORT_KEYS);
    cr_expect_str_eq(
        text,
        "[{\"name\": null, \"names\": null, \"upstreams\": [\"north\", \"south\"], \"usable\": 2}, "
        "{\"name\": \"corp.example\", \"names\": 2, \"upstreams\": [\"harbour\"], \"usable\": 0}]");
    free(text);
    json_decref(root);
}

Test(ctl_json, what_was_not_read_is_null)
{
    begin();
    figures_make(&scene.figures, &scene.reading, &scene.history);
    view_scene_judge(&scene);
    json_t *root = parse(ctl_json_status(&scene.figures, &scene.judgement));
    cr_expect(json_is_null(json_object_get(json_object_get(root, "rates"), "failed_per_s")));
    cr_expect(json_is_null(json_object_get(json_object_get(root, "room"), "dropped_unread")));
    json_decref(root);
}

Test(ctl_json, top_is_status_and_more_in_one_line)
{
    begin();
    view_scene_judge(&scene);
    char *text = ctl_json_top(&scene.figures, &scene.judgement);
    cr_assert_not_null(text);
    cr_expect_null(strchr(text, '\n'));
    json_t *root = parse(text);
    json_t *status = json_object_get(root, "status");
    json_t *alone = parse(ctl_json_status(&scene.figures, &scene.judgement));
    cr_expect(json_equal(status, alone));
    cr_expect_eq(json_array_size(json_object_get(root, "ends")), WHY_PARTS);
    cr_expect_eq(json_array_size(json_object_get(root, "lanes")), 2);
    cr_expect(json_is_null(json_object_get(json_object_get(root, "now"), "queries_per_s")));
    json_decref(alone);
    json_decref(root);
}
