/* exporter_paths.c - what is served at which path
 * SPDX-License-Identifier: ISC
 */
#include "exporter/exporter_paths.h"

#include "view/says.h"

#include <stdio.h>
#include <string.h>

static void
draw_metrics(const struct exporter_paths_view *view, const struct http_request *request,
             struct http_reply *reply)
{
    http_reply_begin(reply, 200, HTTP_REPLY_PLAIN);
    metrics_draw(reply, request->has_openmetrics, &view->self, &view->gather->sight.figures,
                 &view->gather->sight.judgement, &view->gather->stages);
}

/* Why there are no fresh figures, as a sentence. */
static void
say_old(const struct exporter_gather *gather, struct http_reply *reply)
{
    char line[CONTROL_CLIENT_ERROR_MAX + 64], span[MOMENT_TEXT_MAX];
    if (gather->has_reading)
        snprintf(line, sizeof line, "The figures are %s old%s%s.",
                 moment_span(gather->sight.reading.age_us / 1000000, span),
                 gather->link.trouble[0] == '\0' ? "" : ": ", gather->link.trouble);
    else
        snprintf(line, sizeof line, "There are no figures: %s.", gather->link.trouble);
    http_reply_say(reply, 503, line);
}

/* Does the exporter do its work? Whether the service does, is not asked here. */
static void
draw_healthz(const struct exporter_paths_view *view, const struct http_request *request,
             struct http_reply *reply)
{
    (void)request;
    if (view->self.is_fresh)
        http_reply_say(reply, 200, "The figures are fresh.");
    else
        say_old(view->gather, reply);
}

/* By an upstream that can be asked, or from the cache. Answers to names of routes say nothing of others. */
static bool
are_clients_answered(const struct figures *figures)
{
    return !figures_is_down(figures, 0) ||
           (figures->routes == 1 && figures->answered_minute_count > 0);
}

static void
draw_readyz(const struct exporter_paths_view *view, const struct http_request *request,
            struct http_reply *reply)
{
    const struct exporter_gather *gather = view->gather;
    const struct figures *figures = &gather->sight.figures;
    char line[SAYS_LINE_MAX];
    (void)request;
    if (!view->self.is_fresh)
        say_old(gather, reply);
    else if (gather->sight.reading.phase != SERVICE_PAGE_RUNS)
        http_reply_say(reply, 503,
                       gather->sight.reading.phase == SERVICE_PAGE_STOPS ? "It is stopping."
                                                                         : "It is starting.");
    else if (gather->sight.reading.serving == 0)
        http_reply_say(reply, 503, "No lane serves.");
    else
        http_reply_say(reply, are_clients_answered(figures) ? 200 : 503,
                       says_clients(figures, &gather->sight.judgement, line));
}

static void
draw_page_of(const struct exporter_paths_view *view, const struct http_request *request,
             struct http_reply *reply)
{
    exporter_page_answer(view->page, view->gather->has_reading ? &view->gather->sight : NULL,
                         view->now_us, view->now_s, request, reply);
}

static const struct {
    const char *path;
    void (*draw)(const struct exporter_paths_view *view, const struct http_request *request,
                 struct http_reply *reply);
} paths[] = {
    {"/", draw_page_of},
    {"/metrics", draw_metrics},
    {"/healthz", draw_healthz},
    {"/readyz", draw_readyz},
};

void
exporter_paths_answer(const struct exporter_paths_view *view, const struct http_request *request,
                      struct http_reply *reply)
{
    if (view->hosts != NULL && !http_request_is_for(request->host, view->hosts)) {
        http_reply_say(reply, 421,
                       "Only this machine is served here, and the host asked for is not one of its "
                       "names; --host adds one.");
        return;
    }
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        if (strcmp(request->path, paths[i].path) == 0) {
            paths[i].draw(view, request, reply);
            return;
        }
    }
    http_reply_say(reply, 404, "There is nothing at this path; / says what there is.");
}
