/* test_metrics_upstreams.c - tests of metrics_upstreams
 * SPDX-License-Identifier: ISC
 */
#include "view_scene.h"

#include "exporter/metrics_upstreams.h"

static struct view_scene scene;
static struct http_reply reply;

static const char *
draw(void)
{
    const struct family_out out = {.reply = &reply};
    http_reply_begin(&reply, 200, HTTP_REPLY_PLAIN);
    figures_make(&scene.figures, &scene.reading, &scene.history);
    metrics_upstreams_draw(&out, &scene.figures);
    return reply.body;
}

#define HAS(line)   cr_expect_not_null(strstr(draw(), "\n" line "\n"), "%s", line)
#define LACKS(part) cr_expect_null(strstr(draw(), part), "%s", part)

Test(metrics_upstreams, each_has_its_numbers)
{
    view_scene_begin(&scene);
    scene.reading.tally.asked[1] = 77;
    scene.reading.tally.failed[2] = 8;
    scene.reading.of_upstream[1].rcodes[STATS_RCODES - 1] = 9;
    HAS("penstock_upstream_asked_total{upstream=\"south\"} 77");
    HAS("penstock_upstream_failed_total{upstream=\"harbour\"} 8");
    HAS("penstock_upstream_rtt_seconds{upstream=\"north\"} 0.009200");
    HAS("penstock_upstream_certificate_remaining_seconds{upstream=\"north\"} 4157200");
    HAS("penstock_upstream_tls_info{upstream=\"north\",version=\"1.3\"} 1");
    HAS("penstock_upstream_state{upstream=\"north\",state=\"usable\"} 1");
    HAS("penstock_upstream_state{upstream=\"north\",state=\"down\"} 0");
    HAS("penstock_upstream_responses_total{upstream=\"south\",rcode=\"OTHER\"} 9");
}

Test(metrics_upstreams, a_route_has_those_that_can_be_asked)
{
    view_scene_begin(&scene);
    view_scene_route(&scene, "corp.example", 2, 4);
    scene.reading.of_upstream[0].state = STATS_UPSTREAM_UNASKED;
    scene.reading.of_upstream[2].state = STATS_UPSTREAM_DOWN;
    HAS("penstock_route_upstreams_usable{route=\".\"} 2");
    HAS("penstock_route_upstreams_usable{route=\"corp.example\"} 0");
    scene.reading.of_upstream[1].state = STATS_UPSTREAM_REFUSED;
    scene.reading.of_upstream[2].state = STATS_UPSTREAM_USABLE;
    HAS("penstock_route_upstreams_usable{route=\".\"} 1");
    HAS("penstock_route_upstreams_usable{route=\"corp.example\"} 1");
}

Test(metrics_upstreams, the_longest_name_of_a_route_is_whole)
{
    char line[SERVICE_PAGE_ROUTE_MAX + 64];
    view_scene_begin(&scene);
    view_scene_route(&scene, "a", 1, 4);
    char *name = scene.reading.of_route[1].name;
    memset(name, 'a', SERVICE_PAGE_ROUTE_MAX - 1);
    name[SERVICE_PAGE_ROUTE_MAX - 1] = '\0';
    snprintf(line, sizeof line, "\npenstock_route_upstreams_usable{route=\"%s\"} 1\n", name);
    cr_expect_not_null(strstr(draw(), line));
}

Test(metrics_upstreams, what_is_not_known_is_absent)
{
    view_scene_begin(&scene);
    scene.reading.of_upstream[0].ends_s = 0;
    scene.reading.of_upstream[0].tls = 0;
    scene.reading.of_upstream[0].connections = 0;
    LACKS("remaining_seconds{upstream=\"north\"}");
    LACKS("tls_info{upstream=\"north\"");
    LACKS("rtt_seconds{upstream=\"north\"}");
}
