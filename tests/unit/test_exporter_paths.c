/* test_exporter_paths.c - what is served at which path
 * SPDX-License-Identifier: ISC
 */
#include "view_scene.h"

#include "exporter/exporter_paths.h"

static struct view_scene scene;
static struct exporter_gather gather;
static struct http_reply reply;
static struct http_request request;
static struct exporter_page page;
static struct exporter_paths_view view = {.gather = &gather, .page = &page, .hosts = ""};

/* With the scene as it stands. */
static void
begin_with(void)
{
    gather.sight.reading = scene.reading;
    gather.sight.reading.serving = 2;
    exporter_page_begin(&page);
    figures_make(&gather.sight.figures, &gather.sight.reading, &scene.history);
    gather.has_reading = view.self.has_reading = view.self.is_fresh = true;
}

static void
begin(void)
{
    view_scene_begin(&scene);
    begin_with();
}

static unsigned
get(const char *path)
{
    snprintf(request.path, sizeof request.path, "%s", path);
    exporter_paths_answer(&view, &request, &reply);
    cr_expect_gt(reply.size, 0);
    return reply.code;
}

Test(exporter_paths, what_there_is)
{
    begin();
    cr_expect_eq(get("/"), 200);
    cr_expect_eq(get("/metrics"), 200);
    cr_expect_eq(get("/healthz"), 200);
    cr_expect_eq(get("/readyz"), 200);
    cr_expect_eq(get("/metrics/"), 404);
    cr_expect_eq(get("/Metrics"), 404);
}

Test(exporter_paths, ready_while_somebody_can_be_asked_or_the_cache_serves)
{
    begin();
    gather.sight.figures.of_route[0].usable = 0;
    cr_expect_eq(get("/readyz"), 503);
    gather.sight.figures.answered_minute_count = 1;
    cr_expect_eq(get("/readyz"), 200);
    gather.sight.reading.serving = 0;
    cr_expect_eq(get("/readyz"), 503);
    cr_expect_str_eq(reply.body, "No lane serves.\n");
    gather.sight.reading.phase = SERVICE_PAGE_STOPS;
    cr_expect_eq(get("/readyz"), 503);
    cr_expect_str_eq(reply.body, "It is stopping.\n");
    cr_expect_eq(get("/healthz"), 200);
}

Test(exporter_paths, old_figures_are_no_health)
{
    begin();
    view.self.is_fresh = false;
    gather.sight.reading.age_us = 65000000;
    snprintf(gather.link.trouble, sizeof gather.link.trouble, "it is gone");
    cr_expect_eq(get("/healthz"), 503);
    cr_expect_str_eq(reply.body, "The figures are 1 minute old: it is gone.\n");
    cr_expect_eq(get("/readyz"), 503);
    gather.has_reading = false;
    cr_expect_eq(get("/readyz"), 503);
    cr_expect_str_eq(reply.body, "There are no figures: it is gone.\n");
}

Test(exporter_paths, foreign_names_are_none_of_ours_unless_others_can_reach_us)
{
    begin();
    snprintf(request.host, sizeof request.host, "evil.example");
    cr_expect_eq(get("/metrics"), 421);
    view.hosts = NULL;
    cr_expect_eq(get("/metrics"), 200);
}

Test(exporter_paths, not_ready_by_the_upstream_of_a_route)
{
    view_scene_begin(&scene);
    view_scene_route(&scene, "corp.example", 1, 1 << 2);
    begin_with();
    scene.reading.of_upstream[2].state = STATS_UPSTREAM_DOWN;
    begin_with();
    gather.sight.figures.span_s = 300;
    gather.sight.figures.queries_count = 1;
    cr_expect_eq(get("/readyz"), 200);
    cr_expect_str_eq(reply.body, "Clients are answered, but for names of corp.example.\n");
    scene.reading.of_upstream[2].state = STATS_UPSTREAM_USABLE;
    scene.reading.of_upstream[0].state = scene.reading.of_upstream[1].state = STATS_UPSTREAM_DOWN;
    begin_with();
    cr_expect_eq(get("/readyz"), 503);
    gather.sight.figures.answered_minute_count = 100;
    gather.sight.figures.span_s = 300;
    gather.sight.figures.queries_count = 1;
    cr_expect_eq(get("/readyz"), 503, "names of the route, as far as anybody knows");
    cr_expect_str_eq(reply.body, "No upstream for names outside of routes can be asked.\n");
}
